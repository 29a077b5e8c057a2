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

  /// Appends the samples of one series of a page in `range`, in order of time.
  ///
  /// Takes of it only what it needs: a copy of all counts a reference for each of its fields.
  ///
  /// - Parameter times: of the chunks read before.
  static func append(
    _ slot: Int, of page: borrowing [HeadSeries], in range: TimeRange,
    to columns: inout SampleColumns, times: inout HeadTimes
  ) throws(Damage) {
    let page = page.span
    let start = columns.count
    let chunks = page[slot].chunks
    for place in chunks.indices where chunks[place].overlaps(range) {
      try chunks[place].append(in: range, to: &columns, times: &times, at: place)
    }
    if page[slot].overlaps(range) { columns.append(page[slot].tail, in: range) }
    guard let unusual = page[slot].unusual.first else { return }
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

extension SampleColumns {
  fileprivate mutating func append(_ tail: [TimedNumber], in range: TimeRange) {
    let first = tail.partition(after: range.start.milliseconds)
    let end = max(first, tail.partition(after: range.end.milliseconds))
    let rows = tail.span.extracting(first..<end)
    timestamps.append(addingCapacity: rows.count) { place in
      for row in rows.indices { place.append(rows[row].time) }
    }
    values.append(addingCapacity: rows.count) { place in
      for row in rows.indices { place.append(rows[row].value) }
    }
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
