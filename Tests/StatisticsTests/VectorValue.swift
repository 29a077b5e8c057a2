import Foundation

/// A JSON value of a reference vector; the strings "NaN", "Infinity" and "-Infinity" are numbers.
enum VectorValue: Decodable, Sendable, Equatable {
  case null
  case flag(Bool)
  case number(Double)
  case text(String)
  case list([VectorValue])
  case object([String: VectorValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let flag = try? container.decode(Bool.self) {
      self = .flag(flag)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else if let text = try? container.decode(String.self) {
      switch text {
      case "NaN": self = .number(.nan)
      case "Infinity": self = .number(.infinity)
      case "-Infinity": self = .number(-.infinity)
      default: self = .text(text)
      }
    } else if let list = try? container.decode([VectorValue].self) {
      self = .list(list)
    } else {
      self = .object(try container.decode([String: VectorValue].self))
    }
  }

  /// What was wrong with the shape of an input; not an answer of the statistics.
  struct ShapeError: Error { var message: String }

  subscript(_ key: String) -> VectorValue {
    if case .object(let fields) = self { return fields[key] ?? .null }
    return .null
  }

  func has(_ key: String) -> Bool { self[key] != .null }

  func number(_ key: String) throws -> Double { try self[key].number() }

  func number() throws -> Double {
    guard case .number(let value) = self else { throw ShapeError(message: "no number: \(self)") }
    return value
  }

  func numbers(_ key: String) throws -> [Double] { try self[key].numbers() }

  func numbers() throws -> [Double] { try list().map { try $0.number() } }

  func list(_ key: String) throws -> [VectorValue] { try self[key].list() }

  func list() throws -> [VectorValue] {
    guard case .list(let values) = self else { throw ShapeError(message: "no list: \(self)") }
    return values
  }

  func rows(_ key: String) throws -> [[Double]] { try list(key).map { try $0.numbers() } }

  func text(_ key: String) throws -> String {
    guard case .text(let value) = self[key] else { throw ShapeError(message: "no text at \(key)") }
    return value
  }

  func flag(_ key: String) throws -> Bool {
    guard case .flag(let value) = self[key] else { throw ShapeError(message: "no flag at \(key)") }
    return value
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
