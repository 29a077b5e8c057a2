package import MetricModel

/// A query as its author wrote it: syntax only, never changed after parsing, each node with its
/// place in the text.
///
///     try Parser.parse("sum by (job) (rate(http_requests_total[5m]))")
///
/// What a query *does* is the business of `QueryPlan`.
package indirect enum QueryExpression: Equatable, Sendable {
  case number(NumberLiteral, SourceRange)
  case string(StringLiteral, SourceRange)
  case selector(VectorSelector)
  /// `selector[range]`.
  case rangeSelector(VectorSelector, window: QueryDuration, SourceRange)
  case subquery(Subquery)
  case call(FunctionCall)
  case aggregation(Aggregation)
  case binary(BinaryOperation)
  /// `-x` (`isNegation`) or `+x`.
  case unary(isNegation: Bool, QueryExpression, SourceRange)
  case parenthesised(QueryExpression, SourceRange)
}

/// A point to which `@` pins a selector or subquery.
package enum PinnedTime: Hashable, Sendable {
  case at(Timestamp)
  /// `@ start()`: the start of the whole query, also inside subqueries.
  case queryStart
  /// `@ end()`.
  case queryEnd
}

/// `offset` and `@`, in whichever order they were written.
package struct TimeShift: Equatable, Sendable {
  /// Positive looks back; zero when not written.
  package var offset: QueryDuration
  /// Nil when not written. The offset applies on top of it.
  package var pin: PinnedTime?

  package init(offset: Milliseconds = .zero, pin: PinnedTime? = nil) {
    self.offset = .fixed(offset)
    self.pin = pin
  }
}

/// What a selector sees beside the samples within its window.
package enum RangeExtension: String, Hashable, Sendable {
  /// The last sample at or before the window's start, taken to be at the start.
  case anchored
  /// The samples around each border, between which the value at the border is interpolated.
  case smoothed
}

/// `name{label="value"} offset 5m`.
package struct VectorSelector: Equatable, Sendable {
  /// The name in front of the braces, or quoted alone within; nil when only matchers were given.
  package var name: String?
  /// All conditions, that on `__name__` from `name` included (first).
  package var matchers: [LabelMatcher]
  package var shift: TimeShift
  /// `anchored` or `smoothed`, of the window that the selector is part of.
  package var `extension`: RangeExtension?
  package var range: SourceRange

  package init(name: String?, matchers: [LabelMatcher], shift: TimeShift, range: SourceRange) {
    self.name = name
    self.matchers = matchers
    self.shift = shift
    self.range = range
  }
}

/// `expression[window:step]`.
package struct Subquery: Equatable, Sendable {
  package var expression: QueryExpression
  package var window: QueryDuration
  /// Nil for the default, the global evaluation interval.
  package var step: QueryDuration?
  package var shift: TimeShift
  package var range: SourceRange

  package init(
    expression: QueryExpression, window: QueryDuration, step: QueryDuration?, shift: TimeShift,
    range: SourceRange
  ) {
    self.expression = expression
    self.window = window
    self.step = step
    self.shift = shift
    self.range = range
  }
}

/// `name(arguments)`; whether such a function exists, and takes these, the type check says.
package struct FunctionCall: Equatable, Sendable {
  package var name: String
  package var arguments: [QueryExpression]
  /// `on (...)` or `ignoring (...)` of a function that compares groups; nil when not written.
  package var matching: VectorMatching.Labels?
  package var range: SourceRange

  package init(
    name: String, arguments: [QueryExpression], matching: VectorMatching.Labels? = nil,
    range: SourceRange
  ) {
    self.name = name
    self.arguments = arguments
    self.matching = matching
    self.range = range
  }
}

/// How an aggregation or a join picks labels.
package enum Grouping: Hashable, Sendable {
  /// `by (...)`, and no clause at all: `by ()`.
  case by([String])
  case without([String])

  package var labels: [String] {
    switch self {
    case .by(let labels), .without(let labels): labels
    }
  }
}

/// `sum by (job) (x)`, `topk(3, x)`.
package struct Aggregation: Equatable, Sendable {
  package enum Operation: String, Hashable, Sendable, CaseIterable {
    case sum, avg, min, max, count, group, stddev, stdvar, topk, bottomk, quantile, limitk
    case countValues = "count_values"
    case limitRatio = "limit_ratio"

    /// Whether a parameter stands before the vector.
    package var takesParameter: Bool {
      switch self {
      case .topk, .bottomk, .quantile, .countValues, .limitk, .limitRatio: true
      case .sum, .avg, .min, .max, .count, .group, .stddev, .stdvar: false
      }
    }
  }

  package var operation: Operation
  package var grouping: Grouping
  package var parameter: QueryExpression?
  package var expression: QueryExpression
  package var range: SourceRange

  package init(
    operation: Operation, grouping: Grouping, parameter: QueryExpression?,
    expression: QueryExpression, range: SourceRange
  ) {
    self.operation = operation
    self.grouping = grouping
    self.parameter = parameter
    self.expression = expression
    self.range = range
  }
}

/// `300`, or `5m`, which is the same number but was written as a duration.
package struct NumberLiteral: Equatable, Sendable {
  package let value: Double
  /// Whether it prints as a duration.
  package let isDuration: Bool

  package init(_ value: Double) {
    self.value = value
    isDuration = false
  }

  package init(_ duration: Milliseconds) {
    value = duration.seconds
    isDuration = true
  }

  private init(value: Double, isDuration: Bool) {
    self.value = value
    self.isDuration = isDuration
  }

  package var negated: NumberLiteral { NumberLiteral(value: -value, isDuration: isDuration) }
}

extension NumberLiteral: ExpressibleByFloatLiteral, CustomStringConvertible {
  package init(floatLiteral value: Double) { self.init(value) }

  /// In Prometheus' canonical form, without exponents.
  package var description: String {
    guard isDuration, let length = Int64(exactly: (value * 1000).rounded()) else {
      return NumberText.plain(value)
    }
    return Milliseconds(length).description
  }
}

/// `"text"`: any bytes, since escapes can make such as aren't UTF-8.
package struct StringLiteral: Equatable, Sendable {
  package let bytes: [UInt8]

  package init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  package init(_ text: String) {
    self.init(bytes: Array(text.utf8))
  }

  /// With U+FFFD for what isn't UTF-8.
  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// In Go's spelling.
  package var quoted: String { GoText.quoted(bytes) }

  /// Whether a label may have this name: anything that is UTF-8, but not nothing.
  var canBeLabel: Bool { !bytes.isEmpty && String(validating: bytes, as: UTF8.self) != nil }
}
