import MetricModel

/// A native histogram as protobuf messages carry it, before it is put together: remote write of
/// both versions and exposition have the same parts under different numbers.
struct HistogramMessage {
  /// Field numbers of one kind of message; nil where it has no such field.
  struct Fields {
    var count: UInt64
    var countFloat: UInt64
    var sum: UInt64
    var schema: UInt64
    var zeroThreshold: UInt64
    var zeroCount: UInt64
    var zeroCountFloat: UInt64
    var negativeSpans: UInt64
    var negativeDeltas: UInt64
    var negativeCounts: UInt64
    var positiveSpans: UInt64
    var positiveDeltas: UInt64
    var positiveCounts: UInt64
    var resetHint: UInt64?
    var timestamp: UInt64?
    var customBounds: UInt64?
    var startTimestamp: UInt64?
  }

  /// `prometheus.Histogram` and `io.prometheus.write.v2.Histogram`.
  static let remote = Fields(
    count: 1, countFloat: 2, sum: 3, schema: 4, zeroThreshold: 5, zeroCount: 6,
    zeroCountFloat: 7, negativeSpans: 8, negativeDeltas: 9, negativeCounts: 10, positiveSpans: 11,
    positiveDeltas: 12, positiveCounts: 13, resetHint: 14, timestamp: 15, customBounds: 16,
    startTimestamp: 17)

  /// The native part of `io.prometheus.client.Histogram`.
  static let client = Fields(
    count: 1, countFloat: 4, sum: 2, schema: 5, zeroThreshold: 6, zeroCount: 7,
    zeroCountFloat: 8, negativeSpans: 9, negativeDeltas: 10, negativeCounts: 11, positiveSpans: 12,
    positiveDeltas: 13, positiveCounts: 14)

  var count: UInt64 = 0
  var floatCount: Double?
  var sum = 0.0
  var schema: Int32 = 0
  var zeroThreshold = 0.0
  var zeroCount: UInt64 = 0
  var floatZeroCount: Double?
  var negative = Side()
  var positive = Side()
  var hint = CounterResetHint.unknown
  var timestamp: Int64 = 0
  var startTimestamp: Int64 = 0
  var customBounds: [Double] = []

  struct Side {
    var spans: [BucketSpan] = []
    var deltas: [UInt64] = []
    var counts: [Double] = []
  }

  /// Takes a field; false when it is none of these.
  mutating func take(
    _ field: UInt64, _ payload: ProtobufReader.Payload, _ fields: Fields,
    _ reader: ProtobufReader, _ bytes: Span<UInt8>
  ) throws(WireError) -> Bool {
    switch (field, payload) {
    case (fields.count, .varint(let number)): count = number
    case (fields.countFloat, .fixed64(let bits)): floatCount = Double(bitPattern: bits)
    case (fields.sum, .fixed64(let bits)): sum = Double(bitPattern: bits)
    case (fields.schema, .varint(let number)):
      schema = Int32(truncatingIfNeeded: number.zigZagDecoded)
    case (fields.zeroThreshold, .fixed64(let bits)): zeroThreshold = Double(bitPattern: bits)
    case (fields.zeroCount, .varint(let number)): zeroCount = number
    case (fields.zeroCountFloat, .fixed64(let bits)): floatZeroCount = Double(bitPattern: bits)
    case (fields.negativeSpans, .bytes(let range)):
      negative.spans.append(try Self.span(reader.part(range), bytes))
    case (fields.positiveSpans, .bytes(let range)):
      positive.spans.append(try Self.span(reader.part(range), bytes))
    case (fields.negativeDeltas, _): try reader.varints(payload, bytes, onto: &negative.deltas)
    case (fields.positiveDeltas, _): try reader.varints(payload, bytes, onto: &positive.deltas)
    case (fields.negativeCounts, _): try reader.doubles(payload, bytes, onto: &negative.counts)
    case (fields.positiveCounts, _): try reader.doubles(payload, bytes, onto: &positive.counts)
    default: return try takeRest(field, payload, fields, reader, bytes)
    }
    return true
  }

  private mutating func takeRest(
    _ field: UInt64, _ payload: ProtobufReader.Payload, _ fields: Fields,
    _ reader: ProtobufReader, _ bytes: Span<UInt8>
  ) throws(WireError) -> Bool {
    if field == fields.customBounds {
      try reader.doubles(payload, bytes, onto: &customBounds)
      return true
    }
    guard case .varint(let number) = payload else { return false }
    switch field {
    case fields.resetHint:
      hint = UInt8(exactly: number).flatMap(CounterResetHint.init(rawValue:)) ?? .unknown
    case fields.timestamp: timestamp = Int64(bitPattern: number)
    case fields.startTimestamp: startTimestamp = Int64(bitPattern: number)
    default: return false
    }
    return true
  }

  private static func span(
    _ reader: ProtobufReader, _ bytes: Span<UInt8>
  ) throws(WireError) -> BucketSpan {
    var reader = reader
    var span = BucketSpan(offset: 0, length: 0)
    while let (field, payload) = try reader.next(bytes) {
      guard case .varint(let number) = payload else { continue }
      if field == 1 { span.offset = Int32(truncatingIfNeeded: number.zigZagDecoded) }
      if field == 2 { span.length = UInt32(truncatingIfNeeded: number) }
    }
    return span
  }

  /// Whether counts are whole numbers, sent as differences between buckets.
  private var isInteger: Bool { floatCount == nil }

  /// The histogram, checked; resolutions that can't be computed with are reduced.
  func histogram() throws(HistogramError) -> NativeHistogram {
    guard schema <= Self.schemaMax else { throw .invalidSchema(schema) }
    var histogram = NativeHistogram(
      schema: schema, zeroThreshold: zeroThreshold,
      zeroCount: floatZeroCount ?? Double(zeroCount), count: floatCount ?? Double(count),
      sum: sum, positive: try buckets(positive, "positive side"),
      negative: try buckets(negative, "negative side"), customBounds: customBounds, hint: hint)
    if schema > NativeHistogram.exponentialSchemas.upperBound {
      histogram.reduceResolution(to: NativeHistogram.exponentialSchemas.upperBound)
    }
    try histogram.validate()
    if isInteger { try checkCount() }
    return histogram
  }

  /// Schemas beyond those of Prometheus that it takes and reduces.
  private static let schemaMax: Int32 = 52

  private func buckets(_ side: Side, _ place: String) throws(HistogramError) -> HistogramBuckets {
    guard isInteger else {
      return try HistogramBuckets(spans: side.spans, values: side.counts, place: place)
    }
    var count: Int64 = 0
    let values = side.deltas.map { delta in
      count = count &+ delta.zigZagDecoded
      return Double(count)
    }
    return try HistogramBuckets(spans: side.spans, values: values, place: place)
  }

  /// Whole numbers must add up; observations that are no numbers are in no bucket.
  private func checkCount() throws(HistogramError) {
    var total = zeroCount
    for side in [negative, positive] {
      var count: Int64 = 0
      for delta in side.deltas {
        count = count &+ delta.zigZagDecoded
        total = total &+ UInt64(bitPattern: count)
      }
    }
    if sum.isNaN {
      if total > count { throw .countTooSmall(buckets: total, count: count) }
    } else if total != count {
      throw .countMismatch(buckets: total, count: count)
    }
  }
}

extension ProtobufWriter {
  /// A histogram with the fields of remote write: in whole numbers where it has nothing else, which
  /// takes a byte or two for a bucket instead of eight.
  mutating func histogram(_ histogram: NativeHistogram, time: Timestamp, startTime: Timestamp?) {
    let fields = HistogramMessage.remote
    let whole = WholeHistogram(histogram)
    if let whole {
      // Zero is written too, since it tells which kind this is.
      raw(fields.count << 3)
      raw(whole.count)
    } else {
      double(fields.countFloat, histogram.count)
    }
    double(fields.sum, histogram.sum)
    zigZag(fields.schema, Int64(histogram.schema))
    double(fields.zeroThreshold, histogram.zeroThreshold)
    if let whole {
      raw(fields.zeroCount << 3)
      raw(whole.zeroCount)
    } else {
      double(fields.zeroCountFloat, histogram.zeroCount)
    }
    spans(fields.negativeSpans, histogram.negative.spans)
    if let whole {
      varints(fields.negativeDeltas, whole.negativeDeltas)
    } else {
      doubles(fields.negativeCounts, histogram.negative.values)
    }
    spans(fields.positiveSpans, histogram.positive.spans)
    if let whole {
      varints(fields.positiveDeltas, whole.positiveDeltas)
    } else {
      doubles(fields.positiveCounts, histogram.positive.values)
    }
    varint(14, UInt64(histogram.hint.rawValue))
    varint(15, time.milliseconds)
    doubles(16, histogram.customBounds)
    varint(17, startTime?.milliseconds ?? 0)
  }

  private mutating func spans(_ field: UInt64, _ spans: [BucketSpan]) {
    for span in spans {
      message(field) { writer in
        writer.zigZag(1, Int64(span.offset))
        writer.varint(2, UInt64(span.length))
      }
    }
  }
}

/// A histogram in whole numbers.
struct WholeHistogram {
  let count: UInt64
  let zeroCount: UInt64
  /// Differences between buckets, as protobuf's `sint64`.
  let positiveDeltas: [UInt64]
  let negativeDeltas: [UInt64]

  /// Nil when a number isn't whole, or when they don't add up as receivers demand of whole numbers.
  init?(_ histogram: NativeHistogram) {
    guard let count = Self.whole(histogram.count), let zero = Self.whole(histogram.zeroCount),
      let positive = Self.deltas(histogram.positive.values),
      let negative = Self.deltas(histogram.negative.values)
    else { return nil }
    let total = positive.total + negative.total + zero
    guard histogram.sum.isNaN ? total <= count : total == count else { return nil }
    self.count = count
    zeroCount = zero
    positiveDeltas = positive.deltas
    negativeDeltas = negative.deltas
  }

  /// Up to 2^53, beyond which floating-point numbers have gaps.
  private static func whole(_ value: Double) -> UInt64? {
    guard value >= 0, value <= 0x1p53 else { return nil }
    return UInt64(exactly: value)
  }

  private static func deltas(_ values: [Double]) -> (deltas: [UInt64], total: UInt64)? {
    var deltas: [UInt64] = []
    var (before, total): (Int64, UInt64) = (0, 0)
    for value in values {
      guard let count = whole(value) else { return nil }
      deltas.append((Int64(count) - before).zigZagEncoded)
      before = Int64(count)
      total = total &+ count
    }
    return (deltas, total)
  }
}
