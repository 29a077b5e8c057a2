/// Samples on their way into a store: rows of (series, time, value) as columns, series named once.
///
///     var batch = SampleBatch()
///     let series = batch.addSeries(labels)
///     batch.append(series: series, time, 1)
///
/// Rows of one series are in the order in which they arrived; the store decides what is too late.
/// What only some senders know stands beside the columns and is empty otherwise: start times,
/// native histograms, exemplars, metadata.
package struct SampleBatch: Sendable {
  /// The series; the same labels may occur more than once.
  package internal(set) var labels: [Labels] = []
  /// For each row, an index into `labels`.
  package private(set) var series: [UInt32] = []
  /// For each row, milliseconds since the epoch.
  package private(set) var timestamps: [Int64] = []
  /// For each row, the value, bit for bit.
  package private(set) var values: [Double] = []
  /// Since when the counters of rows have counted, in milliseconds since the epoch, 0 where that
  /// isn't known. One for each row, or empty when it isn't known of any.
  package private(set) var startTimes: [Int64] = []
  /// Samples that are native histograms, in order of arrival.
  package private(set) var histograms: [HistogramRow] = []
  /// Exemplars of series, in order of arrival.
  package private(set) var exemplars: [ExemplarRow] = []
  /// What is known about metric families.
  package private(set) var metadata: [MetricMetadata] = []
  /// What came with the rows and can't be stored; it is in none of the columns.
  package private(set) var refusals: [RowRefusal] = []

  package init() {}

  /// The number of rows, native histograms not counted.
  package var count: Int { values.count }
  /// Whether there is nothing to store at all.
  package var isEmpty: Bool {
    values.isEmpty && histograms.isEmpty && exemplars.isEmpty && metadata.isEmpty
  }

  /// Names a series; the result goes into `append(series:_:_:)`.
  package mutating func addSeries(_ labels: Labels) -> UInt32 {
    self.labels.append(labels)
    return UInt32(truncatingIfNeeded: self.labels.count - 1)
  }

  /// - Parameter startTime: since when the counter has counted, if that is known.
  package mutating func append(
    series: UInt32, _ time: Timestamp, _ value: Double, startTime: Timestamp? = nil
  ) {
    precondition(Int(series) < labels.count, "series is named before its rows")
    self.series.append(series)
    timestamps.append(time.milliseconds)
    values.append(value)
    if let startTime, startTimes.isEmpty, startTime.milliseconds != 0 {
      startTimes = [Int64](repeating: 0, count: count - 1)
      startTimes.append(startTime.milliseconds)
    } else if startTimes.count == count - 1, count > 1 {
      startTimes.append(startTime?.milliseconds ?? 0)
    }
  }

  package mutating func append(_ row: HistogramRow) {
    precondition(Int(row.series) < labels.count, "series is named before its rows")
    histograms.append(row)
  }

  package mutating func append(_ row: ExemplarRow) {
    precondition(Int(row.series) < labels.count, "series is named before its rows")
    exemplars.append(row)
  }

  package mutating func append(_ metadata: MetricMetadata) { self.metadata.append(metadata) }

  package mutating func append(_ refusal: RowRefusal) { refusals.append(refusal) }

  /// Adds a whole series with its samples of both kinds.
  package mutating func append(_ labels: Labels, _ columns: SampleColumns) {
    let index = addSeries(labels)
    if startTimes.isEmpty && !columns.startTimes.isEmpty {
      startTimes = [Int64](repeating: 0, count: count)
    }
    series.append(contentsOf: repeatElement(index, count: columns.count))
    timestamps.append(contentsOf: columns.timestamps)
    values.append(contentsOf: columns.values)
    if !columns.startTimes.isEmpty {
      startTimes.append(contentsOf: columns.startTimes)
    } else if !startTimes.isEmpty {
      startTimes.append(contentsOf: repeatElement(0, count: columns.count))
    }
    for (position, time) in columns.histograms.timestamps.enumerated() {
      let start =
        columns.histograms.startTimes.isEmpty ? 0 : columns.histograms.startTimes[position]
      histograms.append(
        HistogramRow(
          series: index, time: Timestamp(milliseconds: time),
          startTime: start == 0 ? nil : Timestamp(milliseconds: start),
          histogram: columns.histograms.values[position]))
    }
  }

  package mutating func removeAll() {
    labels.removeAll(keepingCapacity: true)
    series.removeAll(keepingCapacity: true)
    timestamps.removeAll(keepingCapacity: true)
    values.removeAll(keepingCapacity: true)
    startTimes.removeAll(keepingCapacity: true)
    histograms.removeAll(keepingCapacity: true)
    exemplars.removeAll(keepingCapacity: true)
    metadata.removeAll(keepingCapacity: true)
    refusals.removeAll(keepingCapacity: true)
  }
}

/// A native histogram on its way into a store.
package struct HistogramRow: Equatable, Sendable {
  /// An index into the batch's labels.
  package var series: UInt32
  package var time: Timestamp
  /// Since when it has counted, if that is known.
  package var startTime: Timestamp?
  package var histogram: NativeHistogram

  package init(
    series: UInt32, time: Timestamp, startTime: Timestamp? = nil, histogram: NativeHistogram
  ) {
    self.series = series
    self.time = time
    self.startTime = startTime
    self.histogram = histogram
  }
}

/// An exemplar on its way into a store.
package struct ExemplarRow: Equatable, Sendable {
  /// An index into the batch's labels.
  package var series: UInt32
  package var exemplar: Exemplar

  package init(series: UInt32, exemplar: Exemplar) {
    self.series = series
    self.exemplar = exemplar
  }
}

/// A part of a message that can't be stored, while the rest can.
package struct RowRefusal: Equatable, Sendable {
  /// Names the series and what is wrong.
  package var reason: String
  /// What is lost.
  package var samples = 0
  package var histograms = 0
  package var exemplars = 0

  package init(_ reason: String) { self.reason = reason }
}
