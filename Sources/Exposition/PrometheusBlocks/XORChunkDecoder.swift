import MetricModel

/// Samples of one chunk of encoding 1: times as differences of differences, values as XOR with the
/// value before (Pelkonen et al., "Gorilla", VLDB 2015, with Prometheus' own bucket sizes).
struct XORChunkDecoder {
  private var content: BlockBytes
  /// Bits taken from the bytes but not used yet, in the low end.
  private var pending: UInt64 = 0
  private var pendingCount = 0
  /// The window of meaningful bits that the last value opened.
  private var leading = 0
  private var meaningful = 0

  init(_ content: BlockBytes) {
    self.content = content
  }

  mutating func decode(onto columns: inout SampleColumns) throws(BlockError) {
    let high = try content.byte("the number of samples")
    let count = Int(high) << 8 | Int(try content.byte("the number of samples"))
    guard count > 0 else { return }
    var time = try content.varint("the first time")
    var value = try content.bigEndian64("the first value")
    append(time, value, to: &columns)
    guard count > 1 else { return }
    var step = Int64(bitPattern: try content.unsignedVarint("the first difference of times"))
    for index in 1..<count {
      if index > 1 { step = step &+ (try differenceOfSteps()) }
      let (next, overflow) = time.addingReportingOverflow(step)
      guard !overflow, next > time else {
        throw content.corrupt("sample \(index + 1) of a chunk is not later than the one before")
      }
      time = next
      value = try nextValue(after: value)
      append(time, value, to: &columns)
    }
  }

  private func append(_ time: Int64, _ value: UInt64, to columns: inout SampleColumns) {
    columns.append(Timestamp(milliseconds: time), Double(bitPattern: value))
  }

  /// Up to four one-bits say how many bits the number has: 0, 14, 17, 20 or 64.
  private mutating func differenceOfSteps() throws(BlockError) -> Int64 {
    var ones = 0
    while ones < 4, try bits(1) == 1 { ones += 1 }
    let width: Int
    switch ones {
    case 0: return 0
    case 1: width = 14
    case 2: width = 17
    case 3: width = 20
    default: return Int64(bitPattern: try bits(64))
    }
    let raw = Int64(bitPattern: try bits(width))
    // The upper half is negative, but 2^(width - 1) itself is not.
    return raw > 1 << Int64(width - 1) ? raw - 1 << Int64(width) : raw
  }

  private mutating func nextValue(after previous: UInt64) throws(BlockError) -> UInt64 {
    if try bits(1) == 0 { return previous }
    if try bits(1) == 1 {
      leading = Int(try bits(5))
      meaningful = Int(try bits(6))
      // 64 doesn't fit in six bits, and 0 can't occur, so 0 stands for it.
      if meaningful == 0 { meaningful = 64 }
    }
    guard leading + meaningful <= 64 else {
      throw content.corrupt("a value has \(leading) leading and \(meaningful) meaningful bits")
    }
    let difference = try bits(meaningful)
    return previous ^ (difference << UInt64(64 - leading - meaningful))
  }

  /// The next `count` bits, 0 to 64, the first as the highest.
  private mutating func bits(_ count: Int) throws(BlockError) -> UInt64 {
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
}
