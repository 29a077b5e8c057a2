/// Reads a text of JSON from its start to its end, in parts: what is large needs no tree.
///
///     var reader = JSONReader(bytes: body)
///     var members = try reader.enter(.object)
///     while let key = try reader.key(in: &members) {
///       if key == "data" { total = try reader.value().asNumber } else { try reader.skipValue() }
///     }
///     try reader.end()
///
/// After each key and element its value must be read, entered or skipped.
package struct JSONReader {
  /// What holds other values.
  package enum Container: Sendable {
    case object
    case array

    fileprivate var opening: Unicode.Scalar { self == .object ? "{" : "[" }
    fileprivate var closing: Unicode.Scalar { self == .object ? "}" : "]" }
    fileprivate var name: String { self == .object ? "an object" : "an array" }
  }

  /// How far the reading of an object or array has come.
  package struct Members {
    fileprivate let container: Container
    fileprivate var isFirst = true
  }

  let bytes: [UInt8]
  /// Bytes from the start of the text, for messages.
  package private(set) var position = 0
  /// How many objects and arrays are open.
  private var depth = 0

  package init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// That something else was expected here.
  package func failure(_ message: String) -> JSONError { JSONError(message, offset: position) }

  /// Makes sure that nothing follows.
  package mutating func end() throws(JSONError) {
    skipBlanks()
    guard position == bytes.count else {
      throw failure("found text after the end of the value")
    }
  }

  /// The container that begins here; nil before anything else.
  package mutating func container() -> Container? {
    skipBlanks()
    switch next {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    default: return nil
    }
  }

  /// Begins to read the members of what must be an object, or an array.
  package mutating func enter(_ container: Container) throws(JSONError) -> Members {
    guard depth < JSONValue.depthMax else {
      throw failure("nested deeper than \(JSONValue.depthMax) levels")
    }
    guard self.container() == container else { throw failure("expected \(container.name)") }
    position += 1
    depth += 1
    return Members(container: container)
  }

  /// The key of the next member of an object; nil after the last.
  package mutating func key(in members: inout Members) throws(JSONError) -> String? {
    guard try hasMember(in: &members) else { return nil }
    guard next == UInt8(ascii: "\"") else { throw failure("expected a key in double quotes") }
    let key = try string()
    skipBlanks()
    guard skip(":") else { throw failure("expected \":\" after the key") }
    return key
  }

  /// Whether there is a next member; it begins at the position then.
  package mutating func hasMember(in members: inout Members) throws(JSONError) -> Bool {
    let container = members.container
    skipBlanks()
    if !members.isFirst, skip(",") {
      skipBlanks()
      return true
    }
    if skip(container.closing) {
      depth -= 1
      return false
    }
    guard members.isFirst else {
      throw failure("expected \",\" or \"\(container.closing)\" in \(container.name)")
    }
    members.isFirst = false
    return true
  }

  /// Reads over a value of any kind.
  package mutating func skipValue() throws(JSONError) {
    guard let container = container() else {
      _ = try value()
      return
    }
    var members = try enter(container)
    switch container {
    case .object: while try key(in: &members) != nil { try skipValue() }
    case .array: while try hasMember(in: &members) { try skipValue() }
    }
  }

  private mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
      position += 1
    }
  }

  private mutating func skip(_ symbol: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: symbol) else { return false }
    position += 1
    return true
  }

  /// The value that begins here, with all below it.
  package mutating func value() throws(JSONError) -> JSONValue {
    skipBlanks()
    guard depth < JSONValue.depthMax else {
      throw failure("nested deeper than \(JSONValue.depthMax) levels")
    }
    switch next {
    case nil: throw failure("found the end of the text, expected a value")
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
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

  private mutating func object() throws(JSONError) -> JSONValue {
    var fields: [String: JSONValue] = [:]
    var members = try enter(.object)
    while let key = try key(in: &members) { fields[key] = try value() }
    return .object(fields)
  }

  private mutating func array() throws(JSONError) -> JSONValue {
    var elements: [JSONValue] = []
    var members = try enter(.array)
    while try hasMember(in: &members) { elements.append(try value()) }
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
