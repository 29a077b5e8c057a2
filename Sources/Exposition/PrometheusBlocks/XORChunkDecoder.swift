import MetricModel

/// Samples of one chunk of encoding 1: times as differences of differences, values as XOR with the
/// value before (Pelkonen et al., "Gorilla", VLDB 2015, with Prometheus' own bucket sizes).
struct XORChunkDecoder {
  private var content: BlockBytes

  init(_ content: BlockBytes) {
    self.content = content
  }

  mutating func decode(onto columns: inout SampleColumns) throws(BlockError) {
    let high = try content.byte("the number of samples")
    let count = Int(high) << 8 | Int(try content.byte("the number of samples"))
    guard count > 0 else { return }
    var clock = ChunkClock(time: try content.varint("the first time"))
    var value = XORValue(try content.bigEndian64("the first value"))
    columns.append(Timestamp(milliseconds: clock.time), value.value)
    guard count > 1 else { return }
    clock.step = Int64(bitPattern: try content.unsignedVarint("the first difference of times"))
    var bits = ChunkBits(content)
    for number in 1..<count {
      try clock.advance(by: number == 1 ? 0 : try Self.differenceOfSteps(&bits), number, bits)
      try value.read(&bits)
      columns.append(Timestamp(milliseconds: clock.time), value.value)
    }
  }

  /// Up to four ones say how many bits the number has: 0, 14, 17, 20 or 64.
  private static func differenceOfSteps(_ bits: inout ChunkBits) throws(BlockError) -> Int64 {
    let width = [0, 14, 17, 20, 64][try bits.ones(atMost: 4)]
    return width == 0 ? 0 : try bits.signed(width)
  }
}

/// The time of the sample being read, with the step to it from the one before.
struct ChunkClock {
  private(set) var time: Int64
  var step: Int64 = 0

  init(time: Int64) { self.time = time }

  /// Goes on by the last step and what it has grown by; `number` counts samples from 0.
  mutating func advance(by growth: Int64, _ number: Int, _ bits: ChunkBits) throws(BlockError) {
    step = step &+ growth
    let (next, overflow) = time.addingReportingOverflow(step)
    guard !overflow, next > time else {
      throw bits.corrupt("sample \(number + 1) of a chunk is not later than the one before")
    }
    time = next
  }
}
