import MetricModel

/// Writes chunks of encoding 1, the plain counterpart that the decoder is held against.
struct XORChunkEncoder {
  private var bits: [Bool] = []
  private var header: [UInt8]

  /// Times must ascend.
  static func encode(_ columns: SampleColumns) -> [UInt8] {
    var encoder = XORChunkEncoder(count: columns.count)
    guard !columns.isEmpty else { return encoder.header }
    encoder.header += varint(columns.timestamps[0])
    for shift in stride(from: 56, through: 0, by: -8) {
      encoder.header.append(
        UInt8(truncatingIfNeeded: columns.values[0].bitPattern >> UInt64(shift)))
    }
    var step: Int64 = 0
    for index in columns.timestamps.indices.dropFirst() {
      let next = columns.timestamps[index] - columns.timestamps[index - 1]
      if index == 1 {
        for byte in unsignedVarint(UInt64(next)) { encoder.write(UInt64(byte), 8) }
      } else {
        encoder.writeDifference(next - step)
      }
      step = next
      encoder.writeValue(
        columns.values[index].bitPattern ^ columns.values[index - 1].bitPattern)
    }
    return encoder.header + encoder.packed
  }

  private init(count: Int) {
    header = [UInt8(count >> 8), UInt8(count & 255)]
  }

  private mutating func write(_ value: UInt64, _ count: Int) {
    for bit in stride(from: count - 1, through: 0, by: -1) {
      bits.append(value >> UInt64(bit) & 1 == 1)
    }
  }

  private mutating func writeDifference(_ difference: Int64) {
    if difference == 0 { return write(0, 1) }
    for (prefix, length, width) in [(0b10, 2, 14), (0b110, 3, 17), (0b1110, 4, 20)]
    where difference >= -(1 << Int64(width - 1)) + 1 && difference <= 1 << Int64(width - 1) {
      write(UInt64(prefix), length)
      return write(UInt64(bitPattern: difference), width)
    }
    write(0b1111, 4)
    write(UInt64(bitPattern: difference), 64)
  }

  private var window: (leading: Int, trailing: Int)?

  private mutating func writeValue(_ difference: UInt64) {
    if difference == 0 { return write(0, 1) }
    write(1, 1)
    let leading = min(difference.leadingZeroBitCount, 31)
    let trailing = difference.trailingZeroBitCount
    if let window, window.leading <= leading, window.trailing <= trailing {
      write(0, 1)
      return write(difference >> UInt64(window.trailing), 64 - window.leading - window.trailing)
    }
    window = (leading, trailing)
    let meaningful = 64 - leading - trailing
    write(1, 1)
    write(UInt64(leading), 5)
    write(UInt64(meaningful & 63), 6)
    write(difference >> UInt64(trailing), meaningful)
  }

  private var packed: [UInt8] {
    stride(from: 0, to: bits.count, by: 8).map { start in
      (0..<8).reduce(UInt8(0)) { byte, offset in
        let bit = start + offset
        return byte << 1 | (bit < bits.count && bits[bit] ? 1 : 0)
      }
    }
  }

  static func unsignedVarint(_ value: UInt64) -> [UInt8] {
    var rest = value
    var bytes: [UInt8] = []
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  static func varint(_ value: Int64) -> [UInt8] {
    unsignedVarint(UInt64(bitPattern: value << 1 ^ value >> 63))
  }
}
