import MetricModel

/// Samples of one chunk of encoding 4: as encoding 1, but with one prefix for time and value of a
/// sample, staleness markers that don't disturb the values around them, and start times.
///
/// The layout is that of Prometheus' `tsdb/docs/format/chunks.md`, "XOR2 chunk data".
struct XOR2ChunkDecoder {
  private var content: BlockBytes
  /// The last value that isn't a staleness marker.
  private var value = XORValue()
  private var isStale = false

  init(_ content: BlockBytes) {
    self.content = content
  }

  mutating func decode(onto columns: inout SampleColumns) throws(BlockError) {
    let high = try content.byte("the number of samples")
    let count = Int(high) << 8 | Int(try content.byte("the number of samples"))
    guard count > 0 else { return }
    var starts = ChunkStartTimes(header: try content.byte("the start time header"))
    var bits = ChunkBits(content)
    var clock = ChunkClock(time: try bits.varint())
    let first = try bits.bits(64)
    isStale = first == StaleMarker.bitPattern
    if !isStale { value = XORValue(first) }
    try starts.read(0, at: clock.time, after: 0, &bits)
    append(clock, starts, to: &columns)
    for number in 1..<count {
      let previous = clock.time
      if number == 1 {
        clock.step = Int64(bitPattern: try bits.unsignedVarint())
        try clock.advance(by: 0, number, bits)
        try readValue(&bits)
      } else {
        try readJoint(&clock, number, &bits)
      }
      try starts.read(number, at: clock.time, after: previous, &bits)
      append(clock, starts, to: &columns)
    }
  }

  private func append(
    _ clock: ChunkClock, _ starts: ChunkStartTimes, to columns: inout SampleColumns
  ) {
    columns.append(
      Timestamp(milliseconds: clock.time), isStale ? StaleMarker.value : value.value,
      startTime: starts.start)
  }

  /// Up to five ones tell what follows: nothing, a value, a change of the step in 13, 20 or 64 bits
  /// and a value, or that the sample is a staleness marker.
  private mutating func readJoint(
    _ clock: inout ChunkClock, _ number: Int, _ bits: inout ChunkBits
  ) throws(BlockError) {
    let ones = try bits.ones(atMost: 5)
    isStale = ones == 5
    guard (2...4).contains(ones) else {
      try clock.advance(by: 0, number, bits)
      if ones == 1 {
        if try bits.bits(1) == 1 { try value.readWindow(&bits) }
        try value.readDifference(&bits)
      }
      return
    }
    let width = [13, 20, 64][ones - 2]
    var growth = Int64(bitPattern: try bits.bits(width))
    // The upper half is negative.
    if width < 64 && growth >= 1 << Int64(width - 1) { growth -= 1 << Int64(width) }
    try clock.advance(by: growth, number, bits)
    try readValue(&bits)
  }

  /// Up to three ones: unchanged, in the window of the value before, in a new one, a marker.
  private mutating func readValue(_ bits: inout ChunkBits) throws(BlockError) {
    let ones = try bits.ones(atMost: 3)
    isStale = ones == 3
    if ones == 2 { try value.readWindow(&bits) }
    if ones == 1 || ones == 2 { try value.readDifference(&bits) }
  }
}
