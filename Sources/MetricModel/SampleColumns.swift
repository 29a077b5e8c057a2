/// The samples of one series as columns: numbers on one time line, native histograms on another.
///
///     var samples = SampleColumns()
///     samples.append(time, 1)
///     samples.histograms.append(later, histogram)
///
/// Times of each line ascend without repeats, and the two lines share no time. Most series hold
/// nothing but numbers, and those that do pay for histograms with one look at an empty array.
/// A staleness marker is always a number, also where a series of histograms ends.
package struct SampleColumns: Equatable, Sendable {
  /// Of the numbers, in milliseconds since the epoch.
  package var timestamps: [Int64]
  package var values: [Double]
  /// Since when each number has counted, in milliseconds; 0 where nobody knows, and empty when that
  /// is so for all of them.
  package var startTimes: [Int64]
  package var histograms: HistogramColumns

  package init(
    timestamps: [Int64] = [], values: [Double] = [], startTimes: [Int64] = [],
    histograms: HistogramColumns = HistogramColumns()
  ) {
    precondition(timestamps.count == values.count, "columns of one series have one length")
    precondition(startTimes.isEmpty || startTimes.count == values.count, "all or none start")
    self.timestamps = timestamps
    self.values = values
    self.startTimes = startTimes
    self.histograms = histograms
  }

  /// The number of numbers; histograms are counted by themselves.
  package var count: Int { timestamps.count }
  /// Whether there is no sample of either kind.
  package var isEmpty: Bool { timestamps.isEmpty && histograms.isEmpty }

  /// What the samples take, without room kept for more.
  package var sizeBytes: Int {
    8 * (timestamps.count + values.count + startTimes.count + histograms.timestamps.count)
      + histograms.values.reduce(0) { $0 + $1.sizeBytes }
  }

  /// - Parameter startTime: Since when the number has counted; 0 when nobody knows.
  package mutating func append(_ time: Timestamp, _ value: Double, startTime: Int64 = 0) {
    if startTime != 0 || !startTimes.isEmpty {
      startTimes.fillUp(to: values.count)
      startTimes.append(startTime)
    }
    timestamps.append(time.milliseconds)
    values.append(value)
  }

  package mutating func removeAll(keepingCapacity: Bool = true) {
    timestamps.removeAll(keepingCapacity: keepingCapacity)
    values.removeAll(keepingCapacity: keepingCapacity)
    if !startTimes.isEmpty { startTimes.removeAll(keepingCapacity: keepingCapacity) }
    if !histograms.isEmpty { histograms.removeAll(keepingCapacity: keepingCapacity) }
  }

  /// Equality of bits, so that NaNs and staleness markers compare as what they are.
  package static func == (left: SampleColumns, right: SampleColumns) -> Bool {
    left.timestamps == right.timestamps && left.startTimes == right.startTimes
      && left.values.elementsEqual(right.values) { $0.bitPattern == $1.bitPattern }
      && left.histograms == right.histograms
  }
}

/// The samples of a series that are native histograms; times ascend without repeats.
package struct HistogramColumns: Equatable, Sendable {
  /// Milliseconds since the epoch.
  package var timestamps: [Int64]
  package var values: [NativeHistogram]
  /// As `SampleColumns.startTimes`.
  package var startTimes: [Int64]

  package init(
    timestamps: [Int64] = [], values: [NativeHistogram] = [], startTimes: [Int64] = []
  ) {
    precondition(timestamps.count == values.count, "columns of one series have one length")
    precondition(startTimes.isEmpty || startTimes.count == values.count, "all or none start")
    self.timestamps = timestamps
    self.values = values
    self.startTimes = startTimes
  }

  package var count: Int { timestamps.count }
  package var isEmpty: Bool { timestamps.isEmpty }

  /// - Parameter startTime: Since when the histogram has counted; 0 when nobody knows.
  package mutating func append(
    _ time: Timestamp, _ histogram: NativeHistogram, startTime: Int64 = 0
  ) {
    if startTime != 0 || !startTimes.isEmpty {
      startTimes.fillUp(to: values.count)
      startTimes.append(startTime)
    }
    timestamps.append(time.milliseconds)
    values.append(histogram)
  }

  package mutating func removeAll(keepingCapacity: Bool = true) {
    timestamps.removeAll(keepingCapacity: keepingCapacity)
    values.removeAll(keepingCapacity: keepingCapacity)
    startTimes.removeAll(keepingCapacity: keepingCapacity)
  }
}

extension [Int64] {
  /// Adds unknown start times up to a length.
  fileprivate mutating func fillUp(to length: Int) {
    if count < length { append(contentsOf: repeatElement(0, count: length - count)) }
  }
}

/// Labels with their samples.
package struct Series: Equatable, Sendable {
  package var labels: Labels
  package var samples: SampleColumns

  package init(labels: Labels, samples: SampleColumns) {
    self.labels = labels
    self.samples = samples
  }
}
