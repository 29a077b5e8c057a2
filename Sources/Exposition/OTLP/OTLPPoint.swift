import MetricModel

/// A point of a metric, of any kind.
struct OTLPPoint {
  /// The fields whose numbers differ from kind to kind.
  struct Fields {
    var attributes: UInt64
    var flags: UInt64
    var exemplars: UInt64

    static let number = Fields(attributes: 7, flags: 8, exemplars: 5)
    static let histogram = Fields(attributes: 9, flags: 10, exemplars: 8)
    static let exponential = Fields(attributes: 1, flags: 10, exemplars: 11)
    /// Summaries have no exemplars.
    static let summary = Fields(attributes: 7, flags: 8, exemplars: 0)
  }

  var attributes: [OTLPAttribute] = []
  var start: Timestamp?
  var time = Timestamp(milliseconds: 0)
  /// Whether the point says that there is no value.
  var isMissing = false
  var exemplars: [Exemplar] = []
  var value = 0.0
  var count = 0.0
  var sum: Double?
  /// Of each bucket alone.
  var buckets: [UInt64] = []
  var bounds: [Double] = []
  var quantiles: [(quantile: Double, value: Double)] = []
  private var scale: Int32 = 0
  private var zeroCount = 0.0
  private var zeroThreshold = 0.0
  private var positive: (offset: Int32, counts: [UInt64]) = (0, [])
  private var negative: (offset: Int32, counts: [UInt64]) = (0, [])

  init() {}

  /// Takes a field that is special to the kind.
  mutating func take(
    _ field: UInt64, _ payload: ProtobufReader.Payload, kind: UInt64, _ reader: ProtobufReader,
    _ bytes: Span<UInt8>
  ) throws(WireError) {
    switch (kind, field, payload) {
    case (5, 4, .fixed64(let bits)), (7, 4, .fixed64(let bits)): value = Double(bitPattern: bits)
    case (5, 6, .fixed64(let bits)), (7, 6, .fixed64(let bits)):
      value = Double(Int64(bitPattern: bits))
    case (_, 4, .fixed64(let number)): count = Double(number)
    case (_, 5, .fixed64(let bits)): sum = Double(bitPattern: bits)
    case (9, 6, .bytes(let range)):
      var packed = reader.part(range)
      while !packed.isAtEnd { buckets.append(try packed.fixed64(bytes)) }
    case (9, 6, .fixed64(let number)): buckets.append(number)
    case (9, 7, _): try reader.doubles(payload, bytes, onto: &bounds)
    case (10, 6, .varint(let number)): scale = Int32(truncatingIfNeeded: number.zigZagDecoded)
    case (10, 7, .fixed64(let number)): zeroCount = Double(number)
    case (10, 8, .bytes(let range)): positive = try Self.side(reader.part(range), bytes)
    case (10, 9, .bytes(let range)): negative = try Self.side(reader.part(range), bytes)
    case (10, 14, .fixed64(let bits)): zeroThreshold = Double(bitPattern: bits)
    case (11, 6, .bytes(let range)):
      var part = reader.part(range)
      var pair = (quantile: 0.0, value: 0.0)
      while let (field, payload) = try part.next(bytes) {
        guard case .fixed64(let bits) = payload else { continue }
        if field == 1 { pair.quantile = Double(bitPattern: bits) }
        if field == 2 { pair.value = Double(bitPattern: bits) }
      }
      quantiles.append(pair)
    default: return
    }
  }

  private static func side(
    _ reader: ProtobufReader, _ bytes: Span<UInt8>
  ) throws(WireError) -> (offset: Int32, counts: [UInt64]) {
    var reader = reader
    var side: (offset: Int32, counts: [UInt64]) = (0, [])
    while let (field, payload) = try reader.next(bytes) {
      if field == 1, case .varint(let number) = payload {
        side.offset = Int32(truncatingIfNeeded: number.zigZagDecoded)
      }
      if field == 2 { try reader.varints(payload, bytes, onto: &side.counts) }
    }
    return side
  }

  /// Prometheus gives zero buckets this width where senders tell none.
  private static let zeroThresholdFallback = 1e-128

  /// An exponential histogram as a native one: bucket 0 begins at 1 there and ends at 1 here, and
  /// what is finer than can be computed with is merged.
  func nativeHistogram() throws(HistogramError) -> NativeHistogram {
    guard scale >= NativeHistogram.exponentialSchemas.lowerBound else {
      throw .invalidSchema(scale)
    }
    // Scales go up to 20; more would leave no bucket of one.
    let finest = NativeHistogram.exponentialSchemas.upperBound
    let shift = Int(max(0, scale - finest))
    func buckets(_ side: (offset: Int32, counts: [UInt64])) throws(HistogramError)
      -> HistogramBuckets
    {
      guard side.offset.magnitude < 1 << 29, side.counts.count < 1 << 20 else {
        throw .indexOutOfRange(place: "exponential histogram")
      }
      var indices: [Int32] = []
      var values: [Double] = []
      for (position, count) in side.counts.enumerated() where count > 0 {
        let index = (side.offset + Int32(position)) >> shift + 1
        if indices.last == index {
          values[values.count - 1] += Double(count)
        } else {
          indices.append(index)
          values.append(Double(count))
        }
      }
      return HistogramBuckets(indices: indices, values)
    }
    return NativeHistogram(
      schema: min(scale, finest),
      zeroThreshold: zeroThreshold > 0 ? zeroThreshold : Self.zeroThresholdFallback,
      zeroCount: zeroCount, count: count, sum: sum ?? 0, positive: try buckets(positive),
      negative: try buckets(negative))
  }
}
