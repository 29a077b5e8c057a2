internal import Manifest
internal import MetricModel

/// Reads the text of a `JSONPath`.
struct JSONPathReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) {
    bytes = Array(text.utf8)
  }

  mutating func path() throws(JSONPath.Fault) -> [JSONPath.Step] {
    skipBlanks()
    guard skip("{") else {
      throw fault("expected a path in braces such as {$.data.value}")
    }
    skipBlanks()
    guard !bytes[position...].starts(with: "range".utf8) else {
      throw fault("{range} is not supported, a measurement has one result")
    }
    let steps = try steps()
    skipBlanks()
    guard skip("}") else { throw unexpected("\"}\", a field or an element") }
    skipBlanks()
    guard position == bytes.count else { throw unexpected("nothing after the path") }
    return steps
  }

  private mutating func steps() throws(JSONPath.Fault) -> [JSONPath.Step] {
    var steps: [JSONPath.Step] = []
    if !skip("$") { _ = skip("@") }
    while let byte = next {
      if byte == UInt8(ascii: "[") {
        position += 1
        steps.append(try element())
      } else if byte == UInt8(ascii: ".") {
        position += 1
        if skip(".") { steps.append(.descend) }
        if skip("*") {
          steps.append(.all)
        } else if next == UInt8(ascii: "[") || next == UInt8(ascii: "}") {
          continue
        } else {
          steps.append(.field(try name()))
        }
      } else if steps.isEmpty, Self.isNameByte(byte) {
        // `{data}` without the leading point is legal there.
        steps.append(.field(try name()))
      } else {
        return steps
      }
    }
    return steps
  }

  private mutating func name() throws(JSONPath.Fault) -> String {
    var result: [UInt8] = []
    while let byte = next {
      if byte == UInt8(ascii: "\\"), position + 1 < bytes.count {
        result.append(bytes[position + 1])
        position += 2
      } else if Self.isNameByte(byte) {
        result.append(byte)
        position += 1
      } else {
        break
      }
    }
    guard !result.isEmpty else { throw unexpected("the name of a field") }
    return String(decoding: result, as: UTF8.self)
  }

  /// What stands behind `[`, through `]`.
  private mutating func element() throws(JSONPath.Fault) -> JSONPath.Step {
    skipBlanks()
    if skip("?") { return .filter(try filter()) }
    var parts: [JSONPath.Step] = []
    repeat {
      skipBlanks()
      parts.append(try part())
      skipBlanks()
    } while skip(",")
    guard skip("]") else { throw unexpected("\"]\"") }
    return parts.count == 1 ? parts[0] : .union(parts)
  }

  private mutating func part() throws(JSONPath.Fault) -> JSONPath.Step {
    if skip("*") { return .all }
    if next == UInt8(ascii: "'") || next == UInt8(ascii: "\"") { return .field(try quoted()) }
    let first = try integer()
    guard skip(":") else {
      guard let first else { throw unexpected("a number, a name in quotes or \"*\"") }
      return .index(first)
    }
    let last = try integer()
    var stride = 1
    if skip(":"), let given = try integer() { stride = given }
    guard stride > 0 else { throw fault("the step of a slice must be above 0") }
    return .slice(from: first, to: last, by: stride)
  }

  private mutating func filter() throws(JSONPath.Fault) -> JSONPath.Filter {
    guard skip("(") else { throw unexpected("\"(\"") }
    skipBlanks()
    guard next == UInt8(ascii: "@") else { throw unexpected("\"@\"") }
    let path = try steps()
    skipBlanks()
    var filter = JSONPath.Filter(path: path)
    for sign in ["==", "!=", "<=", ">=", "<", ">"] where bytes[position...].starts(with: sign.utf8)
    {
      position += sign.utf8.count
      skipBlanks()
      filter.comparison = JSONPath.Comparison(sign: sign, value: try value())
      skipBlanks()
      break
    }
    guard skip(")"), skip("]") else { throw unexpected("\")]\"") }
    return filter
  }

  private mutating func value() throws(JSONPath.Fault) -> JSONValue {
    if next == UInt8(ascii: "'") || next == UInt8(ascii: "\"") { return .string(try quoted()) }
    let text = String(
      decoding: bytes[position...].prefix { $0 != UInt8(ascii: ")") && $0 != 0x20 },
      as: UTF8.self)
    position += text.utf8.count
    guard let value = try? JSONValue(parsing: text) else {
      throw fault("found \"\(text)\", expected a number, true, false or a text in quotes")
    }
    return value
  }

  private mutating func quoted() throws(JSONPath.Fault) -> String {
    let quote = bytes[position]
    position += 1
    var result: [UInt8] = []
    while let byte = next, byte != quote {
      if byte == UInt8(ascii: "\\"), position + 1 < bytes.count { position += 1 }
      result.append(bytes[position])
      position += 1
    }
    guard next == quote else { throw fault("the text in quotes doesn't end") }
    position += 1
    return String(decoding: result, as: UTF8.self)
  }

  /// Nil where no number comes next.
  private mutating func integer() throws(JSONPath.Fault) -> Int? {
    let start = position
    _ = skip("-")
    while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
    guard position > start else { return nil }
    guard let number = Int(String(decoding: bytes[start..<position], as: UTF8.self)),
      abs(number) < 1_000_000_000
    else { throw fault("expected a number that is not that large") }
    return number
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skip(_ symbol: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: symbol) else { return false }
    position += 1
    return true
  }

  private mutating func skipBlanks() {
    while next == 0x20 || next == 0x09 { position += 1 }
  }

  /// Everything but what has a meaning of its own, so that names may hold `-`, `/` and more.
  private static func isNameByte(_ byte: UInt8) -> Bool {
    byte > 0x20 && !"{}[]().,:'\"?@$<>=!*|&".utf8.contains(byte)
  }

  private func fault(_ message: String) -> JSONPath.Fault {
    JSONPath.Fault(message: "column \(position + 1): \(message)")
  }

  private func unexpected(_ expected: String) -> JSONPath.Fault {
    let found = next.map { GoText.quoted(String(decoding: [$0], as: UTF8.self)) } ?? "the end"
    return fault("found \(found), expected \(expected)")
  }
}
