internal import Manifest

/// A JSON value of a reference vector; the strings "NaN", "Infinity" and "-Infinity" are numbers.
enum VectorValue: Sendable, Equatable {
  case null
  case flag(Bool)
  case number(Double)
  case text(String)
  case list([VectorValue])
  case object([String: VectorValue])

  init(_ json: JSONValue) {
    switch json {
    case .null: self = .null
    case .bool(let flag): self = .flag(flag)
    case .integer(let integer): self = .number(Double(integer))
    case .number(let number): self = .number(number)
    case .string("NaN"): self = .number(.nan)
    case .string("Infinity"): self = .number(.infinity)
    case .string("-Infinity"): self = .number(-.infinity)
    case .string(let text): self = .text(text)
    case .array(let elements): self = .list(elements.map { VectorValue($0) })
    case .object(let fields): self = .object(fields.mapValues { VectorValue($0) })
    }
  }

  /// What was wrong with the shape of an input; not an answer of the statistics.
  struct ShapeError: Error, CustomStringConvertible {
    var message: String
    var description: String { message }
  }

  subscript(_ key: String) -> VectorValue {
    if case .object(let fields) = self { return fields[key] ?? .null }
    return .null
  }

  func has(_ key: String) -> Bool { self[key] != .null }

  func number(_ key: String) throws -> Double { try self[key].number() }

  func number() throws -> Double {
    guard case .number(let value) = self else { throw ShapeError(message: "no number: \(spelled)") }
    return value
  }

  /// A number that stands for a whole one, as an index or a group.
  func integer(_ key: String) throws -> Int { try self[key].integer() }

  func integer() throws -> Int {
    guard let whole = Int(exactly: try number()) else {
      throw ShapeError(message: "no whole number: \(spelled)")
    }
    return whole
  }

  func numbers(_ key: String) throws -> [Double] { try self[key].numbers() }

  func numbers() throws -> [Double] { try list().map { try $0.number() } }

  func list(_ key: String) throws -> [VectorValue] { try self[key].list() }

  func list() throws -> [VectorValue] {
    guard case .list(let values) = self else { throw ShapeError(message: "no list: \(spelled)") }
    return values
  }

  /// A list of at least so many numbers.
  func numbers(_ key: String, atLeast count: Int) throws -> [Double] {
    let values = try numbers(key)
    guard values.count >= count else {
      throw ShapeError(message: "\(key) has \(values.count) numbers, expected \(count) or more")
    }
    return values
  }

  /// Lists of numbers, each of at least so many.
  func rows(_ key: String, atLeast count: Int = 0) throws -> [[Double]] {
    try list(key).map { row in
      let values = try row.numbers()
      guard values.count >= count else {
        throw ShapeError(message: "\(key) has a row of \(values.count) numbers, not \(count)")
      }
      return values
    }
  }

  func text(_ key: String) throws -> String {
    guard case .text(let value) = self[key] else { throw ShapeError(message: "no text at \(key)") }
    return value
  }

  func flag(_ key: String) throws -> Bool {
    guard case .flag(let value) = self[key] else { throw ShapeError(message: "no flag at \(key)") }
    return value
  }

  /// As JSON, for messages.
  var spelled: String {
    switch self {
    case .null: "null"
    case .flag(let flag): "\(flag)"
    case .number(let number): "\(number)"
    case .text(let text): JSONValue.quoted(text)
    case .list(let values): "[" + values.map(\.spelled).joined(separator: ", ") + "]"
    case .object(let fields):
      "{"
        + fields.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value.spelled)" }
        .joined(separator: ", ") + "}"
    }
  }
}

extension VectorValue: ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
  ExpressibleByBooleanLiteral
{
  init(floatLiteral value: Double) { self = .number(value) }
  init(stringLiteral value: String) { self = .text(value) }
  init(booleanLiteral value: Bool) { self = .flag(value) }

  static func numbers(_ values: [Double]) -> VectorValue { .list(values.map { .number($0) }) }
  static func flags(_ values: [Bool]) -> VectorValue { .list(values.map { .flag($0) }) }
}
