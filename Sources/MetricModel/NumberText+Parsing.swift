extension NumberText {
  /// A PromQL or exposition number: decimal or hexadecimal, `_` between digits, `010` octal as Go's
  /// `ParseInt` with base 0 reads it, `Inf` and `NaN` in any case, an optional sign.
  ///
  /// Nil for anything else.
  package static func parse(_ text: some StringProtocol) -> Double? {
    var bytes = Array(text.utf8)
    var sign = 1.0
    if let first = bytes.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
      if first == UInt8(ascii: "-") { sign = -1 }
      bytes.removeFirst()
    }
    let lowered = String(decoding: bytes.map { $0 | 0x20 }, as: UTF8.self)
    if lowered == "inf" || lowered == "infinity" { return sign * .infinity }
    if lowered == "nan" { return .nan }
    guard let first = bytes.first, isDigit(first) || first == UInt8(ascii: ".") else { return nil }
    guard let digits = removingUnderscores(bytes) else { return nil }
    if let integer = integer(digits) { return sign * integer }
    return parseDecimal(digits).map { sign * $0 }
  }

  /// A plain decimal number as in exposition formats; nil when it isn't one.
  package static func parseDecimal(_ bytes: some Collection<UInt8>) -> Double? {
    let isPlain = bytes.allSatisfy { byte in
      isDigit(byte) || byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e")
        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
    }
    return isPlain ? DecimalDigits.parse(Array(bytes)) : nil
  }

  /// `0x`, `0X` and leading-zero octal; nil for what is not an integer of these kinds.
  private static func integer(_ digits: [UInt8]) -> Double? {
    guard digits.first == UInt8(ascii: "0"), digits.count > 1 else { return nil }
    let isHexadecimal = digits[1] | 0x20 == UInt8(ascii: "x")
    let text = String(decoding: digits.dropFirst(isHexadecimal ? 2 : 1), as: UTF8.self)
    guard text.utf8.first.map({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }) == true else {
      return nil
    }
    return Int64(text, radix: isHexadecimal ? 16 : 8).map(Double.init)
  }

  /// Underscores may stand between digits, or between a prefix `0x` and a digit; nil otherwise.
  private static func removingUnderscores(_ bytes: [UInt8]) -> [UInt8]? {
    let underscore = UInt8(ascii: "_")
    guard bytes.contains(underscore) else { return bytes }
    for (index, byte) in bytes.enumerated() where byte == underscore {
      guard index > 0, index + 1 < bytes.count, isAlphanumeric(bytes[index - 1]),
        isAlphanumeric(bytes[index + 1])
      else { return nil }
    }
    return bytes.filter { $0 != underscore }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x61...0x7a).contains(byte | 0x20)
  }
}
