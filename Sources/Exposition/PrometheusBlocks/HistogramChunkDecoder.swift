import MetricModel

/// Samples of one chunk of native histograms: the layout once, then numbers as differences of
/// differences (encodings 2 and 5) or as XOR with the number before (3 and 6).
///
/// The layout is that of Prometheus' `tsdb/docs/format/chunks.md`, "Histogram chunk data".
struct HistogramChunkDecoder {
  private var content: BlockBytes
  private let isFloat: Bool
  private let hasStartTimes: Bool

  /// - Parameters:
  ///   - isFloat: whether counts are floating-point numbers.
  ///   - hasStartTimes: whether start times stand behind the samples.
  init(_ content: BlockBytes, isFloat: Bool, hasStartTimes: Bool) {
    self.content = content
    self.isFloat = isFloat
    self.hasStartTimes = hasStartTimes
  }

  /// Staleness markers become numbers.
  mutating func decode(onto columns: inout SampleColumns) throws(BlockError) {
    let high = try content.byte("the number of samples")
    let low = try content.byte("the number of samples")
    let flags = try content.byte("the flags of a chunk")
    // With start times their header takes the place of the flags, which move in front of the count.
    let count = Int(hasStartTimes ? high & 0x3f : high) << 8 | Int(low)
    let isGauge = (hasStartTimes ? high : flags) & 0xc0 == 0xc0
    guard count > 0 else { return }
    var starts = ChunkStartTimes(header: hasStartTimes ? flags : 0)
    var bits = ChunkBits(content)
    let layout = try HistogramChunkLayout(&bits)
    let bucketCount = layout.positive.count + layout.negative.count
    var numbers = try HistogramNumbers(bucketCount, isFloat: isFloat, &bits)
    var clock = ChunkClock(time: numbers.firstTime)
    for number in 0..<count {
      let previous = clock.time
      if number > 0 {
        try clock.advance(by: try bits.varbit(), number, bits)
        try numbers.readNext(&bits)
      }
      if hasStartTimes { try starts.read(number, at: clock.time, after: previous, &bits) }
      let time = Timestamp(milliseconds: clock.time)
      if numbers.sum.value.isStaleMarker {
        columns.append(time, StaleMarker.value, startTime: starts.start)
        continue
      }
      let hint: CounterResetHint = isGauge ? .gauge : number == 0 ? .unknown : .notReset
      let histogram = layout.histogram(numbers, hint: hint)
      columns.histograms.append(time, histogram, startTime: starts.start)
    }
  }
}

/// What all histograms of a chunk have in common.
private struct HistogramChunkLayout {
  private let schema: Int32
  private let zeroThreshold: Double
  let positive: [Int32]
  let negative: [Int32]
  private let customBounds: [Double]

  init(_ bits: inout ChunkBits) throws(BlockError) {
    let power = try bits.byte()
    switch power {
    case 0: zeroThreshold = 0
    case 255: zeroThreshold = Double(bitPattern: try bits.bits(64))
    default: zeroThreshold = Double(sign: .plus, exponent: Int(power) - 244, significand: 1)
    }
    schema = Int32(truncatingIfNeeded: try bits.varbit())
    positive = try Self.indices(&bits)
    negative = try Self.indices(&bits)
    var bounds: [Double] = []
    if schema == NativeHistogram.customSchema {
      for _ in 0..<(try Self.count(&bits)) {
        let coded = try bits.unsignedVarbit()
        bounds.append(
          coded == 0 ? Double(bitPattern: try bits.bits(64)) : Double(coded - 1) / 1000)
      }
    }
    customBounds = bounds
    // Prometheus knows finer schemas than it computes with, and reduces them.
    guard schema == NativeHistogram.customSchema || (-9...52).contains(schema) else {
      throw bits.corrupt("a histogram has the unknown schema \(schema)")
    }
  }

  /// A number of things that take a bit each at least.
  private static func count(_ bits: inout ChunkBits) throws(BlockError) -> Int {
    let count = try bits.unsignedVarbit()
    guard count <= UInt64(bits.content.remaining) * 8 + 64 else {
      throw bits.corrupt("a histogram claims \(count) parts")
    }
    return Int(count)
  }

  private static func indices(_ bits: inout ChunkBits) throws(BlockError) -> [Int32] {
    var spans: [BucketSpan] = []
    var total: UInt64 = 0
    for _ in 0..<(try count(&bits)) {
      let length = try bits.unsignedVarbit()
      let offset = try bits.varbit()
      total = total &+ length
      // A bucket of the first sample takes a bit at least.
      guard length <= UInt64(UInt32.max), total <= UInt64(bits.content.remaining) * 8 + 64 else {
        throw bits.corrupt("a histogram claims \(length) buckets in a row")
      }
      spans.append(
        BucketSpan(
          offset: Int32(truncatingIfNeeded: offset), length: UInt32(truncatingIfNeeded: length)))
    }
    do {
      return try HistogramBuckets.indices(of: spans, count: Int(total), place: "a chunk's layout")
    } catch {
      throw bits.corrupt("\(error)")
    }
  }

  func histogram(_ numbers: HistogramNumbers, hint: CounterResetHint) -> NativeHistogram {
    let populations = numbers.populations(positive: positive.count)
    var histogram = NativeHistogram(
      schema: schema, zeroThreshold: zeroThreshold, zeroCount: numbers.zeroCount,
      count: numbers.count, sum: numbers.sum.value,
      positive: HistogramBuckets(indices: positive, populations.positive),
      negative: HistogramBuckets(indices: negative, populations.negative),
      customBounds: customBounds, hint: hint)
    if schema > NativeHistogram.exponentialSchemas.upperBound {
      histogram.reduceResolution(to: NativeHistogram.exponentialSchemas.upperBound)
    }
    return histogram
  }
}

/// The numbers of the histogram being read.
private struct HistogramNumbers {
  let firstTime: Int64
  private(set) var sum: XORValue
  /// Count, zero count and buckets as whole numbers with their last differences.
  private var whole: [(value: Int64, step: Int64)] = []
  /// The same as floating-point numbers; one of the two is empty.
  private var floats: [XORValue] = []

  init(_ bucketCount: Int, isFloat: Bool, _ bits: inout ChunkBits) throws(BlockError) {
    firstTime = try bits.varbit()
    if isFloat {
      for _ in 0..<2 { floats.append(XORValue(try bits.bits(64))) }
    } else {
      for _ in 0..<2 { whole.append((Int64(bitPattern: try bits.unsignedVarbit()), 0)) }
    }
    sum = XORValue(try bits.bits(64))
    for _ in 0..<bucketCount {
      if isFloat {
        floats.append(XORValue(try bits.bits(64)))
      } else {
        whole.append((try bits.varbit(), 0))
      }
    }
  }

  mutating func readNext(_ bits: inout ChunkBits) throws(BlockError) {
    for position in 0..<2 { try read(position, &bits) }
    try sum.read(&bits)
    // Nothing follows in a staleness marker.
    if sum.value.isStaleMarker { return }
    for position in 2..<max(2, whole.count, floats.count) { try read(position, &bits) }
  }

  private mutating func read(_ position: Int, _ bits: inout ChunkBits) throws(BlockError) {
    if floats.isEmpty {
      whole[position].step = whole[position].step &+ (try bits.varbit())
      whole[position].value = whole[position].value &+ whole[position].step
    } else {
      try floats[position].read(&bits)
    }
  }

  var count: Double { floats.first?.value ?? Double(UInt64(bitPattern: whole[0].value)) }
  var zeroCount: Double {
    floats.isEmpty ? Double(UInt64(bitPattern: whole[1].value)) : floats[1].value
  }

  /// Populations of both sides; whole numbers are written as differences from bucket to bucket.
  func populations(positive: Int) -> (positive: [Double], negative: [Double]) {
    func side(_ range: Range<Int>) -> [Double] {
      if !floats.isEmpty { return floats[range].map(\.value) }
      var total: Int64 = 0
      return whole[range].map { bucket in
        total = total &+ bucket.value
        return Double(total)
      }
    }
    return (side(2..<2 + positive), side(2 + positive..<max(whole.count, floats.count)))
  }
}
