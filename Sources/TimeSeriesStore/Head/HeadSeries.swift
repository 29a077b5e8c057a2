internal import MetricModel

/// The recent samples of one series: full chunks, the open tail as plain columns, and samples that
/// came late.
struct HeadSeries: Sendable {
  let labels: Labels
  private var chunks: [HeadChunk] = []
  private var tail = NumberColumns()
  /// Samples older than the newest at their arrival, in order of time.
  private var late = NumberColumns()
  /// Native histograms: at most one run, none in the series that have numbers only.
  private var histograms: [HistogramRun] = []
  /// The earliest and the latest time of all samples; meaningless while there are none.
  private(set) var earliest = Int64.max
  private(set) var latest = Int64.min

  /// The tail is compressed at this length.
  static let chunkSamples = 128

  init(_ labels: Labels) { self.labels = labels }

  /// Adds a sample at a time that the series doesn't have yet.
  mutating func add(_ time: Int64, _ value: Double) {
    earliest = min(earliest, time)
    let newestNumber = tail.timestamps.last ?? chunks.last?.last ?? .min
    latest = max(latest, time)
    guard time > newestNumber || tail.timestamps.isEmpty && chunks.isEmpty else {
      late.insert(time, value)
      return
    }
    tail.timestamps.append(time)
    tail.values.append(value)
    if tail.values.count == Self.chunkSamples {
      chunks.append(HeadChunk(tail))
      tail.timestamps.removeAll(keepingCapacity: true)
      tail.values.removeAll(keepingCapacity: true)
    }
  }

  /// Adds a histogram at a time that the series doesn't have yet.
  mutating func add(_ time: Int64, _ histogram: NativeHistogram) {
    earliest = min(earliest, time)
    latest = max(latest, time)
    if histograms.isEmpty { histograms.append(HistogramRun()) }
    histograms[0].add(time, histogram)
  }

  /// Whether any sample may lie in `range`.
  func overlaps(_ range: TimeRange) -> Bool {
    latest > range.start.milliseconds && earliest <= range.end.milliseconds
  }

  /// Appends the samples in `range`, in order of time.
  func append(in range: TimeRange, to columns: inout SampleColumns) throws(Damage) {
    let start = columns.count
    for chunk in chunks where chunk.overlaps(range) { try chunk.append(in: range, to: &columns) }
    columns.append(tail.rows(in: range), of: tail)
    if !late.timestamps.isEmpty {
      let middle = columns.count
      columns.append(late.rows(in: range), of: late)
      columns.mergeRuns(from: start, at: middle)
    }
    for run in histograms { try run.append(in: range, to: &columns.histograms) }
  }
}

/// `SampleColumns` without what few series have: a million series have two of these each.
struct NumberColumns: TimedColumn, Sendable {
  var timestamps: [Int64] = []
  var values: [Double] = []
}

/// A compressed run of samples: the length of the column of times as a varint, the column of times,
/// the column of values.
struct HeadChunk: Sendable {
  private let bytes: MappedBytes
  private let count: Int
  private let first: Int64
  let last: Int64

  init(_ columns: NumberColumns) {
    self.init(columns.timestamps, values: SampleChunk.encodeValues(columns.values))
  }

  init(_ columns: HistogramColumns) {
    self.init(columns.timestamps, values: SampleChunk.encodeHistograms(columns.values))
  }

  private init(_ timestamps: [Int64], values: [UInt8]) {
    let times = SampleChunk.encodeTimes(timestamps)
    var writer = ByteWriter()
    writer.varint(times.count)
    writer.bytes.append(contentsOf: times)
    writer.bytes.append(contentsOf: values)
    bytes = MappedBytes(writer.bytes)
    count = timestamps.count
    first = timestamps[0]
    last = timestamps[count - 1]
  }

  func overlaps(_ range: TimeRange) -> Bool {
    last > range.start.milliseconds && first <= range.end.milliseconds
  }

  func append(in range: TimeRange, to columns: inout SampleColumns) throws(Damage) {
    var (times, values) = try parts()
    try SampleChunk.append(
      times: &times, values: &values, count: count, in: range, to: &columns)
  }

  func append(in range: TimeRange, to columns: inout HistogramColumns) throws(Damage) {
    var (times, values) = try parts()
    try SampleChunk.append(
      times: &times, histograms: &values, count: count, in: range, to: &columns)
  }

  private func parts() throws(Damage) -> (times: MappedCursor, values: MappedCursor) {
    var cursor = bytes.cursor
    let length = try cursor.count("bytes of times", atMost: cursor.remaining)
    let times = try cursor.part(length, "times")
    return (times, cursor)
  }
}
