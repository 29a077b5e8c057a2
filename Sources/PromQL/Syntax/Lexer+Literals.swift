import MetricModel

extension Lexer {
  /// `1_000`, `0x1F`, `.5`, `5e3`; or `1h30m`.
  mutating func numberOrDuration() throws(Failure) -> Token.Kind {
    let start = position
    let isHexadecimal = peek() == UInt8(ascii: "0") && peek(1).map { $0 | 0x20 } == 0x78
    while let byte = peek() {
      let isSign = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
      let endsMantissa =
        isSign && !isHexadecimal && position > start && text[position - 1] | 0x20 == 0x65
        && text[start..<(position - 1)].allSatisfy { !Self.isLetter($0) || $0 == 0x5f }
      guard Self.isWordByte(byte) || byte == UInt8(ascii: ".") || endsMantissa else { break }
      position += 1
    }
    let spelled = spelling(from: start)
    if let number = NumberText.parse(spelled) { return .number(number) }
    if let duration = Milliseconds(parsing: spelled) { return .duration(duration) }
    throw failure("bad number or duration syntax: \(GoText.quoted(spelled))", from: start)
  }

  /// A string in double or single quotes with Go's escapes, or in backquotes without any.
  mutating func stringLiteral() throws(Failure) -> StringLiteral {
    let start = position
    let quote = text[position]
    position += 1
    if quote == UInt8(ascii: "`") {
      skip { $0 != quote }
      let content = Array(text[(start + 1)..<position])
      guard take(quote) else { throw failure("unterminated raw string", from: start) }
      return StringLiteral(bytes: content)
    }
    var content: [UInt8] = []
    while let byte = peek(), byte != UInt8(ascii: "\n") {
      position += 1
      if byte == quote { return StringLiteral(bytes: content) }
      if byte == UInt8(ascii: "\\") {
        try escape(quote: quote, into: &content)
      } else {
        content.append(byte)
      }
    }
    throw failure("unterminated quoted string", from: start)
  }

  /// What follows a backslash.
  private mutating func escape(quote: UInt8, into content: inout [UInt8]) throws(Failure) {
    let start = position - 1
    guard let byte = peek() else { throw failure("escape sequence not terminated", from: start) }
    position += 1
    if let plain = Self.plainEscapes[byte] {
      content.append(plain)
      return
    }
    switch byte {
    case quote: content.append(quote)
    case 0x30...0x37:
      position -= 1
      let value = try escapedNumber(digits: 3, radix: 8, start)
      guard let code = UInt8(exactly: value) else {
        throw failure("octal escape value \(value) > 255", from: start)
      }
      content.append(code)
    case UInt8(ascii: "x"):
      content.append(UInt8(truncatingIfNeeded: try escapedNumber(digits: 2, radix: 16, start)))
    case UInt8(ascii: "u"), UInt8(ascii: "U"):
      let digits = byte == UInt8(ascii: "u") ? 4 : 8
      guard let scalar = Unicode.Scalar(try escapedNumber(digits: digits, radix: 16, start)) else {
        throw failure("escape sequence is an invalid Unicode code point", from: start)
      }
      content.append(contentsOf: String(scalar).utf8)
    default:
      throw failure("unknown escape sequence \(GoText.quoted(spelling(from: start)))", from: start)
    }
  }

  private static let plainEscapes: [UInt8: UInt8] = [
    UInt8(ascii: "a"): 0x07, UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0c,
    UInt8(ascii: "n"): 0x0a, UInt8(ascii: "r"): 0x0d, UInt8(ascii: "t"): 0x09,
    UInt8(ascii: "v"): 0x0b, UInt8(ascii: "\\"): 0x5c,
  ]

  private mutating func escapedNumber(
    digits: Int, radix: Int, _ start: Int
  ) throws(Failure) -> UInt32 {
    let first = position
    for _ in 0..<digits {
      guard let byte = peek(), byte < 0x80, Character(Unicode.Scalar(byte)).isHexDigit else {
        throw failure("escape sequence not terminated", from: start)
      }
      position += 1
    }
    guard let value = UInt32(spelling(from: first), radix: radix) else {
      throw failure("unknown escape sequence \(GoText.quoted(spelling(from: start)))", from: start)
    }
    return value
  }
}
