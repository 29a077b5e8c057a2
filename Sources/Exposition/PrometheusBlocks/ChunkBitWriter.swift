/// Writes the bits of a chunk, the highest of each byte first.
struct ChunkBitWriter {
  private(set) var bytes: [UInt8] = []
  /// Bits not yet in a byte, in the low end.
  private var pending: UInt64 = 0
  private var pendingCount = 0

  /// The low `count` bits of a number, 0 to 64.
  mutating func bits(_ value: UInt64, _ count: Int) {
    if count > 32 {
      bits(value >> 32, count - 32)
      bits(value & 0xffff_ffff, 32)
      return
    }
    let mask = (UInt64(1) << UInt64(count)) - 1
    pending = pending << UInt64(count) | (value & mask)
    pendingCount += count
    while pendingCount >= 8 {
      pendingCount -= 8
      bytes.append(UInt8(truncatingIfNeeded: pending >> UInt64(pendingCount)))
    }
  }

  mutating func byte(_ value: UInt8) { bits(UInt64(value), 8) }

  /// Go's `binary.PutUvarint`.
  mutating func unsignedVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      byte(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    byte(UInt8(truncatingIfNeeded: rest))
  }

  mutating func varint(_ value: Int64) { unsignedVarint(value.zigZagEncoded) }

  /// A number that fits `width` bits, of whose values the upper half is negative without its first,
  /// after as many ones as narrower widths there are and a zero.
  mutating func signed(_ value: Int64, widths: [Int]) {
    if value == 0 { return bits(0, 1) }
    for (ones, width) in widths.enumerated() {
      let isLast = ones == widths.count - 1
      if !isLast {
        let half = Int64(1) << Int64(width - 1)
        guard value > -half, value <= half else { continue }
      }
      prefix(ones: ones + 1, isLast: isLast)
      return bits(UInt64(bitPattern: value), width)
    }
  }

  private mutating func prefix(ones: Int, isLast: Bool) {
    let all = (UInt64(1) << UInt64(ones)) - 1
    if isLast { bits(all, ones) } else { bits(all << 1, ones + 1) }
  }

  private static let varbitWidths = [3, 6, 9, 12, 18, 25, 56, 64]

  /// `<varbit_int>` of the chunk format.
  mutating func varbit(_ value: Int64) { signed(value, widths: Self.varbitWidths) }

  /// `<varbit_uint>` of the chunk format.
  mutating func unsignedVarbit(_ value: UInt64) {
    if value == 0 { return bits(0, 1) }
    for (ones, width) in Self.varbitWidths.enumerated()
    where width == 64 || value >> UInt64(width) == 0 {
      prefix(ones: ones + 1, isLast: width == 64)
      return bits(value, width)
    }
  }

  /// The chunk, filled up with zeros to a whole byte.
  var finished: [UInt8] {
    var writer = self
    if writer.pendingCount > 0 { writer.bits(0, 8 - writer.pendingCount) }
    return writer.bytes
  }
}

/// Writes floating-point numbers as XOR with the number before.
struct XORValueWriter {
  private var last: UInt64
  private var window: (leading: Int, meaningful: Int)?

  /// - Parameter first: the number that is written in full.
  init(_ first: Double) { last = first.bitPattern }

  mutating func write(_ value: Double, to writer: inout ChunkBitWriter) {
    let difference = value.bitPattern ^ last
    last = value.bitPattern
    if difference == 0 { return writer.bits(0, 1) }
    let leading = min(difference.leadingZeroBitCount, 31)
    let trailing = difference.trailingZeroBitCount
    if let window, leading >= window.leading,
      64 - leading - trailing <= window.meaningful - (leading - window.leading)
    {
      writer.bits(0b10, 2)
      let shift = 64 - window.leading - window.meaningful
      return writer.bits(difference >> UInt64(shift), window.meaningful)
    }
    let meaningful = 64 - leading - trailing
    window = (leading, meaningful)
    writer.bits(0b11, 2)
    writer.bits(UInt64(leading), 5)
    // 64 doesn't fit in six bits; 0 stands for it.
    writer.bits(UInt64(meaningful & 63), 6)
    writer.bits(difference >> UInt64(trailing), meaningful)
  }
}
