internal import MetricModel

/// JSON as values of the condition language and back.
package enum JSONText {
  private static let depthMax = 100

  /// The value that a JSON text spells; every number is a `number`, as Go decodes them.
  ///
  /// - Throws: `ConditionError` with the offset of what can't be read.
  package static func parse(_ text: String) throws(ConditionError) -> ConditionValue {
    var reader = Reader(source: text, bytes: Array(text.utf8))
    let value = try reader.value(depth: 0)
    reader.skipBlanks()
    guard reader.position == reader.bytes.count else {
      throw reader.failure("found text after the end of the JSON value")
    }
    return value
  }

  /// Compact JSON, keys in order; NaN and infinities, which JSON lacks, as `null`.
  package static func spelled(_ value: ConditionValue) -> String {
    switch value {
    case .null: return "null"
    case .bool(let truth): return truth ? "true" : "false"
    case .integer(let number): return String(number)
    case .number(let number): return number.isFinite ? NumberText.json(number) : "null"
    case .text(let text): return quoted(text)
    case .list(let items): return "[" + items.map(spelled).joined(separator: ",") + "]"
    case .map(let fields):
      let entries = fields.sorted { $0.key < $1.key }
      return "{" + entries.map { "\(quoted($0.key)):\(spelled($0.value))" }.joined(separator: ",")
        + "}"
    case .time(let time): return quoted(CalendarTime(time).text)
    case .duration(let nanoseconds): return String(nanoseconds)
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  private struct Reader {
    let source: String
    let bytes: [UInt8]
    var position = 0

    init(source: String, bytes: [UInt8]) {
      self.source = source
      self.bytes = bytes
    }

    mutating func skipBlanks() {
      while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) {
        position += 1
      }
    }

    mutating func value(depth: Int) throws(ConditionError) -> ConditionValue {
      skipBlanks()
      guard depth < JSONText.depthMax else { throw failure("JSON nested too deeply") }
      guard position < bytes.count else { throw failure("unexpected end of JSON input") }
      switch bytes[position] {
      case UInt8(ascii: "{"): return try object(depth: depth)
      case UInt8(ascii: "["): return try array(depth: depth)
      case UInt8(ascii: "\""): return .text(try text())
      default: break
      }
      let words: [(String, ConditionValue)] = [
        ("true", .bool(true)), ("false", .bool(false)), ("null", .null),
      ]
      for (word, value) in words where bytes[position...].starts(with: word.utf8) {
        position += word.utf8.count
        return value
      }
      let digits = bytes[position...].prefix {
        (0x30...0x39).contains($0) || [0x2b, 0x2d, 0x2e, 0x45, 0x65].contains($0)
      }
      guard !digits.isEmpty, let number = NumberText.parseDecimal(digits) else {
        throw failure("found a character that starts no JSON value")
      }
      position += digits.count
      return .number(number)
    }

    private mutating func object(depth: Int) throws(ConditionError) -> ConditionValue {
      var fields: [String: ConditionValue] = [:]
      position += 1
      skipBlanks()
      if skip("}") { return .map(fields) }
      repeat {
        skipBlanks()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
          throw failure("expected a key in double quotes")
        }
        let key = try text()
        skipBlanks()
        guard skip(":") else { throw failure("expected \":\" after the key") }
        fields[key] = try value(depth: depth + 1)
        skipBlanks()
      } while skip(",")
      guard skip("}") else { throw failure("expected \",\" or \"}\"") }
      return .map(fields)
    }

    private mutating func array(depth: Int) throws(ConditionError) -> ConditionValue {
      var items: [ConditionValue] = []
      position += 1
      skipBlanks()
      if skip("]") { return .list(items) }
      repeat {
        items.append(try value(depth: depth + 1))
        skipBlanks()
      } while skip(",")
      guard skip("]") else { throw failure("expected \",\" or \"]\"") }
      return .list(items)
    }

    private mutating func text() throws(ConditionError) -> String {
      position += 1
      var content: [UInt8] = []
      while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
        let byte = bytes[position]
        position += 1
        guard byte == UInt8(ascii: "\\") else {
          content.append(byte)
          continue
        }
        guard position < bytes.count else { break }
        let letter = bytes[position]
        position += 1
        switch letter {
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0c)
        case UInt8(ascii: "n"): content.append(0x0a)
        case UInt8(ascii: "r"): content.append(0x0d)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"): content.append(contentsOf: String(try escapedScalar()).utf8)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(letter)
        default: throw failure("found an unknown escape in a JSON text")
        }
      }
      guard position < bytes.count else { throw failure("JSON text without end") }
      position += 1
      return String(decoding: content, as: UTF8.self)
    }

    private mutating func escapedScalar() throws(ConditionError) -> Character {
      func unit() -> UInt32? {
        let digits = bytes[min(position, bytes.count)...].prefix(4)
        guard digits.count == 4 else { return nil }
        return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
      }
      guard let first = unit() else { throw failure("found an escape that can't be read") }
      position += 4
      var code = first
      if (0xd800..<0xdc00).contains(first), bytes[position...].starts(with: "\\u".utf8) {
        position += 2
        guard let second = unit(), (0xdc00..<0xe000).contains(second) else {
          throw failure("found half of a surrogate pair")
        }
        position += 4
        code = 0x10000 + (first - 0xd800) << 10 + (second - 0xdc00)
      }
      return Character(Unicode.Scalar(code) ?? "\u{fffd}")
    }

    private mutating func skip(_ symbol: Character) -> Bool {
      guard position < bytes.count, bytes[position] == symbol.asciiValue else { return false }
      position += 1
      return true
    }

    func failure(_ message: String) -> ConditionError {
      ConditionError(message, source: source, offset: position)
    }
  }
}
