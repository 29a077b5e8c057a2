internal import MetricModel

/// A word inside `{{ }}`.
struct TemplateToken: Equatable {
  enum Kind: Equatable {
    case identifier(String)
    /// `.name`.
    case field(String)
    case dot
    /// `$` or `$name`.
    case variable(String)
    case value(TemplateValue)
    case pipe
    case open
    case close
    case comma
    /// `:=` or `=`.
    case assignment(declares: Bool)
    case end
  }

  var kind: Kind
  /// Whether a blank stands before it: `.a .b` are two operands, `.a.b` is one.
  var followsBlank: Bool
  /// Byte range in the template.
  var range: Range<Int>
}

/// The alternation of text and actions that a template is.
enum TemplatePart {
  case text(String)
  /// `range` is that of the whole action with its braces.
  case action([TemplateToken], range: Range<Int>)
}

/// Cuts a template into text and actions, and actions into words.
struct TemplateLexer {
  let name: String
  let bytes: [UInt8]
  private var position = 0

  init(name: String, text: String) {
    self.name = name
    bytes = Array(text.utf8)
  }

  /// The line of an offset, from 1, and the bytes before it in that line.
  func place(_ offset: Int) -> TemplatePlace {
    let before = bytes[..<min(offset, bytes.count)]
    let newline = UInt8(ascii: "\n")
    let start = before.lastIndex(of: newline).map { $0 + 1 } ?? 0
    return TemplatePlace(line: before.count { $0 == newline } + 1, column: offset - start)
  }

  private func failure(_ message: String, at offset: Int) -> TemplateError {
    .syntax(message, name: name, line: place(offset).line)
  }

  mutating func parts() throws(TemplateError) -> [TemplatePart] {
    var parts: [TemplatePart] = []
    var trimsNext = false
    while position < bytes.count {
      let start = position
      while position < bytes.count, !bytes[position...].starts(with: "{{".utf8) { position += 1 }
      var text = bytes[start..<position]
      if trimsNext { text = text.drop(while: Self.isBlank) }
      trimsNext = false
      let opened = position
      guard position < bytes.count else {
        if !text.isEmpty { parts.append(.text(String(decoding: text, as: UTF8.self))) }
        break
      }
      position += 2
      if at(0) == UInt8(ascii: "-"), at(1).map(Self.isBlank) == true {
        while let last = text.last, Self.isBlank(last) { text.removeLast() }
        position += 1
      }
      if !text.isEmpty { parts.append(.text(String(decoding: text, as: UTF8.self))) }
      if try skipComment(from: opened, trimsNext: &trimsNext) { continue }
      let tokens = try tokens(from: opened, trimsNext: &trimsNext)
      parts.append(.action(tokens, range: opened..<position))
    }
    return parts
  }

  private mutating func skipComment(
    from opened: Int, trimsNext: inout Bool
  ) throws(TemplateError) -> Bool {
    var start = position
    while start < bytes.count, Self.isBlank(bytes[start]) { start += 1 }
    guard bytes[start...].starts(with: "/*".utf8) else { return false }
    position = start + 2
    while position < bytes.count, !bytes[position...].starts(with: "*/".utf8) { position += 1 }
    guard position < bytes.count else { throw failure("unclosed comment", at: opened) }
    position += 2
    guard skipClose(trimsNext: &trimsNext) else {
      throw failure("comment ends before closing delimiter", at: opened)
    }
    return true
  }

  /// Moves over `}}` or ` -}}`.
  private mutating func skipClose(trimsNext: inout Bool) -> Bool {
    if bytes[position...].starts(with: "}}".utf8) {
      position += 2
      return true
    }
    var end = position
    while end < bytes.count, Self.isBlank(bytes[end]) { end += 1 }
    if end > position, bytes[end...].starts(with: "-}}".utf8) {
      position = end + 3
      trimsNext = true
      return true
    }
    return false
  }

  private mutating func tokens(
    from opened: Int, trimsNext: inout Bool
  ) throws(TemplateError) -> [TemplateToken] {
    var tokens: [TemplateToken] = []
    while true {
      if skipClose(trimsNext: &trimsNext) {
        tokens.append(
          TemplateToken(kind: .end, followsBlank: true, range: position - 2..<position))
        return tokens
      }
      let before = position
      while let byte = at(0), Self.isBlank(byte) { position += 1 }
      if position > before, skipClose(trimsNext: &trimsNext) {
        tokens.append(
          TemplateToken(kind: .end, followsBlank: true, range: position - 2..<position))
        return tokens
      }
      guard position < bytes.count else { throw failure("unclosed action", at: opened) }
      let start = position
      let kind = try word()
      tokens.append(
        TemplateToken(kind: kind, followsBlank: start > before, range: start..<position))
    }
  }

  private func at(_ offset: Int) -> UInt8? {
    position + offset < bytes.count ? bytes[position + offset] : nil
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d
  }

  private static func isNamePart(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || byte >= 0x80 || (0x30...0x39).contains(byte)
      || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
  }

  private mutating func nameText() -> String {
    let start = position
    while let byte = at(0), Self.isNamePart(byte) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func word() throws(TemplateError) -> TemplateToken.Kind {
    let byte = bytes[position]
    switch byte {
    case UInt8(ascii: "|"): return single(.pipe)
    case UInt8(ascii: "("): return single(.open)
    case UInt8(ascii: ")"): return single(.close)
    case UInt8(ascii: ","): return single(.comma)
    case UInt8(ascii: "="): return single(.assignment(declares: false))
    case UInt8(ascii: ":"):
      guard at(1) == UInt8(ascii: "=") else { throw failure("expected :=", at: position) }
      position += 2
      return .assignment(declares: true)
    case UInt8(ascii: "$"):
      position += 1
      return .variable("$" + nameText())
    case UInt8(ascii: "\""), 0x60: return .value(.text(try string(quote: byte)))
    case UInt8(ascii: "'"): return .value(try character())
    case UInt8(ascii: "."):
      if let next = at(1), (0x30...0x39).contains(next) { return .value(try number()) }
      position += 1
      guard let next = at(0), Self.isNamePart(next) else { return .dot }
      return .field(nameText())
    case 0x30...0x39: return .value(try number())
    case UInt8(ascii: "+"), UInt8(ascii: "-"): return .value(try number())
    case _ where Self.isNamePart(byte):
      switch nameText() {
      case "true": return .value(.bool(true))
      case "false": return .value(.bool(false))
      case let name: return .identifier(name)
      }
    default:
      let scalar = String(decoding: bytes[position...].prefix(4), as: UTF8.self).unicodeScalars
      let code = String(scalar.first?.value ?? 0, radix: 16, uppercase: true)
      let digits = String(repeating: "0", count: max(0, 4 - code.utf8.count)) + code
      throw failure(
        "unexpected bad character U+\(digits) '\(scalar.first.map(String.init) ?? "")' in command",
        at: position)
    }
  }

  private mutating func single(_ kind: TemplateToken.Kind) -> TemplateToken.Kind {
    position += 1
    return kind
  }

  private mutating func number() throws(TemplateError) -> TemplateValue {
    let start = position
    position += 1
    while let byte = at(0),
      Self.isNamePart(byte) || byte == UInt8(ascii: ".")
        || ((byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-"))
          && (bytes[position - 1] | 0x20) == UInt8(ascii: "e"))
    {
      position += 1
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if let integer = Int64(text) { return .integer(integer) }
    if text.lowercased().hasPrefix("0x"), let integer = Int64(text.dropFirst(2), radix: 16) {
      return .integer(integer)
    }
    guard let number = NumberText.parseDecimal(text.utf8) else {
      throw failure("bad number syntax: \(GoText.quoted(text))", at: start)
    }
    return .number(number)
  }

  private mutating func string(quote: UInt8) throws(TemplateError) -> String {
    let start = position
    position += 1
    var content: [UInt8] = []
    while let byte = at(0), byte != quote {
      if byte == UInt8(ascii: "\n"), quote != 0x60 { break }
      position += 1
      if byte == UInt8(ascii: "\\"), quote != 0x60 {
        content.append(contentsOf: try escape().utf8)
      } else {
        content.append(byte)
      }
    }
    guard at(0) == quote else {
      throw failure(
        quote == 0x60 ? "unterminated raw quoted string" : "unterminated quoted string",
        at: start)
    }
    position += 1
    return String(decoding: content, as: UTF8.self)
  }

  private mutating func escape() throws(TemplateError) -> String {
    let start = position
    guard let letter = at(0) else { throw failure("unterminated quoted string", at: start) }
    position += 1
    switch letter {
    case UInt8(ascii: "a"): return "\u{07}"
    case UInt8(ascii: "b"): return "\u{08}"
    case UInt8(ascii: "f"): return "\u{0c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "v"): return "\u{0b}"
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "'"): return "'"
    case UInt8(ascii: "x"): return try codePoint(digits: 2)
    case UInt8(ascii: "u"): return try codePoint(digits: 4)
    case UInt8(ascii: "U"): return try codePoint(digits: 8)
    default: throw failure("invalid syntax", at: start)
    }
  }

  private mutating func codePoint(digits: Int) throws(TemplateError) -> String {
    let text = String(decoding: bytes[position...].prefix(digits), as: UTF8.self)
    guard text.utf8.count == digits, let code = UInt32(text, radix: 16),
      let scalar = Unicode.Scalar(code)
    else { throw failure("invalid syntax", at: position) }
    position += digits
    return String(scalar)
  }

  private mutating func character() throws(TemplateError) -> TemplateValue {
    let text = try string(quote: UInt8(ascii: "'"))
    guard let scalar = text.unicodeScalars.first, text.unicodeScalars.count == 1 else {
      throw failure("malformed character constant: '\(text)'", at: position)
    }
    return .integer(Int64(scalar.value))
  }
}
