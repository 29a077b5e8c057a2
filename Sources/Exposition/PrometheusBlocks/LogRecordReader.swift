import MetricModel

/// Reads the records of a write-ahead log into series.
///
/// Record types and layouts are those of Prometheus' `tsdb/docs/format/wal.md`.
struct LogRecordReader {
  /// What a log tells of one series number.
  struct Content {
    var labels: Labels?
    var samples: [(time: Int64, start: Int64, value: SampleValue)] = []
    var deleted: [ClosedRange<Int64>] = []
  }

  private(set) var series: [UInt64: Content] = [:]
  private(set) var exemplars: [(series: UInt64, exemplar: Exemplar)] = []
  private(set) var metadata: [(series: UInt64, metadata: MetricMetadata)] = []

  /// Takes one record; types that aren't known are passed over, as Prometheus does.
  mutating func read(_ record: [UInt8], file: String) throws(BlockError) {
    var content = BlockBytes(record, file: file)
    guard content.remaining > 0 else { return }
    switch try content.byte("the type of a record") {
    case 1: try readSeries(&content)
    case 2: try readSamples(&content, .number)
    case 3: try readTombstones(&content)
    case 4: try readExemplars(&content)
    case 6: try readMetadata(&content)
    case 7, 9: try readSamples(&content, .wholeHistogram)
    case 8, 10: try readSamples(&content, .floatHistogram)
    case 11: try readStartedSamples(&content, .number)
    case 12: try readStartedSamples(&content, .wholeHistogram)
    case 13: try readStartedSamples(&content, .floatHistogram)
    default: return
    }
  }

  /// Adds the samples of a chunk.
  mutating func add(_ columns: SampleColumns, to number: UInt64) {
    for (position, time) in columns.timestamps.enumerated() {
      let start = columns.startTimes.isEmpty ? 0 : columns.startTimes[position]
      series[number, default: Content()].samples.append(
        (time, start, .number(columns.values[position])))
    }
    for (position, time) in columns.histograms.timestamps.enumerated() {
      let starts = columns.histograms.startTimes
      series[number, default: Content()].samples.append(
        (
          time, starts.isEmpty ? 0 : starts[position],
          .histogram(columns.histograms.values[position])
        ))
    }
  }

  private mutating func readSeries(_ content: inout BlockBytes) throws(BlockError) {
    while content.remaining > 0 {
      let number = try content.bigEndian64("a series number")
      series[number, default: Content()].labels = try content.labels()
    }
  }

  /// Samples after one series number and time to which theirs are relative.
  private mutating func readSamples(
    _ content: inout BlockBytes, _ kind: LogValueKind
  ) throws(BlockError) {
    guard content.remaining > 0 else { return }
    let number = try content.bigEndian64("a series number")
    let time = Int64(bitPattern: try content.bigEndian64("a time"))
    while content.remaining > 0 {
      let step = try content.varint("a series number")
      let later = try content.varint("a time")
      let value = try content.value(kind)
      series[number &+ UInt64(bitPattern: step), default: Content()].samples.append(
        (time &+ later, 0, value))
    }
  }

  /// Samples with start times: numbers relative to the sample before, times to the first.
  private mutating func readStartedSamples(
    _ content: inout BlockBytes, _ kind: LogValueKind
  ) throws(BlockError) {
    guard content.remaining > 0 else { return }
    var number = try content.varint("a series number")
    let firstTime = try content.varint("a time")
    let firstStart = try content.varint("a start time")
    var (time, start) = (firstTime, firstStart)
    while true {
      let value = try content.value(kind)
      series[UInt64(bitPattern: number), default: Content()].samples.append((time, start, value))
      guard content.remaining > 0 else { return }
      number = number &+ (try content.varint("a series number"))
      time = firstTime &+ (try content.varint("a time"))
      switch try content.byte("the kind of a start time") {
      case 0: start = 0
      case 1: continue
      default: start = firstStart &+ (try content.varint("a start time"))
      }
    }
  }

  private mutating func readTombstones(_ content: inout BlockBytes) throws(BlockError) {
    while content.remaining > 0 {
      let number = try content.bigEndian64("a series number")
      let first = try content.varint("the start of a deleted stretch")
      let last = try content.varint("the end of a deleted stretch")
      guard first <= last else { throw content.corrupt("a deleted stretch ends before it begins") }
      series[number, default: Content()].deleted.append(first...last)
    }
  }

  private mutating func readExemplars(_ content: inout BlockBytes) throws(BlockError) {
    guard content.remaining > 0 else { return }
    let number = try content.bigEndian64("a series number")
    let time = Int64(bitPattern: try content.bigEndian64("a time"))
    while content.remaining > 0 {
      let step = try content.varint("a series number")
      let later = try content.varint("a time")
      let value = Double(bitPattern: try content.bigEndian64("a value"))
      exemplars.append(
        (
          number &+ UInt64(bitPattern: step),
          Exemplar(
            labels: try content.labels(), value: value,
            time: Timestamp(milliseconds: time &+ later))
        ))
    }
  }

  private mutating func readMetadata(_ content: inout BlockBytes) throws(BlockError) {
    while content.remaining > 0 {
      let number = try content.unsignedVarint("a series number")
      var known = MetricMetadata(
        family: "", type: MetricType(wire: UInt64(try content.byte("a metric type"))))
      for _ in 0..<(try content.unsignedVarint("the number of fields")) {
        let name = try content.text("the name of a field")
        let value = try content.text("a field")
        if name == "UNIT" { known.unit = value }
        if name == "HELP" { known.help = value }
      }
      metadata.append((number, known))
    }
  }
}

/// What the samples of a record are.
private enum LogValueKind {
  case number
  case wholeHistogram
  case floatHistogram
}

extension BlockBytes {
  /// Labels as logs write them: their number, then names and values with their lengths.
  fileprivate mutating func labels() throws(BlockError) -> Labels {
    let count = try unsignedVarint("the number of labels")
    guard count <= UInt64(remaining) else { throw corrupt("a series claims \(count) labels") }
    var builder = LabelsBuilder()
    for _ in 0..<count {
      let name = try text("a label name")
      builder.set(name, try text("a label value"))
    }
    return builder.labels
  }

  fileprivate mutating func text(_ role: String) throws(BlockError) -> String {
    let content = try part(try unsignedVarint("the length of \(role)"), of: role)
    guard let text = String(validating: content.rest, as: UTF8.self) else {
      throw content.corrupt("\(role) is not valid UTF-8")
    }
    return text
  }

  fileprivate mutating func value(_ kind: LogValueKind) throws(BlockError) -> SampleValue {
    switch kind {
    case .number: return .number(try double("a value"))
    case .wholeHistogram, .floatHistogram:
      let histogram = try histogram(isFloat: kind == .floatHistogram)
      return histogram.isStaleMarker ? .number(StaleMarker.value) : .histogram(histogram)
    }
  }

  private mutating func double(_ role: String) throws(BlockError) -> Double {
    Double(bitPattern: try bigEndian64(role))
  }

  private mutating func histogram(isFloat: Bool) throws(BlockError) -> NativeHistogram {
    func number(_ bytes: inout BlockBytes, _ role: String) throws(BlockError) -> Double {
      isFloat ? try bytes.double(role) : Double(try bytes.unsignedVarint(role))
    }
    let hint = CounterResetHint(rawValue: try byte("a counter reset hint")) ?? .unknown
    let schema = Int32(truncatingIfNeeded: try varint("a schema"))
    let zeroThreshold = try double("a zero threshold")
    let zeroCount = try number(&self, "a zero count")
    let count = try number(&self, "a count")
    let sum = try double("a sum")
    let positive = try spans()
    let negative = try spans()
    let positiveValues = try populations(isFloat: isFloat)
    let negativeValues = try populations(isFloat: isFloat)
    var bounds: [Double] = []
    if schema == NativeHistogram.customSchema {
      for _ in 0..<(try partCount("custom bounds")) { bounds.append(try double("a custom bound")) }
    }
    do {
      var histogram = NativeHistogram(
        schema: schema, zeroThreshold: zeroThreshold, zeroCount: zeroCount, count: count, sum: sum,
        positive: try HistogramBuckets(spans: positive, values: positiveValues, place: "a record"),
        negative: try HistogramBuckets(spans: negative, values: negativeValues, place: "a record"),
        customBounds: bounds, hint: hint)
      if schema > NativeHistogram.exponentialSchemas.upperBound, schema <= 52 {
        histogram.reduceResolution(to: NativeHistogram.exponentialSchemas.upperBound)
      }
      return histogram
    } catch {
      throw corrupt("\(error)")
    }
  }

  /// A number of things that take a byte each at least.
  private mutating func partCount(_ role: String) throws(BlockError) -> Int {
    let count = try unsignedVarint("the number of \(role)")
    guard count <= UInt64(remaining) else { throw corrupt("a histogram claims \(count) \(role)") }
    return Int(count)
  }

  private mutating func spans() throws(BlockError) -> [BucketSpan] {
    var spans: [BucketSpan] = []
    for _ in 0..<(try partCount("spans")) {
      let offset = Int32(truncatingIfNeeded: try varint("the offset of a span"))
      let length = UInt32(truncatingIfNeeded: try unsignedVarint("the length of a span"))
      spans.append(BucketSpan(offset: offset, length: length))
    }
    return spans
  }

  private mutating func populations(isFloat: Bool) throws(BlockError) -> [Double] {
    var values: [Double] = []
    var total: Int64 = 0
    for _ in 0..<(try partCount("buckets")) {
      if isFloat {
        values.append(try double("a bucket"))
      } else {
        total = total &+ (try varint("a bucket"))
        values.append(Double(total))
      }
    }
    return values
  }
}
