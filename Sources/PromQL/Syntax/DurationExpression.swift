package import MetricModel

/// A length of time as written in brackets or after `offset`: `5m`, or arithmetic on durations.
package enum QueryDuration: Equatable, Sendable {
  case fixed(Milliseconds)
  /// `1h / 2`, `step()`: what it amounts to may depend on the query's steps.
  case computed(DurationExpression)
}

/// Arithmetic on durations, in seconds: `max_of(step() * 4, 1m)`.
///
/// It may hold neither series nor other functions; so it is a number once the query's start, end
/// and step are known.
package indirect enum DurationExpression: Equatable, Sendable {
  /// A number of seconds, or a duration literal.
  case seconds(NumberLiteral, SourceRange)
  /// `step()`: the query's step.
  case step(SourceRange)
  /// `range()`: from the query's start to its end.
  case range(SourceRange)
  case negated(DurationExpression, SourceRange)
  /// `+`, `-`, `*`, `/`, `%` or `^`.
  case binary(BinaryOperation.Operator, DurationExpression, DurationExpression)
  case lesser(DurationExpression, DurationExpression, SourceRange)
  case greater(DurationExpression, DurationExpression, SourceRange)
  case parenthesised(DurationExpression)

  /// Where it stands in the query, parentheses around it aside, as in Prometheus' errors.
  package var sourceRange: SourceRange {
    switch self {
    case .seconds(_, let range), .step(let range), .range(let range), .negated(_, let range),
      .lesser(_, _, let range), .greater(_, _, let range):
      range
    case .parenthesised(let inner): inner.sourceRange
    case .binary(_, let left, let right): left.sourceRange.union(right.sourceRange)
    }
  }
}

extension DurationExpression {
  /// The names of all functions called.
  var calledFunctions: Set<String> {
    switch self {
    case .seconds: []
    case .step: ["step"]
    case .range: ["range"]
    case .negated(let inner, _), .parenthesised(let inner): inner.calledFunctions
    case .binary(_, let left, let right): left.calledFunctions.union(right.calledFunctions)
    case .lesser(let left, let right, _):
      left.calledFunctions.union(right.calledFunctions).union(["min_of"])
    case .greater(let left, let right, _):
      left.calledFunctions.union(right.calledFunctions).union(["max_of"])
    }
  }
}

extension QueryDuration: CustomStringConvertible {
  /// In Prometheus' canonical form.
  package var description: String {
    switch self {
    case .fixed(let duration): duration.description
    case .computed(let expression): expression.description
    }
  }
}

extension DurationExpression: CustomStringConvertible {
  /// In Prometheus' canonical form.
  package var description: String {
    switch self {
    case .seconds(let literal, _): literal.description
    case .step: "step()"
    case .range: "range()"
    case .negated(let operand, _): "-\(operand)"
    case .binary(let operation, let left, let right): "\(left) \(operation.rawValue) \(right)"
    case .lesser(let left, let right, _): "min_of(\(left), \(right))"
    case .greater(let left, let right, _): "max_of(\(left), \(right))"
    case .parenthesised(let inner): "(\(inner))"
    }
  }
}
