internal import MetricModel

/// A piece of a condition's text.
struct ConditionToken: Equatable {
  enum Kind: Equatable {
    case integer(Int64)
    case number(Double)
    case text(String)
    case name(String)
    /// Operators and brackets, and the words that are operators: `in`, `and`, `matches`, ...
    case symbol(String)
    case end
  }

  var kind: Kind
  /// Where it starts, in UTF-8 from the start of the text.
  var offset: Int

  /// How messages call it.
  var spelling: String {
    switch kind {
    case .integer(let value): "\(value)"
    case .number(let value): NumberText.general(value)
    case .text(let text): GoText.quoted(text)
    case .name(let name): "\"\(name)\""
    case .symbol(let symbol): "\"\(symbol)\""
    case .end: "the end of the condition"
    }
  }
}

/// Cuts a condition into tokens.
struct ConditionLexer {
  private let source: String
  private let bytes: [UInt8]
  private var position = 0

  static let wordOperators: Set<String> = [
    "and", "or", "not", "in", "matches", "contains", "startsWith", "endsWith",
  ]
  private static let symbols: [String] = [
    "?.", "??", "&&", "||", "==", "!=", "<=", ">=", "**", "..",
    "+", "-", "*", "/", "%", "^", "<", ">", "!", "?", ":", ";", ",", ".", "|", "=", "#",
    "(", ")", "[", "]", "{", "}",
  ]

  init(_ source: String) {
    self.source = source
    bytes = Array(source.utf8)
  }

  /// All tokens, the last one `end`.
  static func tokens(of source: String) throws(ConditionError) -> [ConditionToken] {
    var lexer = ConditionLexer(source)
    var result: [ConditionToken] = []
    while true {
      let token = try lexer.next()
      result.append(token)
      if token.kind == .end { return result }
    }
  }

  private mutating func next() throws(ConditionError) -> ConditionToken {
    try skipBlanks()
    let start = position
    guard position < bytes.count else { return ConditionToken(kind: .end, offset: start) }
    let byte = bytes[position]
    let following = position + 1 < bytes.count ? bytes[position + 1] : 0
    if Self.isDigit(byte) || (byte == UInt8(ascii: ".") && Self.isDigit(following)) {
      return ConditionToken(kind: try number(), offset: start)
    }
    switch byte {
    case UInt8(ascii: "'"), UInt8(ascii: "\""):
      return ConditionToken(kind: .text(try quoted(by: byte)), offset: start)
    case UInt8(ascii: "`"):
      return ConditionToken(kind: .text(try raw()), offset: start)
    case _ where Self.isNameStart(byte):
      let name = word()
      let kind: ConditionToken.Kind =
        Self.wordOperators.contains(name) ? .symbol(name) : .name(name)
      return ConditionToken(kind: kind, offset: start)
    default:
      for symbol in Self.symbols where bytes[position...].starts(with: symbol.utf8) {
        position += symbol.utf8.count
        return ConditionToken(kind: .symbol(symbol), offset: start)
      }
      throw failure("unexpected character", at: start)
    }
  }

  private mutating func skipBlanks() throws(ConditionError) {
    while position < bytes.count {
      let rest = bytes[position...]
      if [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) {
        position += 1
      } else if rest.starts(with: "//".utf8) {
        position = rest.firstIndex(of: 0x0a) ?? bytes.count
      } else if rest.starts(with: "/*".utf8) {
        let start = position
        position += 2
        while position + 1 < bytes.count, !bytes[position...].starts(with: "*/".utf8) {
          position += 1
        }
        guard position + 1 < bytes.count else {
          throw failure("comment without end, expected \"*/\"", at: start)
        }
        position += 2
      } else {
        return
      }
    }
  }

  private mutating func word() -> String {
    let start = position
    while position < bytes.count,
      Self.isNameStart(bytes[position]) || Self.isDigit(bytes[position])
    {
      position += 1
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func number() throws(ConditionError) -> ConditionToken.Kind {
    let start = position
    let prefixes: [(String, Int)] = [("0x", 16), ("0X", 16), ("0b", 2), ("0o", 8)]
    for (prefix, radix) in prefixes where bytes[position...].starts(with: prefix.utf8) {
      position += 2
      let digits = word().replacing("_", with: "")
      guard let value = Int64(digits, radix: radix) else {
        throw failure("found a number that can't be read", at: start)
      }
      return .integer(value)
    }
    func skipDigits() {
      while position < bytes.count,
        Self.isDigit(bytes[position]) || bytes[position] == UInt8(ascii: "_")
      {
        position += 1
      }
    }
    skipDigits()
    var isInteger = true
    // `1..3` is a range, not a number with a point.
    if position < bytes.count, bytes[position] == UInt8(ascii: "."),
      position + 1 >= bytes.count || bytes[position + 1] != UInt8(ascii: ".")
    {
      isInteger = false
      position += 1
      skipDigits()
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      position += 1
      if position < bytes.count, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(bytes[position]) {
        position += 1
      }
      skipDigits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self).replacing("_", with: "")
    if position < bytes.count, Self.isNameStart(bytes[position]) {
      throw failure("found a letter right after a number", at: position)
    }
    if isInteger {
      guard let value = Int64(text) else { throw failure("integer too large", at: start) }
      return .integer(value)
    }
    guard let value = NumberText.parseDecimal(text.utf8) else {
      throw failure("found a number that can't be read", at: start)
    }
    return .number(value)
  }

  private mutating func raw() throws(ConditionError) -> String {
    let start = position
    position += 1
    guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "`")) else {
      throw failure("text without end, expected \"`\"", at: start)
    }
    defer { position = end + 1 }
    return String(decoding: bytes[position..<end], as: UTF8.self)
  }

  private mutating func quoted(by quote: UInt8) throws(ConditionError) -> String {
    let start = position
    position += 1
    var content: [UInt8] = []
    while position < bytes.count, bytes[position] != quote {
      if bytes[position] == 0x0a { break }
      if bytes[position] == UInt8(ascii: "\\") {
        try escape(into: &content)
      } else {
        content.append(bytes[position])
        position += 1
      }
    }
    guard position < bytes.count, bytes[position] == quote else {
      throw failure("text without end, expected \(quote == 0x27 ? "'" : "\"")", at: start)
    }
    position += 1
    return String(decoding: content, as: UTF8.self)
  }

  private mutating func escape(into content: inout [UInt8]) throws(ConditionError) {
    let start = position
    position += 1
    guard position < bytes.count else { throw failure("escape without end", at: start) }
    let letter = bytes[position]
    position += 1
    switch letter {
    case UInt8(ascii: "a"): content.append(0x07)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0c)
    case UInt8(ascii: "n"): content.append(0x0a)
    case UInt8(ascii: "r"): content.append(0x0d)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "v"): content.append(0x0b)
    case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"):
      content.append(letter)
    case UInt8(ascii: "x"), UInt8(ascii: "u"), UInt8(ascii: "U"):
      let count = letter == UInt8(ascii: "x") ? 2 : letter == UInt8(ascii: "u") ? 4 : 8
      let digits = bytes[position...].prefix(count)
      guard digits.count == count,
        let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16),
        let scalar = Unicode.Scalar(code)
      else { throw failure("found an escape that can't be read", at: start) }
      position += count
      content.append(contentsOf: String(Character(scalar)).utf8)
    default:
      throw failure("unknown escape, known are \\n \\t \\r \\\\ \\\" \\' \\x \\u", at: start)
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func isNameStart(_ byte: UInt8) -> Bool {
    (0x61...0x7a).contains(byte | 0x20) || byte == UInt8(ascii: "_")
      || byte == UInt8(ascii: "$") || byte >= 0x80
  }

  private func failure(_ message: String, at offset: Int) -> ConditionError {
    ConditionError(message, source: source, offset: offset)
  }
}
