internal import CDecimal

/// Decimal digits of a finite, non-zero number: `d.ddd × 10^exponent`.
struct Digits {
  let isNegative: Bool
  let exponent: Int
  /// At most 17, without trailing zeros, at least one.
  let count: Int
  /// ASCII; beyond `count` of no meaning.
  private var text: InlineArray<32, UInt8>

  /// The fewest digits that read back as `value`.
  init(shortest value: Double) {
    var text = InlineArray<32, UInt8>(repeating: 0)
    var span = text.mutableSpan
    let length = unsafe span.withUnsafeMutableBufferPointer { buffer in
      unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
        unsafe characters.baseAddress.map {
          Int(unsafe cdecimal_shortest_scientific(value, $0))
        } ?? 0
      }
    }
    // `-d.ddde±XX`, from which sign and point are taken out in place.
    var read = text[0] == UInt8(ascii: "-") ? 1 : 0
    isNegative = read == 1
    var digits = 0
    while read < length, text[read] != UInt8(ascii: "e") {
      if text[read] != UInt8(ascii: ".") {
        text[digits] = text[read]
        digits += 1
      }
      read += 1
    }
    let isSmall = read + 1 < length && text[read + 1] == UInt8(ascii: "-")
    var magnitude = 0
    while read < length {
      if (0x30...0x39).contains(text[read]) { magnitude = magnitude * 10 + Int(text[read]) - 0x30 }
      read += 1
    }
    exponent = isSmall ? -magnitude : magnitude
    count = digits
    self.text = text
  }

  subscript(index: Int) -> UInt8 { text[index] }

  /// Appends the digits of a range.
  func append(_ range: Range<Int>, to output: inout [UInt8]) {
    for index in range { output.append(text[index]) }
  }
}

enum DecimalDigits {
  /// The room that `appendPlain` wants.
  static let plainSizeMax = 48

  /// Appends the fewest digits that read back as a value, without an exponent; false, and nothing,
  /// where the value isn't finite, or so small or large that it would be padded with zeros.
  ///
  /// - Precondition: `place` has room for `plainSizeMax` bytes.
  @inline(__always)
  static func appendPlain(_ value: Double, to place: inout OutputSpan<UInt8>) -> Bool {
    precondition(place.freeCapacity >= plainSizeMax, "no room for a number")
    return unsafe place.withUnsafeMutableBufferPointer { buffer, count in
      unsafe buffer.extracting(count...).withMemoryRebound(to: CChar.self) { characters in
        let length = unsafe characters.baseAddress.map { Int(unsafe cdecimal_plain(value, $0)) }
        count += length ?? 0
        return length != 0
      }
    }
  }

  /// `d.ddde±XX` with `precision` digits after the point, of a finite value.
  static func scientific(_ value: Double, precision: Int32) -> String {
    unsafe text(capacity: 32 + Int(precision)) { unsafe cdecimal_scientific(value, precision, $0) }
  }

  /// `ddd.ddd` with `precision` digits after the point, of a finite value.
  static func fixed(_ value: Double, precision: Int32) -> String {
    unsafe text(capacity: 350 + Int(precision)) { unsafe cdecimal_fixed(value, precision, $0) }
  }

  private static func text(
    capacity: Int, _ write: (UnsafeMutablePointer<CChar>) -> Int32
  ) -> String {
    var characters = [CChar](repeating: 0, count: capacity)
    let length = unsafe characters.withUnsafeMutableBufferPointer { buffer in
      unsafe buffer.baseAddress.map { Int(unsafe write($0)) } ?? 0
    }
    return String(
      decoding: characters.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

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
