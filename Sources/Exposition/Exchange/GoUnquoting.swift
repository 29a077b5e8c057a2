/// Reads what Go's `strconv.Quote` writes.
enum GoUnquoting {
  /// The text of a quoted stretch that begins at `position`, which moves behind it; nil when it
  /// isn't one, or not UTF-8.
  static func text(_ bytes: [UInt8], at position: inout Int) -> String? {
    guard position < bytes.count, bytes[position] == Ascii.quote else { return nil }
    position += 1
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == Ascii.quote { return String(validating: text, as: UTF8.self) }
      guard byte == Ascii.backslash else {
        text.append(byte)
        continue
      }
      guard let escaped = escape(bytes, at: &position) else { return nil }
      text += escaped
    }
    return nil
  }

  private static let letters: [UInt8: UInt8] = [
    UInt8(ascii: "n"): 0x0a, UInt8(ascii: "t"): 0x09, UInt8(ascii: "r"): 0x0d,
    UInt8(ascii: "a"): 0x07, UInt8(ascii: "b"): 0x08, UInt8(ascii: "v"): 0x0b,
    UInt8(ascii: "f"): 0x0c, Ascii.backslash: Ascii.backslash, Ascii.quote: Ascii.quote,
  ]

  private static func escape(_ bytes: [UInt8], at position: inout Int) -> [UInt8]? {
    guard position < bytes.count else { return nil }
    let letter = bytes[position]
    position += 1
    if let byte = letters[letter] { return [byte] }
    let digits: Int
    switch letter {
    case UInt8(ascii: "x"): digits = 2
    case UInt8(ascii: "u"): digits = 4
    case UInt8(ascii: "U"): digits = 8
    default: return nil
    }
    guard position + digits <= bytes.count,
      let value = UInt32(
        String(decoding: bytes[position..<position + digits], as: UTF8.self), radix: 16)
    else { return nil }
    position += digits
    // \x is a byte, the others are characters.
    if digits == 2 { return [UInt8(truncatingIfNeeded: value)] }
    return Unicode.Scalar(value).map { Array(String($0).utf8) }
  }
}
