import MetricModel

/// A place in an exposition text, with the reading steps that both text formats share.
struct TextCursor {
  let bytes: [UInt8]
  private(set) var position = 0
  private var line = 1
  private var lineStart = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  var isAtEnd: Bool { position >= bytes.count }

  /// The byte at the cursor, nil at the end.
  var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  var isAtLineEnd: Bool { current == nil || current == Ascii.newline }

  /// Whether nothing but spaces and tabs is left on the line.
  var isAtBlankRest: Bool {
    var ahead = self
    ahead.skipSpaces()
    return ahead.isAtLineEnd
  }

  mutating func advance() {
    guard position < bytes.count else { return }
    if bytes[position] == Ascii.newline {
      line += 1
      lineStart = position + 1
    }
    position += 1
  }

  /// Steps over `byte` when it stands here.
  mutating func take(_ byte: UInt8) -> Bool {
    guard current == byte else { return false }
    advance()
    return true
  }

  /// Spaces and tabs.
  mutating func skipSpaces() {
    while let byte = current, byte == Ascii.space || byte == Ascii.tab { position += 1 }
  }

  mutating func skipLine() {
    while !isAtLineEnd { position += 1 }
    advance()
  }

  /// A stretch of bytes for which `belongs` holds; may be empty.
  mutating func run(while belongs: (UInt8) -> Bool) -> ArraySlice<UInt8> {
    let start = position
    while position < bytes.count, bytes[position] != Ascii.newline, belongs(bytes[position]) {
      position += 1
    }
    return bytes[start..<position]
  }

  /// Steps over a name and its braces without judging them; quotes hide braces, backslashes hide
  /// quotes.
  mutating func skipSeriesText() {
    position = Self.endOfSeriesText(bytes.span, from: position)
  }

  private static func endOfSeriesText(_ text: Span<UInt8>, from start: Int) -> Int {
    var end = start
    while end < text.count, text[end] > Ascii.space, text[end] != Ascii.openBrace { end += 1 }
    guard end < text.count, text[end] == Ascii.openBrace else { return end }
    var isQuoted = false
    while end < text.count, text[end] != Ascii.newline {
      let byte = text[end]
      end += 1
      if isQuoted && byte == Ascii.backslash && end < text.count && text[end] != Ascii.newline {
        end += 1
      }
      if byte == Ascii.quote { isQuoted.toggle() }
      if byte == Ascii.closeBrace && !isQuoted { return end }
    }
    return end
  }

  /// Up to the next blank or the end of the line; may be empty.
  mutating func word() -> ArraySlice<UInt8> {
    run { $0 != Ascii.space && $0 != Ascii.tab }
  }

  /// `[a-zA-Z_]…`, with `:` where metrics are named; empty when none stands here.
  mutating func bareName(allowingColon: Bool) -> ArraySlice<UInt8> {
    guard let first = current, !Ascii.isDigit(first) else { return [] }
    return run { byte in
      Ascii.isLetter(byte) || Ascii.isDigit(byte) || byte == Ascii.underscore
        || (allowingColon && byte == Ascii.colon)
    }
  }

  /// A quoted text with the escapes `\\`, `\"` and `\n`, which must be valid UTF-8.
  mutating func quotedText(as role: String) throws(TextFormatError) -> String {
    let start = self
    guard take(Ascii.quote) else { throw unexpected(in: role, expected: "\"\\\"\"") }
    var text: [UInt8] = []
    while true {
      let plain = run { $0 != Ascii.quote && $0 != Ascii.backslash }
      text.append(contentsOf: plain)
      guard let byte = current, byte != Ascii.newline else {
        throw start.failure("\(role) is not closed, expected a second \"\\\"\" on the same line")
      }
      advance()
      if byte == Ascii.quote { break }
      switch current {
      case Ascii.backslash: text.append(Ascii.backslash)
      case Ascii.quote: text.append(Ascii.quote)
      case UInt8(ascii: "n"): text.append(Ascii.newline)
      // Prometheus keeps a backslash in front of anything else, and so do we.
      case .some(let other) where other != Ascii.newline: text += [Ascii.backslash, other]
      default: continue
      }
      advance()
    }
    guard let valid = String(validating: text, as: UTF8.self) else {
      throw start.failure("\(role) is not valid UTF-8")
    }
    return valid
  }

  /// An error at the cursor.
  func failure(_ message: String) -> TextFormatError {
    TextFormatError(line: line, column: position - lineStart + 1, message: message)
  }

  /// `unexpected "x" in a label set, expected "="`.
  func unexpected(in role: String, expected: String) -> TextFormatError {
    failure("unexpected \(found) in \(role), expected \(expected)")
  }

  /// The character at the cursor, for messages.
  var found: String {
    guard let byte = current else { return "end of input" }
    if byte == Ascii.newline { return "end of line" }
    let character = String(decoding: bytes[position...].prefix(4), as: UTF8.self).first
    return GoText.quoted(character.map(String.init) ?? "")
  }
}
