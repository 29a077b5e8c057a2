internal import MetricModel

/// The recent samples of one series: full chunks, the open tail as plain rows, and what few series
/// have. A million of these are in memory at once, so every field counts.
struct HeadSeries: Sendable {
  let labels: Labels
  private var chunks: [HeadChunk] = []
  private var tail: [TimedNumber] = []
  /// At most one, none in most series.
  private var unusual: [UnusualSamples] = []
  /// The earliest and the latest time of all samples; meaningless while there are none.
  private(set) var earliest = Int64.max
  private(set) var latest = Int64.min

  /// The tail is compressed at this length.
  static let chunkSamples = 128

  init(_ labels: Labels) { self.labels = labels }

  /// Adds a sample at a time that the series doesn't have yet.
  mutating func add(_ time: Int64, _ value: Double) {
    addPlain(time, value)
    if tail.count == Self.chunkSamples { pack() }
  }

  /// The same, and leaves compressing to a later `pack`: restarts needn't wait for it.
  mutating func addPlain(_ time: Int64, _ value: Double) {
    earliest = min(earliest, time)
    let newestNumber = tail.last?.time ?? chunks.last?.last ?? .min
    latest = max(latest, time)
    if time > newestNumber || tail.isEmpty && chunks.isEmpty {
      tail.append(TimedNumber(time: time, value: value))
    } else {
      if unusual.isEmpty { unusual.append(UnusualSamples()) }
      unusual[0].late.insert(time, value)
    }
  }

  /// Whether the tail is longer than it need be.
  var isPlain: Bool { tail.count >= Self.chunkSamples }

  /// Compresses the tail as far as it fills chunks.
  mutating func pack() {
    var packed = 0
    while tail.count - packed >= Self.chunkSamples {
      chunks.append(HeadChunk(NumberColumns(tail[packed..<packed + Self.chunkSamples])))
      packed += Self.chunkSamples
    }
    if tail.count == Self.chunkSamples {
      tail.removeAll(keepingCapacity: true)
    } else {
      tail = Array(tail[packed...])
    }
  }

  /// Adds a histogram at a time that the series doesn't have yet.
  mutating func add(_ time: Int64, _ histogram: NativeHistogram) {
    earliest = min(earliest, time)
    latest = max(latest, time)
    if unusual.isEmpty { unusual.append(UnusualSamples()) }
    unusual[0].histograms.add(time, histogram)
  }

  /// Whether any sample may lie in `range`.
  func overlaps(_ range: TimeRange) -> Bool {
    latest > range.start.milliseconds && earliest <= range.end.milliseconds
  }

  /// Appends the samples in `range`, in order of time.
  func append(in range: TimeRange, to columns: inout SampleColumns) throws(Damage) {
    let start = columns.count
    for chunk in chunks where chunk.overlaps(range) { try chunk.append(in: range, to: &columns) }
    if overlaps(range) {
      let times = tail.partition(after: range.start.milliseconds)
      for row in tail[times..<max(times, tail.partition(after: range.end.milliseconds))] {
        columns.timestamps.append(row.time)
        columns.values.append(row.value)
      }
    }
    guard let unusual = unusual.first else { return }
    let middle = columns.count
    columns.append(unusual.late.rows(in: range), of: unusual.late)
    columns.mergeRuns(from: start, at: middle)
    try unusual.histograms.append(in: range, to: &columns.histograms)
  }
}

/// A sample of an open tail. Rows in one array, not columns in two: a series that seldom gets a
/// sample takes half as much memory, and a sample that comes touches half as many places.
struct TimedNumber: Sendable {
  var time: Int64
  var value: Double
}

extension [TimedNumber] {
  /// The index of the first row later than `time`; rows are in order.
  fileprivate func partition(after time: Int64) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle].time > time { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

/// What few series have.
struct UnusualSamples: Sendable {
  /// Samples older than the newest at their arrival, in order of time.
  var late = NumberColumns()
  var histograms = HistogramRun()
}

/// `SampleColumns` of numbers only.
struct NumberColumns: TimedColumn, Sendable {
  var timestamps: [Int64] = []
  var values: [Double] = []

  init() {}

  init(_ rows: ArraySlice<TimedNumber>) {
    timestamps = rows.map(\.time)
    values = rows.map(\.value)
  }
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
