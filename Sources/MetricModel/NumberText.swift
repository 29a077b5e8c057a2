/// Floating-point numbers as Go writes and reads them, which is how every Prometheus format spells
/// them.
///
///     NumberText.plain(1e21)        // "1000000000000000000000"
///     NumberText.json(1e21)         // "1e+21"
///     NumberText.parse("0x1F")      // 31
package enum NumberText {
  /// `strconv.FormatFloat(v, 'f', -1, 64)`: shortest digits, never an exponent.
  package static func plain(_ value: Double) -> String {
    String(decoding: plainBytes(value), as: UTF8.self)
  }

  /// The spelling in query results: plain, but with an exponent below 1e-6 and from 1e21.
  package static func json(_ value: Double) -> String {
    var bytes: [UInt8] = []
    appendJSON(value, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// As `json(_:)`, without quotes, onto `output`.
  package static func appendJSON(_ value: Double, to output: inout [UInt8]) {
    let magnitude = value.magnitude
    if magnitude != 0 && magnitude.isFinite && (magnitude < 1e-6 || magnitude >= 1e21) {
      let digits = Digits(shortest: value)
      appendExponent(digits, minimumExponentDigits: 2, to: &output)
    } else {
      appendPlain(value, to: &output)
    }
  }

  /// Go's `%g` and `%v`: shortest digits, with an exponent below 1e-4 and from 1e6 on.
  package static func general(_ value: Double) -> String {
    let magnitude = value.magnitude
    guard magnitude != 0, magnitude.isFinite else { return plain(value) }
    let digits = Digits(shortest: value)
    guard digits.exponent < -4 || digits.exponent >= 6 else { return plain(value) }
    var bytes: [UInt8] = []
    appendExponent(digits, minimumExponentDigits: 2, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// `strconv.FormatFloat(v, 'e', -1, 64)`: shortest digits, always with an exponent.
  package static func exponential(_ value: Double) -> String {
    guard value.isFinite else { return plain(value) }
    if value == 0 { return value.sign == .minus ? "-0e+00" : "0e+00" }
    var bytes: [UInt8] = []
    appendExponent(Digits(shortest: value), minimumExponentDigits: 2, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The spelling of bounds and quantiles in labels since Prometheus 3, `le="1.0"`: as `general`,
  /// but never like a whole number.
  package static func openMetrics(_ value: Double) -> String {
    let text = general(value)
    let isWhole = value.isFinite && !text.utf8.contains { $0 == 0x2e || $0 == 0x65 }
    return isWhole ? text + ".0" : text
  }

  /// As `plain(_:)`, onto `output`.
  package static func appendPlain(_ value: Double, to output: inout [UInt8]) {
    var isDone = false
    output.append(addingCapacity: DecimalDigits.plainSizeMax) { place in
      isDone = DecimalDigits.appendPlain(value, to: &place)
    }
    if isDone { return }
    if let special = special(value) {
      output.append(contentsOf: special.utf8)
    } else {
      appendPositional(Digits(shortest: value), to: &output)
    }
  }

  /// The room that a spelling in query results wants; it takes less.
  package static let jsonSizeMax = DecimalDigits.plainSizeMax

  /// As `json(_:)`, into memory that is there already.
  ///
  /// - Precondition: `place` has room for `jsonSizeMax` bytes.
  package static func appendJSON(_ value: Double, to place: inout OutputSpan<UInt8>) {
    if DecimalDigits.appendPlain(value, to: &place) { return }
    var bytes: [UInt8] = []
    appendJSON(value, to: &bytes)
    for byte in bytes { place.append(byte) }
  }

  /// Decimal digits of an integer, without a detour through `String`.
  package static func appendInteger(_ value: Int64, to output: inout [UInt8]) {
    if value < 0 { output.append(UInt8(ascii: "-")) }
    var rest = value.magnitude
    if rest < 10 {
      output.append(UInt8(truncatingIfNeeded: 0x30 + rest))
      return
    }
    // The last digit comes first; 2^64 has 20.
    var digits = InlineArray<20, UInt8>(repeating: 0)
    var first = 20
    // Two at a time: each division waits for the one before.
    while rest >= 10 {
      let pair = rest % 100
      rest /= 100
      first -= 2
      digits[first] = UInt8(truncatingIfNeeded: 0x30 + pair / 10)
      digits[first + 1] = UInt8(truncatingIfNeeded: 0x30 + pair % 10)
    }
    if rest > 0 {
      first -= 1
      digits[first] = UInt8(truncatingIfNeeded: 0x30 + rest)
    }
    output.append(addingCapacity: 20 - first) { place in
      for index in first..<20 { place.append(digits[index]) }
    }
  }

  private static func plainBytes(_ value: Double) -> [UInt8] {
    var bytes: [UInt8] = []
    appendPlain(value, to: &bytes)
    return bytes
  }

  private static func special(_ value: Double) -> String? {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if value == 0 { return value.sign == .minus ? "-0" : "0" }
    return nil
  }

  /// Go pads the shortest digits with zeros where C++ would print the exact value.
  private static func appendPositional(_ number: Digits, to output: inout [UInt8]) {
    if number.isNegative { output.append(UInt8(ascii: "-")) }
    let zero = UInt8(ascii: "0")
    let point = number.exponent + 1
    if point <= 0 {
      output.append(zero)
      output.append(UInt8(ascii: "."))
      output.append(contentsOf: repeatElement(zero, count: -point))
      number.append(0..<number.count, to: &output)
    } else if point >= number.count {
      number.append(0..<number.count, to: &output)
      output.append(contentsOf: repeatElement(zero, count: point - number.count))
    } else {
      number.append(0..<point, to: &output)
      output.append(UInt8(ascii: "."))
      number.append(point..<number.count, to: &output)
    }
  }

  private static func appendExponent(
    _ number: Digits, minimumExponentDigits: Int, to output: inout [UInt8]
  ) {
    if number.isNegative { output.append(UInt8(ascii: "-")) }
    output.append(number[0])
    if number.count > 1 {
      output.append(UInt8(ascii: "."))
      number.append(1..<number.count, to: &output)
    }
    output.append(UInt8(ascii: "e"))
    output.append(UInt8(ascii: number.exponent < 0 ? "-" : "+"))
    let exponent = String(number.exponent.magnitude)
    output.append(
      contentsOf: repeatElement(
        UInt8(ascii: "0"), count: max(0, minimumExponentDigits - exponent.utf8.count)))
    output.append(contentsOf: exponent.utf8)
  }
}
