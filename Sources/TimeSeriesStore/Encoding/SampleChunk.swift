internal import MetricModel

/// Encoding and decoding of one chunk: a column of times and a column of values.
///
/// A head's chunk holds both; a block stores them apart, so that series scraped together share one
/// column of times.
enum SampleChunk {
  /// The most samples of a chunk; a reader refuses larger counts before it allocates.
  static let samplesMax = 4096

  /// The times of `columns` in bytes.
  static func encodeTimes(_ times: [Int64]) -> [UInt8] {
    var writer = ByteWriter()
    IntegerColumn.encode(times, into: &writer)
    return writer.bytes
  }

  static func encodeValues(_ values: [Double]) -> [UInt8] {
    var writer = ByteWriter()
    ValueColumn.encode(values, into: &writer)
    return writer.bytes
  }

  static func encodeHistograms(_ histograms: [NativeHistogram]) -> [UInt8] {
    var writer = ByteWriter()
    HistogramColumn.encode(histograms, into: &writer)
    return writer.bytes
  }

  /// Appends the histograms of a chunk that lie in `range`.
  static func append(
    times: inout MappedCursor, histograms: inout MappedCursor, count: Int, in range: TimeRange,
    to columns: inout HistogramColumns
  ) throws(Damage) {
    guard count > 0, count <= samplesMax else {
      throw Damage(at: histograms.position, "chunk of \(count) samples, at most \(samplesMax)")
    }
    let start = columns.count
    let place = times.position
    do throws(Damage) {
      try IntegerColumn.decode(&times, count: count, into: &columns.timestamps)
      try HistogramColumn.decode(&histograms, count: count, into: &columns.values)
      guard columns.timestamps[start...].isStrictlyAscending else {
        throw Damage(at: place, "times don't ascend")
      }
    } catch {
      columns.truncate(to: start)
      throw error
    }
    columns.cut(to: range, from: start)
  }

  /// The times of a chunk by themselves, checked.
  static func times(_ cursor: inout MappedCursor, count: Int) throws(Damage) -> [Int64] {
    guard count > 0, count <= samplesMax else {
      throw Damage(at: cursor.position, "chunk of \(count) samples, at most \(samplesMax)")
    }
    let place = cursor.position
    var times: [Int64] = []
    try IntegerColumn.decode(&cursor, count: count, into: &times)
    guard times[...].isStrictlyAscending else { throw Damage(at: place, "times don't ascend") }
    return times
  }
}

extension ArraySlice<Int64> {
  /// The index of the first number greater than `bound`, the end index when there is none.
  ///
  /// - Precondition: ascending.
  func partition(after bound: Int64) -> Int {
    var (low, high) = (startIndex, endIndex)
    while low < high {
      let middle = low + (high - low) / 2
      if self[middle] > bound { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
