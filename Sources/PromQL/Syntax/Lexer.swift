import MetricModel

/// Cuts a query into tokens, all at once.
///
///     Lexer.tokens(in: Array("up{job=\"api\"}".utf8))
///
/// Words within braces may not contain colons and signs mean matchers there; within brackets a
/// colon separates range and step. Nesting of braces, brackets and parentheses is checked here,
/// since the meaning of signs depends on it.
struct Lexer {
  let text: [UInt8]
  /// The next byte to read.
  var position = 0
  private var tokens: [Token] = []
  private var openParentheses = 0
  private var openBrace: Int?
  private var openBracket: Int?

  /// A token that can't be; ends the list of tokens.
  struct Failure: Error {
    var message: String
    var range: SourceRange
  }

  private init(_ text: [UInt8]) {
    self.text = text
  }

  /// The tokens of `text`; the last is `.end`, or `.invalid` where the text stops making sense.
  static func tokens(in text: [UInt8]) -> [Token] {
    var lexer = Lexer(text)
    do throws(Failure) {
      while true {
        lexer.skipBlanks()
        let start = lexer.position
        let kind = try lexer.next()
        lexer.tokens.append(Token(kind: kind, range: SourceRange(start, lexer.position)))
        if kind == .end { return lexer.tokens }
      }
    } catch {
      return lexer.tokens + [Token(kind: .invalid(error.message), range: error.range)]
    }
  }

  /// The byte at `offset` from the next; nil past the end.
  func peek(_ offset: Int = 0) -> UInt8? {
    let index = position + offset
    return index < text.count ? text[index] : nil
  }

  /// Takes the next byte if it is `character`.
  mutating func take(_ character: UInt8) -> Bool {
    guard peek() == character else { return false }
    position += 1
    return true
  }

  /// Takes bytes while they satisfy `condition`.
  mutating func skip(while condition: (UInt8) -> Bool) {
    while position < text.count && condition(text[position]) { position += 1 }
  }

  func spelling(from start: Int) -> String {
    String(decoding: text[start..<position], as: UTF8.self)
  }

  func failure(_ message: String, from start: Int) -> Failure {
    Failure(message: message, range: SourceRange(start, max(position, start)))
  }

  private mutating func skipBlanks() {
    while let byte = peek() {
      if byte == UInt8(ascii: "#") {
        skip { $0 != UInt8(ascii: "\n") }
      } else if byte == 0x20 || (0x09...0x0d).contains(byte) {
        position += 1
      } else {
        return
      }
    }
  }

  private mutating func next() throws(Failure) -> Token.Kind {
    let start = position
    guard let byte = peek() else { return try end() }
    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "`") {
      return .string(try stringLiteral())
    }
    if openBrace != nil { return try nextInsideBraces() }
    if Self.isDigit(byte) || (byte == UInt8(ascii: ".") && peek(1).map(Self.isDigit) == true) {
      return try numberOrDuration()
    }
    let mayHoldColons = openBracket == nil
    if Self.isLetter(byte) || (byte == UInt8(ascii: ":") && mayHoldColons) {
      return word(withColons: mayHoldColons)
    }
    position += 1
    return try bracketOrSign(byte, start)
  }

  private mutating func end() throws(Failure) -> Token.Kind {
    if openBrace != nil { throw failure("unexpected end of input inside braces", from: position) }
    if openBracket != nil { throw failure("unclosed left bracket", from: position) }
    if openParentheses > 0 { throw failure("unclosed left parenthesis", from: position) }
    return .end
  }

  /// A name, a keyword, or the numbers `Inf` and `NaN`.
  private mutating func word(withColons: Bool) -> Token.Kind {
    let start = position
    skip { Self.isWordByte($0) || (withColons && $0 == UInt8(ascii: ":")) }
    let word = spelling(from: start)
    switch word.lowercased() {
    case "inf": return .number(.infinity)
    case "nan": return .number(.nan)
    default: return .word(word)
    }
  }

  private mutating func nextInsideBraces() throws(Failure) -> Token.Kind {
    let start = position
    guard let byte = peek() else { return try end() }
    if Self.isLetter(byte) {
      skip(while: Self.isWordByte)
      return .word(spelling(from: start))
    }
    position += 1
    switch byte {
    case UInt8(ascii: ","): return .comma
    case UInt8(ascii: "}"):
      openBrace = nil
      return .rightBrace
    case UInt8(ascii: "{"): throw failure("unexpected left brace '{'", from: start)
    case UInt8(ascii: "="): return .matching(take(UInt8(ascii: "~")) ? .matchesRegex : .equal)
    case UInt8(ascii: "!"):
      if take(UInt8(ascii: "~")) { return .matching(.notMatchesRegex) }
      if take(UInt8(ascii: "=")) { return .matching(.notEqual) }
      throw failure("unexpected character after '!' inside braces: \(nextCharacter)", from: start)
    default:
      position = start
      throw failure("unexpected character inside braces: \(nextCharacter)", from: start)
    }
  }

  private mutating func bracketOrSign(_ byte: UInt8, _ start: Int) throws(Failure) -> Token.Kind {
    switch byte {
    case UInt8(ascii: "("):
      openParentheses += 1
      return .leftParenthesis
    case UInt8(ascii: ")"):
      guard openParentheses > 0 else {
        throw failure("unexpected right parenthesis ')'", from: start)
      }
      openParentheses -= 1
      return .rightParenthesis
    case UInt8(ascii: "{"):
      openBrace = start
      return .leftBrace
    case UInt8(ascii: "}"): throw failure("unexpected right brace '}'", from: start)
    case UInt8(ascii: "["):
      guard openBracket == nil else { throw failure("unexpected left bracket '['", from: start) }
      openBracket = start
      return .leftBracket
    case UInt8(ascii: "]"):
      guard openBracket != nil else { throw failure("unexpected right bracket ']'", from: start) }
      openBracket = nil
      return .rightBracket
    case UInt8(ascii: ","): return .comma
    case UInt8(ascii: ":"): return .colon
    case UInt8(ascii: "@"): return .at
    default: return try sign(byte, start)
    }
  }

  private mutating func sign(_ byte: UInt8, _ start: Int) throws(Failure) -> Token.Kind {
    let isEqual = UInt8(ascii: "=")
    switch byte {
    case UInt8(ascii: "+"): return .sign(.add)
    case UInt8(ascii: "-"): return .sign(.subtract)
    case UInt8(ascii: "*"): return .sign(.multiply)
    case UInt8(ascii: "/"): return .sign(.divide)
    case UInt8(ascii: "%"): return .sign(.modulo)
    case UInt8(ascii: "^"): return .sign(.power)
    case UInt8(ascii: "<"):
      if take(UInt8(ascii: "/")) { return .sign(.trimUpper) }
      return .sign(take(isEqual) ? .lessOrEqual : .less)
    case UInt8(ascii: ">"):
      if take(UInt8(ascii: "/")) { return .sign(.trimLower) }
      return .sign(take(isEqual) ? .greaterOrEqual : .greater)
    case isEqual:
      if take(isEqual) { return .sign(.equal) }
      guard peek() != UInt8(ascii: "~") else {
        throw failure("unexpected character after '=': '~'", from: start)
      }
      return .assign
    case UInt8(ascii: "!"):
      guard take(isEqual) else {
        throw failure("unexpected character after '!': \(nextCharacter)", from: start)
      }
      return .sign(.notEqual)
    default:
      position = start
      throw failure("unexpected character: \(nextCharacter)", from: start)
    }
  }

  /// The character that comes next, quoted for an error text.
  private var nextCharacter: String {
    guard position < text.count else { return "end of input" }
    let rest = String(decoding: text[position..<min(position + 4, text.count)], as: UTF8.self)
    guard let scalar = rest.unicodeScalars.first else { return "end of input" }
    return "'\(GoText.quoted(String(scalar)).dropFirst().dropLast())'"
  }

  static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  static func isLetter(_ byte: UInt8) -> Bool {
    (0x61...0x7a).contains(byte | 0x20) || byte == UInt8(ascii: "_")
  }

  static func isWordByte(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) }
}
