internal import MetricModel

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

  /// Appends the numbers in `range`.
  ///
  /// - Parameters:
  ///   - times: of the chunks read before.
  ///   - place: which chunk of its series this is.
  func append(
    in range: TimeRange, to columns: inout SampleColumns, times: inout HeadTimes, at place: Int
  ) throws(Damage) {
    var (encodedTimes, values) = try parts()
    let known = try times.column(&encodedTimes, count: count, at: place)
    let first = known[...].partition(after: range.start.milliseconds)
    let end = known[first...].partition(after: range.end.milliseconds)
    let start = columns.values.count
    do throws(Damage) {
      try ValueColumn.decode(
        &values, count: count, rows: first..<end, into: &columns.values,
        leader: ValueColumn.noLeader)
    } catch {
      columns.values.removeLast(columns.values.count - start)
      throw error
    }
    columns.timestamps.append(contentsOf: known[first..<end])
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

/// The times of chunks that a reader of a head has decoded. Series scraped together have the same
/// times, chunk by chunk, and so the same bytes: most columns are met again at the next series.
struct HeadTimes {
  private struct Column {
    var encoded: MappedCursor
    var times: [Int64]
  }

  /// By the place of the chunk in its series.
  private var columns: [Column?] = []

  /// A series has as many chunks at most, unless it is scraped every few seconds.
  private static let columnsMax = 32

  /// The times of the chunk at a place, which are the rest of `encoded`.
  mutating func column(
    _ encoded: inout MappedCursor, count: Int, at place: Int
  ) throws(Damage) -> [Int64] {
    let place = place % Self.columnsMax
    if place < columns.count, let known = columns[place], known.times.count == count,
      known.encoded.hasSameRest(as: encoded)
    {
      return known.times
    }
    let start = encoded
    let times = try SampleChunk.times(&encoded, count: count)
    while columns.count <= place { columns.append(nil) }
    columns[place] = Column(encoded: start, times: times)
    return times
  }
}
