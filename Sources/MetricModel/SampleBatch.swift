/// Samples on their way into a store: rows of (series, time, value) as columns, series named once.
///
///     var batch = SampleBatch()
///     let series = batch.addSeries(labels)
///     batch.append(series: series, time, 1)
///
/// Rows of one series are in the order in which they arrived; the store decides what is too late.
package struct SampleBatch: Sendable {
  /// The series; the same labels may occur more than once.
  package private(set) var labels: [Labels] = []
  /// For each row, an index into `labels`.
  package private(set) var series: [UInt32] = []
  /// For each row, milliseconds since the epoch.
  package private(set) var timestamps: [Int64] = []
  /// For each row, the value, bit for bit.
  package private(set) var values: [Double] = []

  package init() {}

  /// The number of rows.
  package var count: Int { values.count }
  package var isEmpty: Bool { values.isEmpty }

  /// Names a series; the result goes into `append(series:_:_:)`.
  package mutating func addSeries(_ labels: Labels) -> UInt32 {
    self.labels.append(labels)
    return UInt32(truncatingIfNeeded: self.labels.count - 1)
  }

  package mutating func append(series: UInt32, _ time: Timestamp, _ value: Double) {
    precondition(Int(series) < labels.count, "series is named before its rows")
    self.series.append(series)
    timestamps.append(time.milliseconds)
    values.append(value)
  }

  /// Adds a whole series.
  package mutating func append(_ labels: Labels, _ columns: SampleColumns) {
    let index = addSeries(labels)
    series.append(contentsOf: repeatElement(index, count: columns.count))
    timestamps.append(contentsOf: columns.timestamps)
    values.append(contentsOf: columns.values)
  }

  package mutating func removeAll() {
    labels.removeAll(keepingCapacity: true)
    series.removeAll(keepingCapacity: true)
    timestamps.removeAll(keepingCapacity: true)
    values.removeAll(keepingCapacity: true)
  }
}
