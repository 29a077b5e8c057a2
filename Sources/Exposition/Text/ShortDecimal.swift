/// A decimal number of 15 digits at most, such as samples mostly are: `-12.5`, `1700000000.123`.
///
/// Its digits fit a `Double` exactly, and so do powers of ten up to 10^22, so one division rounds
/// correctly (Clinger, "How to read floating point numbers accurately", PLDI 1990).
struct ShortDecimal {
  private var digits: Int64
  private var decimals: Int

  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
  ]

  /// Nil for longer numbers and other spellings, which a general reader has to judge.
  init?(_ text: ArraySlice<UInt8>) {
    var rest = text
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative { rest = rest.dropFirst() }
    guard !rest.isEmpty, rest.count <= 16 else { return nil }
    var magnitude: Int64 = 0
    var count = 0
    var point: Int?
    for byte in rest {
      if Ascii.isDigit(byte) {
        magnitude = magnitude &* 10 &+ Int64(byte &- 0x30)
        count &+= 1
      } else if byte == UInt8(ascii: "."), point == nil, count > 0 {
        point = count
      } else {
        return nil
      }
    }
    guard count <= 15, point != count, !(isNegative && magnitude == 0) else { return nil }
    digits = isNegative ? -magnitude : magnitude
    decimals = count - (point ?? count)
  }

  var value: Double { Double(digits) / Self.powers[decimals] }

  /// The number times 1000 when that is whole.
  var thousandths: Int64? {
    switch decimals {
    case 0: digits &* 1000
    case 1: digits &* 100
    case 2: digits &* 10
    case 3: digits
    default: nil
    }
  }
}
