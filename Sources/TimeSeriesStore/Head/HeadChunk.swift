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
    let parts = try parts()
    var values = parts.values
    let wanted = try times.column(parts.times, count: count, in: range, at: place)
    let start = columns.values.count
    do throws(Damage) {
      try ValueColumn.decode(
        &values, count: count, rows: wanted.rows, into: &columns.values,
        leader: ValueColumn.noLeader)
    } catch {
      columns.values.removeLast(columns.values.count - start)
      throw error
    }
    columns.timestamps.append(contentsOf: wanted.times[wanted.rows])
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

/// The times of chunks that a reader of a head has met. Series scraped together have the same
/// times, chunk by chunk, and so the same bytes: most are met again, at the next series or later.
struct HeadTimes {
  /// By the place of the chunk in its series.
  private var columns: [WantedTimes?] = []
  private let cache: ColumnCache

  /// A series has as many chunks at most, unless it is scraped every few seconds.
  private static let columnsMax = 32

  init(_ cache: ColumnCache) {
    self.cache = cache
  }

  /// The times of the chunk at a place, which are the rest of `encoded`.
  mutating func column(
    _ encoded: MappedCursor, count: Int, in range: TimeRange, at place: Int
  ) throws(Damage) -> WantedTimes {
    let place = place % Self.columnsMax
    if place < columns.count, let known = columns[place], known.times.count == count,
      known.range == range, known.encoded?.hasSameRest(as: encoded) == true
    {
      return known
    }
    let key = ColumnCache.Key.head(checksum: encoded.checksum, sizeBytes: encoded.remaining)
    let wanted = try cache.times(key, count: count, in: range, encoded: encoded) {
      () throws(Damage) in
      var cursor = encoded
      return try SampleChunk.times(&cursor, count: count)
    }
    while columns.count <= place { columns.append(nil) }
    columns[place] = wanted
    return wanted
  }
}
