package import MetricModel

/// A value of the condition language: what a provider hands over, and what conditions compute.
package indirect enum ConditionValue: Equatable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case text(String)
  case list([ConditionValue])
  case map([String: ConditionValue])
  case time(Timestamp)
  /// In nanoseconds, as Go's `time.Duration`.
  case duration(Int64)

  /// Go's name of the kind, as Argo's messages have it.
  package var typeName: String { type.description }

  /// The static type of this very value; lists of numbers alone are lists of numbers.
  var type: ConditionType {
    switch self {
    case .null: .null
    case .bool: .bool
    case .integer: .integer
    case .number: .number
    case .text: .text
    case .list(let elements):
      !elements.isEmpty && elements.allSatisfy { if case .number = $0 { true } else { false } }
        ? .list(.number) : .list(.any)
    case .map: .map
    case .time: .time
    case .duration: .duration
    }
  }

  /// An integer or a number as a number.
  var asNumber: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// Equality of the language: numbers by value whatever their kind, NaN unequal to itself.
  func equals(_ other: ConditionValue) -> Bool {
    switch (self, other) {
    case (.integer(let left), .integer(let right)): return left == right
    case (.list(let left), .list(let right)):
      return left.count == right.count && zip(left, right).allSatisfy { $0.equals($1) }
    case (.map(let left), .map(let right)):
      return left.count == right.count
        && left.allSatisfy { key, value in right[key].map { value.equals($0) } ?? false }
    default:
      if let left = asNumber, let right = other.asNumber { return left == right }
      return self == other
    }
  }

  /// The order of the language; nil between values that have none.
  func precedes(_ other: ConditionValue) -> Bool? {
    switch (self, other) {
    case (.integer(let left), .integer(let right)): return left < right
    case (.text(let left), .text(let right)):
      return left.utf8.lexicographicallyPrecedes(right.utf8)
    case (.time(let left), .time(let right)): return left < right
    case (.duration(let left), .duration(let right)): return left < right
    default:
      guard let left = asNumber, let right = other.asNumber else { return nil }
      return left < right
    }
  }

  /// Go's `%v`, as `string()` and messages have it.
  package var text: String {
    switch self {
    case .null: "<nil>"
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .number(let value): NumberText.general(value)
    case .text(let text): text
    case .list(let elements): "[" + elements.map(\.text).joined(separator: " ") + "]"
    case .map(let fields):
      "map["
        + fields.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value.text)" }
        .joined(separator: " ") + "]"
    case .time(let time): CalendarTime(time).text
    case .duration(let nanoseconds): GoDuration(nanoseconds: nanoseconds).description
    }
  }

  /// Levels of lists and maps, counted up to `limit` only.
  func nesting(upTo limit: Int) -> Int {
    guard limit > 0 else { return 1 }
    switch self {
    case .list(let elements):
      return 1 + (elements.lazy.map { $0.nesting(upTo: limit - 1) }.max() ?? 0)
    case .map(let fields):
      return 1 + (fields.values.lazy.map { $0.nesting(upTo: limit - 1) }.max() ?? 0)
    default: return 0
    }
  }
}

/// What is known of a value before it is there.
package indirect enum ConditionType: Equatable, Sendable, CustomStringConvertible {
  /// Known only when evaluated: fields of maps, elements of mixed lists.
  case any
  case null
  case bool
  case integer
  case number
  case text
  case list(ConditionType)
  case map
  case time
  case duration

  var isNumeric: Bool { self == .integer || self == .number }
  var isAny: Bool { self == .any }

  /// Go's name, as in `mismatched types []float64 and int`.
  package var description: String {
    switch self {
    case .any: "interface {}"
    case .null: "nil"
    case .bool: "bool"
    case .integer: "int"
    case .number: "float64"
    case .text: "string"
    case .list(let element): "[]\(element)"
    case .map: "map[string]interface {}"
    case .time: "time.Time"
    case .duration: "time.Duration"
    }
  }

  /// The type of a value that may be of either.
  func joined(with other: ConditionType) -> ConditionType {
    if self == other { return self }
    if case .list(let left) = self, case .list(let right) = other {
      return .list(left.joined(with: right))
    }
    return .any
  }
}
