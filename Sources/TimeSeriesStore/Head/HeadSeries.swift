internal import MetricModel

/// The recent samples of one series: full chunks, the open tail as plain columns, and samples that
/// came late.
struct HeadSeries: Sendable {
  let labels: Labels
  private var chunks: [HeadChunk] = []
  private var tail = SampleColumns()
  /// Samples older than the newest at their arrival, in order of time.
  private var late = SampleColumns()
  /// The earliest and the latest time of all samples; meaningless while there are none.
  private(set) var earliest = Int64.max
  private(set) var latest = Int64.min

  /// The tail is compressed at this length.
  static let chunkSamples = 128

  init(_ labels: Labels) { self.labels = labels }

  /// Adds a sample at a time that the series doesn't have yet.
  mutating func add(_ time: Int64, _ value: Double) {
    earliest = min(earliest, time)
    guard time > latest || tail.isEmpty && chunks.isEmpty else {
      let place = late.timestamps[...].partition(after: time)
      late.timestamps.insert(time, at: place)
      late.values.insert(value, at: place)
      return
    }
    latest = time
    tail.timestamps.append(time)
    tail.values.append(value)
    if tail.count == Self.chunkSamples {
      chunks.append(HeadChunk(tail))
      tail.removeAll()
    }
  }

  /// Whether any sample may lie in `range`.
  func overlaps(_ range: TimeRange) -> Bool {
    latest > range.start.milliseconds && earliest <= range.end.milliseconds
  }

  /// Appends the samples in `range`, in order of time.
  func append(in range: TimeRange, to columns: inout SampleColumns) throws(Damage) {
    let start = columns.count
    for chunk in chunks where chunk.overlaps(range) { try chunk.append(in: range, to: &columns) }
    columns.append(rowsOf: tail, in: range)
    let middle = columns.count
    columns.append(rowsOf: late, in: range)
    columns.mergeRuns(from: start, at: middle)
  }
}

extension SampleColumns {
  fileprivate mutating func append(rowsOf other: SampleColumns, in range: TimeRange) {
    guard !other.isEmpty, !range.isEmpty else { return }
    let first = other.timestamps[...].partition(after: range.start.milliseconds)
    let end = other.timestamps[...].partition(after: range.end.milliseconds)
    timestamps.append(contentsOf: other.timestamps[first..<end])
    values.append(contentsOf: other.values[first..<end])
  }
}

/// A compressed run of samples: the length of the column of times as a varint, the column of times,
/// the column of values.
struct HeadChunk: Sendable {
  private let bytes: MappedBytes
  private let count: Int
  private let first: Int64
  private let last: Int64

  init(_ columns: SampleColumns) {
    let times = SampleChunk.encodeTimes(columns.timestamps)
    var writer = ByteWriter()
    writer.varint(times.count)
    writer.bytes.append(contentsOf: times)
    writer.bytes.append(contentsOf: SampleChunk.encodeValues(columns.values))
    bytes = MappedBytes(writer.bytes)
    count = columns.count
    first = columns.timestamps[0]
    last = columns.timestamps[count - 1]
  }

  func overlaps(_ range: TimeRange) -> Bool {
    last > range.start.milliseconds && first <= range.end.milliseconds
  }

  func append(in range: TimeRange, to columns: inout SampleColumns) throws(Damage) {
    var cursor = bytes.cursor
    let length = try cursor.count("bytes of times", atMost: cursor.remaining)
    var times = try bytes.cursor(in: try cursor.skip(length, "times"))
    try SampleChunk.append(
      times: &times, values: &cursor, count: count, in: range, to: &columns)
  }
}
