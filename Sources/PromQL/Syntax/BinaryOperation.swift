/// `left operator right`, with how vectors are matched.
package struct BinaryOperation: Equatable, Sendable {
  package enum Operator: String, Hashable, Sendable, CaseIterable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case modulo = "%"
    case power = "^"
    case atan2 = "atan2"
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    /// What a histogram holds below a value, and above it.
    case trimUpper = "</"
    case trimLower = ">/"
    case and = "and"
    case or = "or"
    case unless = "unless"
    /// MetricsQL's, see `GapFilling`.
    case defaulting = "default"

    package var isComparison: Bool {
      switch self {
      case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: true
      default: false
      }
    }

    /// Whether the operator only makes sense of a histogram and a number.
    package var isTrim: Bool { self == .trimUpper || self == .trimLower }

    /// Whether what comes of two elements is one of them, or a part of it, under its own name.
    package var filters: Bool { isComparison || isTrim }

    package var isSetOperator: Bool {
      switch self {
      case .and, .or, .unless: true
      default: false
      }
    }

    /// Binding strength, loosest 0: default; or; and unless; comparisons and trims; + -; * / %
    /// atan2; ^.
    package var precedence: Int {
      switch self {
      case .defaulting: 0
      case .or: 1
      case .and, .unless: 2
      case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .trimUpper,
        .trimLower:
        3
      case .add, .subtract: 4
      case .multiply, .divide, .modulo, .atan2: 5
      case .power: 6
      }
    }
  }

  package var operation: Operator
  package var left: QueryExpression
  package var right: QueryExpression
  /// `bool`: comparisons answer 0 or 1 instead of filtering.
  package var returnsBool: Bool
  package var matching: VectorMatching
  package var range: SourceRange

  package init(
    operation: Operator, left: QueryExpression, right: QueryExpression, returnsBool: Bool = false,
    matching: VectorMatching = VectorMatching(), range: SourceRange
  ) {
    self.operation = operation
    self.left = left
    self.right = right
    self.returnsBool = returnsBool
    self.matching = matching
    self.range = range
  }
}

/// Which elements of two vectors belong together.
package struct VectorMatching: Equatable, Sendable {
  /// Which labels must agree.
  package enum Labels: Hashable, Sendable {
    /// `on (...)`.
    case on([String])
    /// `ignoring (...)`, and no clause at all: `ignoring ()`.
    case ignoring([String])

    /// Whether no label is named.
    package var isEmpty: Bool {
      switch self {
      case .on(let labels), .ignoring(let labels): labels.isEmpty
      }
    }
  }

  package enum Cardinality: Hashable, Sendable {
    case oneToOne
    /// `group_left`: many on the left.
    case manyToOne
    /// `group_right`: many on the right.
    case oneToMany
    /// Set operators.
    case manyToMany
  }

  package var labels: Labels
  /// Whether `on` or `ignoring` was written, since `ignoring ()` prints differently from nothing.
  package var isExplicit: Bool
  package var cardinality: Cardinality
  /// Labels that `group_left (...)` copies from the one side.
  package var include: [String]
  /// Values of elements that have no partner.
  package var fill: FillValues

  package init(
    labels: Labels = .ignoring([]), isExplicit: Bool = false, cardinality: Cardinality = .oneToOne,
    include: [String] = [], fill: FillValues = FillValues()
  ) {
    self.labels = labels
    self.isExplicit = isExplicit
    self.cardinality = cardinality
    self.include = include
    self.fill = fill
  }
}

/// `fill_left (0) fill_right (1)`; `fill (0)` sets both.
package struct FillValues: Equatable, Sendable {
  /// What stands in for missing elements of the left side; nil where they stay missing.
  package var left: Double?
  package var right: Double?

  package init(left: Double? = nil, right: Double? = nil) {
    self.left = left
    self.right = right
  }

  package var isEmpty: Bool { left == nil && right == nil }
}
