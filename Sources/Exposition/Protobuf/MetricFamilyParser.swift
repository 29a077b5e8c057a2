package import MetricModel

/// Reads protobuf exposition: `io.prometheus.client.MetricFamily` messages, each after its length.
///
///     let batch = try MetricFamilyParser.parse(body, untimedAt: now)
///
/// The one exposition format with native histograms. A histogram that is classic and native at once
/// gives the one, the other or both, as chosen. Bounds and quantiles become labels as in
/// OpenMetrics (`le="1.0"`).
package struct MetricFamilyParser {
  /// What becomes of a histogram. One that is native only stays so with `both`; with `classic`
  /// nothing but its count, its sum and the bucket of everything is left.
  package enum HistogramChoice: Sendable {
    case native
    case classic
    case both
  }

  private let bytes: [UInt8]
  private let untimedAt: Timestamp
  private let choice: HistogramChoice
  private var batch = SampleBatch()
  private var name = ""
  private var type = MetricType.unknown

  /// - Parameters:
  ///   - time: what a sample without a timestamp gets.
  ///   - histograms: what is read of histograms that are classic and native at once.
  package static func parse(
    _ bytes: [UInt8], untimedAt time: Timestamp, histograms choice: HistogramChoice = .native
  ) throws(WireError) -> SampleBatch {
    var parser = MetricFamilyParser(
      bytes: bytes, untimedAt: time, choice: choice)
    var reader = ProtobufReader(0..<bytes.count, of: .metricFamilies)
    while !reader.isAtEnd {
      try parser.family(reader.part(try reader.delimited(bytes.span)))
    }
    return parser.batch
  }

  private init(bytes: [UInt8], untimedAt: Timestamp, choice: HistogramChoice) {
    self.bytes = bytes
    self.untimedAt = untimedAt
    self.choice = choice
  }

  private mutating func family(_ reader: ProtobufReader) throws(WireError) {
    var reader = reader
    var metadata = MetricMetadata(family: "")
    var metrics: [Range<Int>] = []
    // The type of proto3's default value isn't written.
    metadata.type = .counter
    while let (field, payload) = try reader.next(bytes.span) {
      switch (field, payload) {
      case (1, .bytes(let range)): metadata.family = try reader.text(range, bytes)
      case (2, .bytes(let range)): metadata.help = try reader.text(range, bytes)
      case (3, .varint(let number)):
        guard number < UInt64(Self.types.count) else {
          throw reader.malformed("a metric has the unknown type \(number)")
        }
        metadata.type = Self.types[Int(number)]
      case (4, .bytes(let range)): metrics.append(range)
      case (5, .bytes(let range)): metadata.unit = try reader.text(range, bytes)
      default: continue
      }
    }
    guard !metadata.family.isEmpty else { throw reader.malformed("a metric has no name") }
    if metrics.isEmpty { return }
    name = metadata.family
    type = metadata.type
    batch.append(metadata)
    for range in metrics { try metric(reader.part(range)) }
  }

  /// In the order of their numbers.
  private static let types: [MetricType] = [
    .counter, .gauge, .summary, .unknown, .histogram, .gaugeHistogram,
  ]

  private mutating func metric(_ reader: ProtobufReader) throws(WireError) {
    var reader = reader
    var labels: [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []
    var content: Range<Int>?
    var time = untimedAt
    while let (field, payload) = try reader.next(bytes.span) {
      switch (field, payload) {
      case (1, .bytes(let range)): labels.append(try label(reader.part(range)))
      case (6, .varint(let number)):
        if number != 0 { time = Timestamp(milliseconds: Int64(bitPattern: number)) }
      case (2...5, .bytes(let range)), (7, .bytes(let range)): content = range
      default: continue
      }
    }
    let metric = FamilyMetric(
      labels: try LabelFields(labels).labels(isNamed: false), name: name, type: type, time: time)
    let part = reader.part(content ?? reader.end..<reader.end)
    switch type {
    case .summary: try summary(part, metric)
    case .histogram, .gaugeHistogram: try histogram(part, metric)
    default: try number(part, metric)
    }
  }

  private func label(
    _ reader: ProtobufReader
  ) throws(WireError) -> (name: ArraySlice<UInt8>, value: ArraySlice<UInt8>) {
    var reader = reader
    var (name, value) = (0..<0, 0..<0)
    while let (field, payload) = try reader.next(bytes.span) {
      guard case .bytes(let range) = payload else { continue }
      if field == 1 { name = range }
      if field == 2 { value = range }
    }
    return (bytes[name], bytes[value])
  }

  /// A counter, a gauge or a number of no type.
  private mutating func number(
    _ reader: ProtobufReader, _ metric: FamilyMetric
  ) throws(WireError) {
    var reader = reader
    var value = 0.0
    var start: Timestamp?
    var example: Exemplar?
    while let (field, payload) = try reader.next(bytes.span) {
      switch (field, payload) {
      case (1, .fixed64(let bits)): value = Double(bitPattern: bits)
      case (2, .bytes(let range)):
        example = try exemplar(reader.part(range), untimedAt: metric.time)
      case (3, .bytes(let range)): start = try timestamp(reader.part(range))
      default: continue
      }
    }
    let series = batch.addSeries(metric.labels(suffix: ""))
    batch.append(series: series, metric.time, value, startTime: start)
    if let example { batch.append(ExemplarRow(series: series, exemplar: example)) }
  }

  private mutating func summary(
    _ reader: ProtobufReader, _ metric: FamilyMetric
  ) throws(WireError) {
    var reader = reader
    var (count, sum) = (0.0, 0.0)
    var quantiles: [(quantile: Double, value: Double)] = []
    var start: Timestamp?
    while let (field, payload) = try reader.next(bytes.span) {
      switch (field, payload) {
      case (1, .varint(let number)): count = Double(number)
      case (2, .fixed64(let bits)): sum = Double(bitPattern: bits)
      case (3, .bytes(let range)):
        var part = reader.part(range)
        var pair = (quantile: 0.0, value: 0.0)
        while let (field, payload) = try part.next(bytes.span) {
          guard case .fixed64(let bits) = payload else { continue }
          if field == 1 { pair.quantile = Double(bitPattern: bits) }
          if field == 2 { pair.value = Double(bitPattern: bits) }
        }
        quantiles.append(pair)
      case (4, .bytes(let range)): start = try timestamp(reader.part(range))
      default: continue
      }
    }
    append(metric.labels(suffix: "_count"), metric.time, count, start)
    append(metric.labels(suffix: "_sum"), metric.time, sum, start)
    for (quantile, value) in quantiles {
      let labels = metric.labels(suffix: "", ("quantile", NumberText.openMetrics(quantile)))
      append(labels, metric.time, value, start)
    }
  }

  private mutating func append(
    _ labels: Labels, _ time: Timestamp, _ value: Double, _ start: Timestamp?
  ) {
    batch.append(series: batch.addSeries(labels), time, value, startTime: start)
  }

  private mutating func histogram(
    _ reader: ProtobufReader, _ metric: FamilyMetric
  ) throws(WireError) {
    var reader = reader
    var native = HistogramMessage()
    var buckets: [ClassicBucket] = []
    var examples: [Exemplar] = []
    var start: Timestamp?
    while let (field, payload) = try reader.next(bytes.span) {
      if try native.take(field, payload, HistogramMessage.client, reader, bytes.span) { continue }
      guard case .bytes(let range) = payload else { continue }
      switch field {
      case 3: buckets.append(try bucket(reader.part(range), metric))
      case 15: start = try timestamp(reader.part(range))
      case 16: examples.append(try exemplar(reader.part(range), untimedAt: metric.time))
      default: continue
      }
    }
    // Zero means "not said" here.
    if native.floatCount == 0 { native.floatCount = nil }
    if let zeroCount = native.floatZeroCount, zeroCount > 0, native.floatCount == nil {
      native.floatCount = 0
    }
    if native.floatCount == nil { native.floatZeroCount = nil }
    let isNative =
      choice != .classic
      && (!native.positive.spans.isEmpty || !native.negative.spans.isEmpty
        || native.zeroThreshold > 0 || native.zeroCount > 0)
    if isNative {
      let series = batch.addSeries(metric.labels(suffix: ""))
      do {
        var histogram = try native.histogram()
        histogram.compact()
        if type == .gaugeHistogram { histogram.hint = .gauge }
        batch.append(
          HistogramRow(series: series, time: metric.time, startTime: start, histogram: histogram))
      } catch {
        throw .invalidSeries(
          series: batch.labels[Int(series)].description, reason: "\(error)")
      }
      if examples.isEmpty { examples = buckets.compactMap(\.exemplar) }
      for example in examples { batch.append(ExemplarRow(series: series, exemplar: example)) }
    }
    guard !isNative || choice == .both && !buckets.isEmpty else { return }
    let count = native.floatCount ?? Double(native.count)
    append(metric.labels(suffix: "_count"), metric.time, count, start)
    append(metric.labels(suffix: "_sum"), metric.time, native.sum, start)
    if buckets.last?.bound != .infinity {
      buckets.append(ClassicBucket(bound: .infinity, count: count, exemplar: nil))
    }
    for bucket in buckets {
      let bound = ("le", NumberText.openMetrics(bucket.bound))
      let series = batch.addSeries(metric.labels(suffix: "_bucket", bound))
      batch.append(series: series, metric.time, bucket.count, startTime: start)
      if let example = bucket.exemplar {
        batch.append(ExemplarRow(series: series, exemplar: example))
      }
    }
  }

  private func bucket(
    _ reader: ProtobufReader, _ metric: FamilyMetric
  ) throws(WireError) -> ClassicBucket {
    var reader = reader
    var bucket = ClassicBucket(bound: 0, count: 0, exemplar: nil)
    while let (field, payload) = try reader.next(bytes.span) {
      switch (field, payload) {
      case (1, .varint(let number)): bucket.count = Double(number)
      case (2, .fixed64(let bits)): bucket.bound = Double(bitPattern: bits)
      case (3, .bytes(let range)):
        bucket.exemplar = try exemplar(reader.part(range), untimedAt: metric.time)
      case (4, .fixed64(let bits)):
        if bits != 0 { bucket.count = Double(bitPattern: bits) }
      default: continue
      }
    }
    return bucket
  }

  private func exemplar(
    _ reader: ProtobufReader, untimedAt time: Timestamp
  ) throws(WireError) -> Exemplar {
    var reader = reader
    var labels: [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []
    var exemplar = Exemplar(labels: .empty, value: 0, time: time)
    while let (field, payload) = try reader.next(bytes.span) {
      switch (field, payload) {
      case (1, .bytes(let range)): labels.append(try label(reader.part(range)))
      case (2, .fixed64(let bits)): exemplar.value = Double(bitPattern: bits)
      case (3, .bytes(let range)): exemplar.time = try timestamp(reader.part(range))
      default: continue
      }
    }
    exemplar.labels = try LabelFields(labels).labels(isNamed: false)
    return exemplar
  }

  /// A `google.protobuf.Timestamp`, to the millisecond.
  private func timestamp(_ reader: ProtobufReader) throws(WireError) -> Timestamp {
    var reader = reader
    var milliseconds: Int64 = 0
    while let (field, payload) = try reader.next(bytes.span) {
      guard case .varint(let number) = payload else { continue }
      let value = Int64(bitPattern: number)
      if field == 1 { milliseconds = milliseconds &+ value &* 1000 }
      if field == 2 { milliseconds = milliseconds &+ value / 1_000_000 }
    }
    return Timestamp(milliseconds: milliseconds)
  }
}

private struct ClassicBucket {
  var bound: Double
  var count: Double
  var exemplar: Exemplar?
}

/// A metric of a family, of which series are made by suffixes and further labels.
private struct FamilyMetric {
  let labels: Labels
  let name: String
  let type: MetricType
  let time: Timestamp

  func labels(suffix: String, _ label: (name: String, value: String)? = nil) -> Labels {
    var builder = LabelsBuilder(labels)
    builder.set(Labels.metricName, name + suffix)
    if let label { builder.set(label.name, label.value) }
    return builder.labels
  }
}
