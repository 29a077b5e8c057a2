internal import MetricModel

/// Cutting, merging and removing rows, of numbers and of histograms alike.
extension SampleColumns {
  /// Merges two ordered runs into one: the numbers from `middle` on with those from `start` on, and
  /// the histograms likewise. Of two rows with one time the later run's is kept.
  mutating func mergeRuns(from start: RowCounts, at middle: RowCounts) {
    if start.numbers < middle.numbers { mergeRuns(from: start.numbers, at: middle.numbers) }
    if start.histograms < middle.histograms {
      histograms.mergeRuns(from: start.histograms, at: middle.histograms)
    }
  }

  /// Removes the rows from `start` on that lie in one of some ranges.
  mutating func remove(_ ranges: [TimeRange], from start: RowCounts) {
    for range in ranges {
      remove(range, from: start.numbers)
      histograms.remove(range, from: start.histograms)
    }
  }

  /// How many rows of each kind there are.
  var rowCounts: RowCounts { RowCounts(numbers: count, histograms: histograms.count) }

  /// The time of the newest row of either kind.
  var newestTime: Int64? {
    [timestamps.last, histograms.timestamps.last].compactMap { $0 }.max()
  }
}

struct RowCounts {
  var numbers = 0
  var histograms = 0
}

/// A column of times with one of something beside it.
protocol TimedColumn<Value> {
  associatedtype Value
  var timestamps: [Int64] { get set }
  var values: [Value] { get set }
}

extension SampleColumns: TimedColumn {}
extension HistogramColumns: TimedColumn {}

extension TimedColumn {
  /// Removes the rows from `count` on.
  mutating func truncate(to count: Int) {
    if timestamps.count > count { timestamps.removeLast(timestamps.count - count) }
    if values.count > count { values.removeLast(values.count - count) }
  }

  /// The rows that lie in `range`; times ascend.
  func rows(in range: TimeRange) -> Range<Int> {
    guard !timestamps.isEmpty, !range.isEmpty else { return 0..<0 }
    let first = timestamps[...].partition(after: range.start.milliseconds)
    return first..<timestamps[first...].partition(after: range.end.milliseconds)
  }

  /// Appends some rows of another column.
  mutating func append(_ rows: Range<Int>, of other: some TimedColumn<Value>) {
    guard !rows.isEmpty else { return }
    timestamps.append(contentsOf: other.timestamps[rows])
    values.append(contentsOf: other.values[rows])
  }

  /// Inserts a row where its time belongs.
  mutating func insert(_ time: Int64, _ value: Value) {
    let place = timestamps[...].partition(after: time)
    timestamps.insert(time, at: place)
    values.insert(value, at: place)
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

  /// Removes the rows from index `start` on that lie in `range`.
  mutating func remove(_ range: TimeRange, from start: Int) {
    let first = timestamps[start...].partition(after: range.start.milliseconds)
    let end = timestamps[start...].partition(after: range.end.milliseconds)
    guard first < end else { return }
    timestamps.removeSubrange(first..<end)
    values.removeSubrange(first..<end)
  }

  /// Merges two ordered runs, rows `start..<middle` and `middle...`, into one.
  ///
  /// Of two rows with one time the later run's is kept.
  mutating func mergeRuns(from start: Int, at middle: Int) {
    guard start < middle, middle < timestamps.count, timestamps[middle - 1] >= timestamps[middle]
    else { return }
    let leftTimes = Array(timestamps[start..<middle])
    let rightTimes = Array(timestamps[middle...])
    let leftValues = Array(values[start..<middle])
    let rightValues = Array(values[middle...])
    truncate(to: start)
    var (i, j) = (0, 0)
    while i < leftTimes.count || j < rightTimes.count {
      let takesLeft =
        j == rightTimes.count || (i < leftTimes.count && leftTimes[i] < rightTimes[j])
      if takesLeft {
        timestamps.append(leftTimes[i])
        values.append(leftValues[i])
        i += 1
      } else {
        if i < leftTimes.count && leftTimes[i] == rightTimes[j] { i += 1 }
        timestamps.append(rightTimes[j])
        values.append(rightValues[j])
        j += 1
      }
    }
  }
}
