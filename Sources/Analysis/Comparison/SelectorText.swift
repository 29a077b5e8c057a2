internal import MetricModel

/// PromQL selectors as text: the little that is needed to narrow one to an arm.
enum SelectorText {
  static func trimmed(_ text: String) -> String {
    let isBlank: (Character) -> Bool = { $0.isWhitespace }
    return String(text.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
  }

  /// Whether the text is a metric name, matchers in braces, or both, and nothing else.
  static func isPlainSelector(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    let name = bytes.prefix { isNameByte($0) }
    if name.count == bytes.count { return !name.isEmpty && !isDigit(name[0]) }
    guard bytes[name.count] == UInt8(ascii: "{") else { return false }
    return closingBrace(in: bytes, from: name.count) == bytes.count - 1
  }

  /// The selector with further matchers: `m{a="b"}` and `c="d"` give `m{a="b",c="d"}`.
  static func narrowed(_ selector: String, to matchers: String) -> String {
    guard selector.hasSuffix("}") else { return "\(selector){\(matchers)}" }
    var inner = selector.dropLast()
    while inner.last?.isWhitespace == true || inner.last == "," { inner.removeLast() }
    return inner.last == "{" ? "\(inner)\(matchers)}" : "\(inner),\(matchers)}"
  }

  /// The place of the brace that closes the one at `start`; braces in quotes don't count.
  private static func closingBrace(in bytes: [UInt8], from start: Int) -> Int? {
    var quote: UInt8?
    var position = start + 1
    while position < bytes.count {
      let byte = bytes[position]
      if let open = quote {
        if byte == UInt8(ascii: "\\"), open != UInt8(ascii: "`") { position += 1 }
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "}") {
        return position
      } else if [0x22, 0x27, 0x60].contains(byte) {
        quote = byte
      }
      position += 1
    }
    return nil
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    (0x61...0x7a).contains(byte | 0x20) || isDigit(byte) || byte == UInt8(ascii: "_")
      || byte == UInt8(ascii: ":")
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
