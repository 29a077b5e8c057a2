internal import Glibc
internal import MetricModel

/// The operators of the condition language on values.
enum ConditionOperators {
  static func apply(
    _ sign: ConditionSyntax.UnaryOperator, to value: ConditionValue
  ) throws(ConditionError) -> ConditionValue {
    switch (sign, value) {
    case (.not, .bool(let truth)): return .bool(!truth)
    case (.plus, .integer), (.plus, .number): return value
    case (.minus, .integer(let number)): return .integer(0 &- number)
    case (.minus, .number(let number)): return .number(-number)
    case (.minus, .duration(let length)): return .duration(0 &- length)
    default:
      throw ConditionError("invalid operation: \(sign.rawValue) \(value.typeName)")
    }
  }

  static func apply(
    _ operation: ConditionSyntax.BinaryOperator, _ left: ConditionValue, _ right: ConditionValue
  ) throws(ConditionError) -> ConditionValue {
    switch operation {
    case .equal: return .bool(left.equals(right))
    case .notEqual: return .bool(!left.equals(right))
    case .less, .greater, .lessOrEqual, .greaterOrEqual:
      if let truth = compare(operation, left, right) { return .bool(truth) }
    case .isIn: return .bool(try isMember(left, of: right))
    case .matches: return .bool(try matches(left, right))
    case .contains, .startsWith, .endsWith:
      // Nothing contains nothing: expr-lang answers false when either side is nil.
      if left == .null || right == .null { return .bool(false) }
      if case .text(let text) = left, case .text(let part) = right {
        return .bool(relates(operation, Array(text.utf8), Array(part.utf8)))
      }
    case .add, .subtract, .multiply, .divide, .remainder, .power:
      if let value = try arithmetic(operation, left, right) { return value }
    case .or, .and, .range, .coalesce:
      preconditionFailure("operators that choose what to evaluate are the evaluator's")
    }
    throw ConditionError(
      "invalid operation: \(left.typeName) \(operation.rawValue) \(right.typeName)")
  }

  private static func compare(
    _ operation: ConditionSyntax.BinaryOperator, _ left: ConditionValue, _ right: ConditionValue
  ) -> Bool? {
    // Numbers first: with NaN none of the four is true, so none is the negation of another.
    if let first = left.asNumber, let second = right.asNumber {
      if case .integer(let a) = left, case .integer(let b) = right {
        return ordered(operation, a, b)
      }
      return ordered(operation, first, second)
    }
    guard let isLess = left.precedes(right), let isGreater = right.precedes(left) else {
      return nil
    }
    switch operation {
    case .less: return isLess
    case .greater: return isGreater
    case .lessOrEqual: return !isGreater
    default: return !isLess
    }
  }

  private static func ordered<Number: Comparable>(
    _ operation: ConditionSyntax.BinaryOperator, _ left: Number, _ right: Number
  ) -> Bool {
    switch operation {
    case .less: left < right
    case .greater: left > right
    case .lessOrEqual: left <= right
    default: left >= right
    }
  }

  private static func isMember(
    _ value: ConditionValue, of container: ConditionValue
  ) throws(ConditionError) -> Bool {
    switch container {
    case .null: return false
    case .list(let items): return items.contains { $0.equals(value) }
    case .map(let fields):
      guard case .text(let name) = value else {
        throw ConditionError("cannot use \(value.typeName) to look into a map")
      }
      return fields[name] != nil
    default:
      throw ConditionError("operator \"in\" not defined on \(container.typeName)")
    }
  }

  private static func matches(
    _ text: ConditionValue, _ pattern: ConditionValue
  ) throws(ConditionError) -> Bool {
    if text == .null || pattern == .null { return false }
    guard case .text(let text) = text, case .text(let pattern) = pattern else {
      throw ConditionError("invalid operation: \(text.typeName) matches \(pattern.typeName)")
    }
    do {
      return try RegexMatcher(pattern).matchesPart(of: text)
    } catch {
      throw ConditionError("\(error)")
    }
  }

  private static func relates(
    _ operation: ConditionSyntax.BinaryOperator, _ text: [UInt8], _ part: [UInt8]
  ) -> Bool {
    switch operation {
    case .startsWith: return text.starts(with: part)
    case .endsWith: return text.reversed().starts(with: part.reversed())
    default: return TextSearch.first(part, in: text) != nil
    }
  }

  private static func arithmetic(
    _ operation: ConditionSyntax.BinaryOperator, _ left: ConditionValue, _ right: ConditionValue
  ) throws(ConditionError) -> ConditionValue? {
    switch (operation, left, right) {
    case (.add, .text(let first), .text(let second)): return .text(first + second)
    case (.add, .integer(let first), .integer(let second)): return .integer(first &+ second)
    case (.subtract, .integer(let first), .integer(let second)): return .integer(first &- second)
    case (.multiply, .integer(let first), .integer(let second)): return .integer(first &* second)
    case (.remainder, .integer(let first), .integer(let second)):
      guard second != 0 else { throw ConditionError("integer divide by zero") }
      return .integer(second == -1 ? 0 : first % second)
    case (.remainder, _, _): return nil
    case (.add, .duration(let first), .duration(let second)): return .duration(first &+ second)
    case (.subtract, .duration(let first), .duration(let second)):
      return .duration(first &- second)
    case (.add, .time(let time), .duration(let length)),
      (.add, .duration(let length), .time(let time)):
      return .time(time.advanced(by: GoDuration(nanoseconds: length).milliseconds))
    case (.subtract, .time(let time), .duration(let length)):
      return .time(time.advanced(by: GoDuration(nanoseconds: 0 &- length).milliseconds))
    case (.subtract, .time(let first), .time(let second)):
      return .duration(first.since(second).count.multipliedReportingOverflow(by: 1_000_000).0)
    case (.multiply, .duration(let length), .integer(let factor)),
      (.multiply, .integer(let factor), .duration(let length)):
      return .duration(length &* factor)
    default:
      guard let first = left.asNumber, let second = right.asNumber else { return nil }
      return .number(floating(operation, first, second))
    }
  }

  private static func floating(
    _ operation: ConditionSyntax.BinaryOperator, _ left: Double, _ right: Double
  ) -> Double {
    switch operation {
    case .add: left + right
    case .subtract: left - right
    case .multiply: left * right
    case .divide: left / right
    default: pow(left, right)
    }
  }

  static func isDescending(_ order: ConditionValue) throws(ConditionError) -> Bool {
    switch order {
    case .text("asc"): return false
    case .text("desc"): return true
    default: throw ConditionError("invalid order \(order.text), expected \"asc\" or \"desc\"")
    }
  }

  /// A stable order of the keys; NaN stays where Go's comparison leaves it, unordered.
  static func sortedIndices(
    of keys: [ConditionValue], isDescending: Bool
  ) throws(ConditionError) -> [Int] {
    for (key, next) in zip(keys, keys.dropFirst()) where key.precedes(next) == nil {
      throw ConditionError("cannot sort \(key.typeName) beside \(next.typeName)")
    }
    return keys.indices.sorted { first, second in
      let isBefore =
        isDescending ? keys[second].precedes(keys[first]) : keys[first].precedes(keys[second])
      let isAfter =
        isDescending ? keys[first].precedes(keys[second]) : keys[second].precedes(keys[first])
      if isBefore == true { return true }
      return isAfter == true ? false : first < second
    }
  }
}

/// Plain search of bytes.
enum TextSearch {
  /// Where `part` first occurs from `start` on; nil when it doesn't.
  ///
  /// - Complexity: O(n m) at worst, which the caller's budget bounds.
  static func first(_ part: [UInt8], in text: [UInt8], from start: Int = 0) -> Int? {
    guard part.count <= text.count, start <= text.count - part.count else { return nil }
    return (start...(text.count - part.count)).first { text[$0...].starts(with: part) }
  }

  /// Where `part` last occurs; nil when it doesn't.
  static func last(_ part: [UInt8], in text: [UInt8]) -> Int? {
    guard part.count <= text.count else { return nil }
    return (0...(text.count - part.count)).reversed().first { text[$0...].starts(with: part) }
  }
}
