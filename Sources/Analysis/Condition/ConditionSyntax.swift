internal import MetricModel

/// A condition as a tree, each node with its place.
struct ConditionSyntax: Sendable {
  indirect enum Form: Sendable {
    case literal(ConditionValue)
    case list([ConditionSyntax])
    case map([(key: ConditionSyntax, value: ConditionSyntax)])
    /// `result`, or a variable of a `let`.
    case name(String)
    /// `#`, `#index`, `#acc` inside a predicate.
    case element(ElementPart)
    /// `a.b`, `a["b"]`, `a[0]`; with `?.` nothing follows from nothing.
    case member(ConditionSyntax, key: ConditionSyntax, isOptional: Bool)
    case slice(ConditionSyntax, from: ConditionSyntax?, to: ConditionSyntax?)
    /// The end of a run of `?.`, which becomes nothing as a whole.
    case chain(ConditionSyntax)
    case unary(UnaryOperator, ConditionSyntax)
    case binary(BinaryOperator, ConditionSyntax, ConditionSyntax)
    /// `text matches 'pattern'` with the pattern read once.
    case matches(ConditionSyntax, RegexMatcher)
    case conditional(ConditionSyntax, then: ConditionSyntax, else: ConditionSyntax)
    case variable(String, ConditionSyntax, in: ConditionSyntax)
    case call(ConditionFunction, [ConditionSyntax])
    /// `all(list, predicate)` and its kin; the predicate is nil where it may be left out.
    case predicate(
      PredicateFunction, ConditionSyntax, body: ConditionSyntax?, extra: ConditionSyntax?)
    case method(ConditionSyntax, String)
  }

  enum ElementPart: Sendable { case value, index, accumulator }

  enum UnaryOperator: String { case not = "!", minus = "-", plus = "+" }

  enum BinaryOperator: String {
    case or = "||", and = "&&", equal = "==", notEqual = "!=", less = "<", greater = ">"
    case lessOrEqual = "<=", greaterOrEqual = ">=", isIn = "in", matches, contains, startsWith
    case endsWith, range = "..", add = "+", subtract = "-", multiply = "*", divide = "/"
    case remainder = "%", power = "**", coalesce = "??"

    init?(symbol: String) {
      switch symbol {
      case "or": self = .or
      case "and": self = .and
      case "^": self = .power
      default: self.init(rawValue: symbol)
      }
    }

    /// How tightly it binds, as expr-lang orders operators.
    var precedence: Int {
      switch self {
      case .or: 10
      case .and: 15
      case .equal, .notEqual, .less, .greater, .lessOrEqual, .greaterOrEqual, .isIn, .matches,
        .contains, .startsWith, .endsWith:
        20
      case .range: 25
      case .add, .subtract: 30
      case .multiply, .divide, .remainder: 60
      case .power: 100
      case .coalesce: 500
      }
    }

    var isComparison: Bool {
      switch self {
      case .equal, .notEqual, .less, .greater, .lessOrEqual, .greaterOrEqual: true
      default: false
      }
    }

    /// Whether `not` may stand before it: `a not in b`.
    var canBeNegated: Bool {
      switch self {
      case .isIn, .matches, .contains, .startsWith, .endsWith: true
      default: false
      }
    }
  }

  var form: Form
  /// Where the node starts, in UTF-8; operators stand at their sign.
  var offset: Int
  /// The levels of this tree, bounded so that walking it can't exhaust the stack.
  var depth: Int

  init(_ form: Form, at offset: Int, over children: ConditionSyntax?...) {
    self.form = form
    self.offset = offset
    depth = 1 + (children.compactMap { $0?.depth }.max() ?? 0)
  }

  init(_ form: Form, at offset: Int, over children: [ConditionSyntax]) {
    self.form = form
    self.offset = offset
    depth = 1 + (children.map(\.depth).max() ?? 0)
  }
}

/// The functions that take a predicate: `all(result, # >= 0.95)`.
enum PredicateFunction: String, CaseIterable {
  case all, none, any, one, filter, map, count, sum, find, findIndex, findLast, findLastIndex
  case groupBy, sortBy, reduce

  /// Whether the predicate may be left out.
  var isPredicateOptional: Bool { self == .count || self == .sum }

  /// Whether a third argument may follow: an order, or a first value.
  var takesExtra: Bool { self == .sortBy || self == .reduce }
}
