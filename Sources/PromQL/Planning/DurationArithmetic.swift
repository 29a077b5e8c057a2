internal import Glibc
internal import MetricModel

/// What durations amount to in a query of given start, end and step.
struct DurationArithmetic {
  let query: StepGrid

  /// Whether a length in seconds fits Prometheus' nanoseconds in 64 bits.
  static func isInBounds(_ seconds: Double) -> Bool {
    seconds.magnitude <= 9_223_372_036.854_775_807
  }

  /// A range or a step, which is more than zero.
  func positive(_ duration: QueryDuration) throws(QueryError) -> Milliseconds {
    guard case .computed(let expression) = duration else { return try offset(duration) }
    let seconds = try value(of: expression)
    guard seconds.isFinite else { throw Self.fault(.notFinite, expression) }
    guard seconds > 0 else { throw Self.fault(.notPositive, expression) }
    return try length(seconds, expression)
  }

  /// Any length.
  func offset(_ duration: QueryDuration) throws(QueryError) -> Milliseconds {
    switch duration {
    case .fixed(let length): return length
    case .computed(let expression):
      let seconds = try value(of: expression)
      guard seconds.isFinite else { throw Self.fault(.notFinite, expression) }
      return try length(seconds, expression)
    }
  }

  /// Parts of a millisecond are cut off, as Prometheus does with computed durations.
  private func length(
    _ seconds: Double, _ expression: DurationExpression
  ) throws(QueryError) -> Milliseconds {
    guard Self.isInBounds(seconds) else { throw Self.fault(.outOfRange, expression) }
    return Milliseconds(Int64(seconds * 1000))
  }

  private static func fault(
    _ fault: DurationFault, _ expression: DurationExpression
  ) -> QueryError {
    .duration(fault, expression.sourceRange)
  }

  private func value(of expression: DurationExpression) throws(QueryError) -> Double {
    switch expression {
    case .seconds(let literal, _): return literal.value
    case .step: return query.step.seconds
    case .range: return query.end.since(query.start).seconds
    case .negated(let operand, _): return try -value(of: operand)
    case .parenthesised(let inner): return try value(of: inner)
    case .lesser(let left, let right, _):
      let (left, right) = (try value(of: left), try value(of: right))
      return left.isNaN || right.isNaN ? .nan : min(left, right)
    case .greater(let left, let right, _):
      let (left, right) = (try value(of: left), try value(of: right))
      return left.isNaN || right.isNaN ? .nan : max(left, right)
    case .binary(let operation, let left, let right):
      return try combined(operation, try value(of: left), try value(of: right), expression)
    }
  }

  private func combined(
    _ operation: BinaryOperation.Operator, _ left: Double, _ right: Double,
    _ expression: DurationExpression
  ) throws(QueryError) -> Double {
    switch operation {
    case .add: return left + right
    case .subtract: return left - right
    case .multiply: return left * right
    case .divide:
      if right == 0 { throw Self.fault(.divisionByZero, expression) }
      return left / right
    case .modulo:
      if right == 0 { throw Self.fault(.moduloByZero, expression) }
      return fmod(left, right)
    case .power: return pow(left, right)
    default: preconditionFailure("the parser knows no other arithmetic on durations")
    }
  }
}

/// What can be wrong with a duration that has been computed, in Prometheus' words.
package enum DurationFault: String, Sendable {
  case notPositive = "duration must be greater than 0"
  case notFinite = "duration is NaN or infinite"
  case outOfRange = "duration is out of range"
  case divisionByZero = "division by zero"
  case moduloByZero = "modulo by zero"
}
