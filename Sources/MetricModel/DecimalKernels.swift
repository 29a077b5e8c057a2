internal import CDecimal

/// Decimal digits of a finite, non-zero number: `d.ddd × 10^exponent`.
struct Digits {
  var isNegative: Bool
  /// ASCII, without trailing zeros, at least one.
  var digits: [UInt8]
  var exponent: Int

  /// The fewest digits that read back as `value`.
  init(shortest value: Double) {
    let text = unsafe [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
      unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
        guard let start = characters.baseAddress else { return }
        count = Int(unsafe cdecimal_shortest_scientific(value, start))
      }
    }
    self.init(scientific: text)
  }

  /// Reads `-d.ddde±XX`.
  private init(scientific text: [UInt8]) {
    isNegative = text.first == UInt8(ascii: "-")
    let mantissaEnd = text.firstIndex(of: UInt8(ascii: "e")) ?? text.count
    digits = text[..<mantissaEnd].filter { (0x30...0x39).contains($0) }
    var magnitude = 0
    for byte in text[mantissaEnd...] where (0x30...0x39).contains(byte) {
      magnitude = magnitude * 10 + Int(byte) - 0x30
    }
    let isSmall = text[mantissaEnd...].contains(UInt8(ascii: "-"))
    exponent = isSmall ? -magnitude : magnitude
  }
}

enum DecimalDigits {
  /// Correctly rounded; nil when the bytes as a whole aren't a decimal number.
  static func parse(_ text: [UInt8]) -> Double? {
    var value = 0.0
    let isNumber = unsafe text.withUnsafeBufferPointer { bytes in
      unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
        unsafe cdecimal_parse(characters.baseAddress, characters.count, &value)
      }
    }
    return isNumber ? value : nil
  }
}
