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

  /// Appends the samples of a chunk that lie in `range`.
  ///
  /// - Returns: whether all of them did.
  static func append(
    times: inout MappedCursor, values: inout MappedCursor, count: Int, in range: TimeRange,
    to columns: inout SampleColumns
  ) throws(Damage) {
    guard count > 0, count <= samplesMax else {
      throw Damage(at: values.position, "chunk of \(count) samples, at most \(samplesMax)")
    }
    let start = columns.count
    let place = times.position
    do throws(Damage) {
      try IntegerColumn.decode(&times, count: count, into: &columns.timestamps)
      try ValueColumn.decode(&values, count: count, into: &columns.values)
    } catch {
      columns.timestamps.removeLast(columns.timestamps.count - start)
      columns.values.removeLast(columns.values.count - start)
      throw error
    }
    guard columns.timestamps[start...].isStrictlyAscending else {
      columns.truncate(to: start)
      throw Damage(at: place, "times don't ascend")
    }
    columns.cut(to: range, from: start)
  }
}

extension SampleColumns {
  /// Removes the rows from `count` on.
  mutating func truncate(to count: Int) {
    timestamps.removeLast(timestamps.count - count)
    values.removeLast(values.count - count)
  }

  /// Removes the rows from index `start` on that lie outside `range`; they must be in order.
  mutating func cut(to range: TimeRange, from start: Int) {
    guard let first = timestamps[start...].first, let last = timestamps.last else { return }
    if last > range.end.milliseconds {
      truncate(to: timestamps[start...].partition(after: range.end.milliseconds))
    }
    if first <= range.start.milliseconds {
      let keep = timestamps[start...].partition(after: range.start.milliseconds)
      timestamps.removeSubrange(start..<keep)
      values.removeSubrange(start..<keep)
    }
  }

  /// Merges two ordered runs, rows `start..<middle` and `middle...`, into one.
  ///
  /// Of two rows with one time the later run's is kept.
  mutating func mergeRuns(from start: Int, at middle: Int) {
    guard start < middle, middle < count, timestamps[middle - 1] >= timestamps[middle] else {
      return
    }
    let left = SampleColumns(
      timestamps: Array(timestamps[start..<middle]), values: Array(values[start..<middle]))
    let right = SampleColumns(
      timestamps: Array(timestamps[middle...]), values: Array(values[middle...]))
    truncate(to: start)
    var (i, j) = (0, 0)
    while i < left.count || j < right.count {
      let takesLeft =
        j == right.count || (i < left.count && left.timestamps[i] < right.timestamps[j])
      if takesLeft {
        timestamps.append(left.timestamps[i])
        values.append(left.values[i])
        i += 1
      } else {
        if i < left.count && left.timestamps[i] == right.timestamps[j] { i += 1 }
        timestamps.append(right.timestamps[j])
        values.append(right.values[j])
        j += 1
      }
    }
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
