import MetricModel

/// The bits of a chunk, the highest of each byte first.
struct ChunkBits {
  private(set) var content: BlockBytes
  /// Bits taken from the bytes but not used yet, in the low end.
  private var pending: UInt64 = 0
  private var pendingCount = 0

  init(_ content: BlockBytes) { self.content = content }

  /// The next `count` bits, 0 to 64, the first as the highest.
  mutating func bits(_ count: Int) throws(BlockError) -> UInt64 {
    if count > 32 {
      let high = try bits(count - 32)
      return high << 32 | (try bits(32))
    }
    while pendingCount < count {
      pending = pending << 8 | UInt64(try content.byte("part of a sample"))
      pendingCount += 8
    }
    pendingCount -= count
    let mask = (UInt64(1) << UInt64(count)) - 1
    return pending >> UInt64(pendingCount) & mask
  }

  /// How many ones come before a zero, at most `most`; the zero is taken too.
  mutating func ones(atMost most: Int) throws(BlockError) -> Int {
    var ones = 0
    while ones < most, try bits(1) == 1 { ones += 1 }
    return ones
  }

  /// A byte, wherever it begins.
  mutating func byte() throws(BlockError) -> UInt8 { UInt8(truncatingIfNeeded: try bits(8)) }

  /// Go's `binary.Uvarint`, wherever it begins.
  mutating func unsignedVarint() throws(BlockError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      let next = try byte()
      value |= UInt64(next & 0x7f) << shift
      if next < 0x80 { return value }
    }
    throw content.corrupt("a number exceeds 64 bits")
  }

  /// Go's `binary.Varint`, wherever it begins.
  mutating func varint() throws(BlockError) -> Int64 { try unsignedVarint().zigZagDecoded }

  /// A signed number in `width` bits, of whose values the upper half is negative without its first.
  mutating func signed(_ width: Int) throws(BlockError) -> Int64 {
    let raw = Int64(bitPattern: try bits(width))
    if width == 64 { return raw }
    return raw > 1 << Int64(width - 1) ? raw - 1 << Int64(width) : raw
  }

  /// The widths of `<varbit_int>`, by the number of ones before it.
  private static let widths = [0, 3, 6, 9, 12, 18, 25, 56, 64]

  /// `<varbit_int>` of the chunk format.
  mutating func varbit() throws(BlockError) -> Int64 {
    let width = Self.widths[try ones(atMost: 8)]
    return width == 0 ? 0 : try signed(width)
  }

  /// `<varbit_uint>` of the chunk format.
  mutating func unsignedVarbit() throws(BlockError) -> UInt64 {
    let width = Self.widths[try ones(atMost: 8)]
    return width == 0 ? 0 : try bits(width)
  }

  func corrupt(_ reason: String) -> BlockError { content.corrupt(reason) }
}

/// Floating-point numbers as XOR with the number before, of which only a window of bits is written.
struct XORValue {
  /// The bits of the last number.
  var bits: UInt64 = 0
  private var leading = 0
  private var meaningful = 64

  init() {}

  init(_ bits: UInt64) { self.bits = bits }

  var value: Double { Double(bitPattern: bits) }

  /// `<varbit_xor>`.
  mutating func read(_ chunk: inout ChunkBits) throws(BlockError) {
    if try chunk.bits(1) == 0 { return }
    if try chunk.bits(1) == 1 { try readWindow(&chunk) }
    try readDifference(&chunk)
  }

  mutating func readWindow(_ chunk: inout ChunkBits) throws(BlockError) {
    leading = Int(try chunk.bits(5))
    meaningful = Int(try chunk.bits(6))
    // 64 doesn't fit in six bits, and 0 can't occur, so 0 stands for it.
    if meaningful == 0 { meaningful = 64 }
    guard leading + meaningful <= 64 else {
      throw chunk.corrupt("a value has \(leading) leading and \(meaningful) meaningful bits")
    }
  }

  mutating func readDifference(_ chunk: inout ChunkBits) throws(BlockError) {
    bits ^= try chunk.bits(meaningful) << UInt64(64 - leading - meaningful)
  }
}

/// Start times of the samples of a chunk, which some encodings write behind each sample.
struct ChunkStartTimes {
  private let isFirstKnown: Bool
  /// The number of the first sample whose start differs from that of the first; 0 for none.
  private let firstChange: Int
  private var difference: Int64 = 0
  private(set) var start: Int64 = 0

  init(header: UInt8) {
    isFirstKnown = header & 0x80 != 0
    firstChange = Int(header & 0x7f)
  }

  /// Reads the start of sample `number`, counted from 0.
  ///
  /// - Parameters:
  ///   - time: of this sample.
  ///   - previous: the time of the sample before.
  mutating func read(
    _ number: Int, at time: Int64, after previous: Int64, _ chunk: inout ChunkBits
  ) throws(BlockError) {
    if number == 0 {
      if isFirstKnown { start = time &- (try chunk.varint()) }
      return
    }
    guard firstChange > 0, number >= firstChange else { return }
    let read = try chunk.varbit()
    difference = number == firstChange ? read : difference &+ read
    start = previous &- difference
  }
}
