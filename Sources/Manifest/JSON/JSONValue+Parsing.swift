extension JSONValue {
  /// Deeper nesting is refused, so that no text can exhaust the stack.
  package static let depthMax = 200

  /// The value that a whole text of UTF-8 spells (RFC 8259).
  ///
  /// - Throws: `JSONError` with the offset of what can't be read.
  package init(parsing bytes: [UInt8]) throws(JSONError) {
    var reader = JSONReader(bytes: bytes)
    let value = try reader.value(depth: 0)
    reader.skipBlanks()
    guard reader.position == bytes.count else {
      throw reader.failure("found text after the end of the value")
    }
    self = value
  }

  package init(parsing text: String) throws(JSONError) {
    try self.init(parsing: Array(text.utf8))
  }
}

private struct JSONReader {
  let bytes: [UInt8]
  var position = 0

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  func failure(_ message: String) -> JSONError { JSONError(message, offset: position) }

  mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
      position += 1
    }
  }

  private mutating func skip(_ symbol: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: symbol) else { return false }
    position += 1
    return true
  }

  mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    skipBlanks()
    guard depth < JSONValue.depthMax else {
      throw failure("nested deeper than \(JSONValue.depthMax) levels")
    }
    switch next {
    case nil: throw failure("found the end of the text, expected a value")
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
    guard bytes[position...].starts(with: word.utf8) else {
      throw failure("found a character that starts no value")
    }
    position += word.utf8.count
    return value
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
    var fields: [String: JSONValue] = [:]
    position += 1
    skipBlanks()
    if skip("}") { return .object(fields) }
    repeat {
      skipBlanks()
      guard next == UInt8(ascii: "\"") else {
        throw failure("expected a key in double quotes")
      }
      let key = try string()
      skipBlanks()
      guard skip(":") else { throw failure("expected \":\" after the key") }
      fields[key] = try value(depth: depth + 1)
      skipBlanks()
    } while skip(",")
    guard skip("}") else { throw failure("expected \",\" or \"}\" in an object") }
    return .object(fields)
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
    var elements: [JSONValue] = []
    position += 1
    skipBlanks()
    if skip("]") { return .array(elements) }
    repeat {
      elements.append(try value(depth: depth + 1))
      skipBlanks()
    } while skip(",")
    guard skip("]") else { throw failure("expected \",\" or \"]\" in an array") }
    return .array(elements)
  }

  private mutating func digits() -> Int {
    let start = position
    while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
    return position - start
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = position
    var isWhole = true
    _ = skip("-")
    let leading = next
    let wholeDigits = digits()
    guard wholeDigits > 0 else {
      position = start
      throw failure("found a character that starts no value")
    }
    guard leading != UInt8(ascii: "0") || wholeDigits == 1 else {
      throw failure("a number must not start with a zero")
    }
    if skip(".") {
      isWhole = false
      guard digits() > 0 else { throw failure("expected a digit after the point") }
    }
    if skip("e") || skip("E") {
      isWhole = false
      if !skip("+") { _ = skip("-") }
      guard digits() > 0 else { throw failure("expected a digit in the exponent") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole, let integer = Int64(text) { return .integer(integer) }
    guard let number = Double(text), number.isFinite else {
      throw failure("the number \"\(text.prefix(40))\" is too large")
    }
    return .number(number)
  }

  private mutating func string() throws(JSONError) -> String {
    position += 1
    let start = position
    while let byte = next, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
      position += 1
    }
    guard next != UInt8(ascii: "\"") else {
      position += 1
      return try decoded(bytes[start..<position - 1])
    }
    var content = Array(bytes[start..<position])
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw failure("found a control character in a string") }
      position += 1
      if byte == UInt8(ascii: "\\") {
        try appendEscaped(to: &content)
      } else {
        content.append(byte)
      }
    }
    guard skip("\"") else { throw failure("found the end of the text in a string") }
    return try decoded(content[...])
  }

  private func decoded(_ content: ArraySlice<UInt8>) throws(JSONError) -> String {
    guard let text = String(validating: content, as: UTF8.self) else {
      throw failure("the string before this place is not UTF-8")
    }
    return text
  }

  private mutating func appendEscaped(to content: inout [UInt8]) throws(JSONError) {
    guard let letter = next else { throw failure("found the end of the text in a string") }
    position += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(letter)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0c)
    case UInt8(ascii: "n"): content.append(0x0a)
    case UInt8(ascii: "r"): content.append(0x0d)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "u"): content.append(contentsOf: String(try escapedScalar()).utf8)
    default:
      position -= 1
      throw failure("found an unknown escape in a string")
    }
  }

  /// Half a surrogate pair becomes U+FFFD, as Go's and JavaScript's lenient readers have it.
  private mutating func escapedScalar() throws(JSONError) -> Character {
    let first = try codeUnit()
    guard (0xd800..<0xdc00).contains(first), bytes[position...].starts(with: "\\u".utf8) else {
      return Character(Unicode.Scalar(first) ?? "\u{fffd}")
    }
    let second = position
    position += 2
    let low = try codeUnit()
    guard (0xdc00..<0xe000).contains(low) else {
      position = second
      return "\u{fffd}"
    }
    let code = 0x10000 + (first - 0xd800) << 10 + (low - 0xdc00)
    return Character(Unicode.Scalar(code) ?? "\u{fffd}")
  }

  private mutating func codeUnit() throws(JSONError) -> UInt32 {
    let digits = bytes[position...].prefix(4)
    guard digits.count == 4, !digits.contains(UInt8(ascii: "+")),
      !digits.contains(UInt8(ascii: "-")),
      let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw failure("expected four hexadecimal digits after \\u") }
    position += 4
    return code
  }
}
