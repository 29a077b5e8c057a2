/// What happened on the way of an addition and deserves a word to the user.
package struct HistogramRemarks: OptionSet, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// One side began after a reset and the other didn't, so the sum is neither.
  package static let counterResetCollision = HistogramRemarks(rawValue: 1)
  /// Custom bounds differed and were reduced to those in common.
  package static let boundsReconciled = HistogramRemarks(rawValue: 2)
}

extension NativeHistogram {
  /// Adds another histogram on the finest grid that both can take: the lower schema, the wider zero
  /// bucket, the custom bounds in common.
  ///
  /// - Throws: when one is exponential and the other has custom bounds; then nothing has changed.
  @discardableResult
  package mutating func add(
    _ other: NativeHistogram
  ) throws(HistogramMismatch) -> HistogramRemarks {
    try combine(other, negated: false)
  }

  /// As `add`, but takes away. PromQL's `-` makes a gauge of the result, which is left to it.
  @discardableResult
  package mutating func subtract(
    _ other: NativeHistogram
  ) throws(HistogramMismatch) -> HistogramRemarks {
    try combine(other, negated: true)
  }

  private mutating func combine(
    _ other: NativeHistogram, negated: Bool
  ) throws(HistogramMismatch) -> HistogramRemarks {
    var remarks: HistogramRemarks = []
    if try cells.add(other.cells, negated: negated) { remarks.insert(.boundsReconciled) }
    if hint.combine(with: other.hint) { remarks.insert(.counterResetCollision) }
    return remarks
  }

  /// Merges buckets down to a lower schema; does nothing with custom bounds or a schema that isn't
  /// lower.
  package mutating func reduceResolution(to schema: Int32) { cells.reduce(to: schema) }
}

extension CounterResetHint {
  /// The hint of a sum: gauges win, then ignorance, and a reset with its opposite is ignorance too.
  ///
  /// - Returns: whether it was the last.
  mutating func combine(with other: CounterResetHint) -> Bool {
    if self == other { return false }
    let isCollision = self != .gauge && other != .gauge && self != .unknown && other != .unknown
    self = self == .gauge || other == .gauge ? .gauge : .unknown
    return isCollision
  }
}

/// A sum of native histograms that keeps what rounding takes away (Neumaier), as `sum` does.
///
///     var sum = HistogramSum(first)
///     for histogram in others { try sum.add(histogram) }
///     sum.result
package struct HistogramSum: Sendable {
  private var cells: HistogramCells<CompensatedNumber>
  private var hint: CounterResetHint
  private var hasSeenReset: Bool
  private var hasSeenNotReset: Bool
  private var isReconciled = false

  /// The sum of one.
  package init(_ first: NativeHistogram) {
    let plain = first.cells
    cells = HistogramCells(
      schema: plain.schema, zeroThreshold: plain.zeroThreshold, customBounds: plain.customBounds,
      count: CompensatedNumber(plain.count), sum: CompensatedNumber(plain.sum),
      zeroCount: CompensatedNumber(plain.zeroCount), positive: plain.positive.compensated,
      negative: plain.negative.compensated)
    hint = first.hint
    hasSeenReset = first.hint == .reset
    hasSeenNotReset = first.hint == .notReset
  }

  package mutating func add(_ other: NativeHistogram) throws(HistogramMismatch) {
    if try cells.add(other.cells) { isReconciled = true }
    _ = hint.combine(with: other.hint)
    if other.hint == .reset { hasSeenReset = true }
    if other.hint == .notReset { hasSeenNotReset = true }
  }

  /// Adds another sum, its remainders included.
  package mutating func merge(_ other: HistogramSum) throws(HistogramMismatch) {
    if try cells.add(other.cells) { isReconciled = true }
    _ = hint.combine(with: other.hint)
    isReconciled = isReconciled || other.isReconciled
    hasSeenReset = hasSeenReset || other.hasSeenReset
    hasSeenNotReset = hasSeenNotReset || other.hasSeenNotReset
  }

  package var hasOverflow: Bool { cells.hasOverflow }

  /// What happened so far.
  package var remarks: HistogramRemarks {
    var remarks: HistogramRemarks = []
    if hasSeenReset && hasSeenNotReset { remarks.insert(.counterResetCollision) }
    if isReconciled { remarks.insert(.boundsReconciled) }
    return remarks
  }

  mutating func scale(_ transform: (Double) -> Double) {
    cells.forEachNumber { $0.scale(transform) }
  }

  /// The sum with its remainders.
  package var result: NativeHistogram {
    NativeHistogram(
      cells: HistogramCells(
        schema: cells.schema, zeroThreshold: cells.zeroThreshold,
        customBounds: cells.customBounds, count: cells.count.value, sum: cells.sum.value,
        zeroCount: cells.zeroCount.value, positive: cells.positive.plain,
        negative: cells.negative.plain), hint: hint)
  }
}

/// A mean of native histograms, as `avg` takes it: the sum divided, unless the sum goes beyond all
/// numbers, and then a running mean.
package struct HistogramMean: Sendable {
  private var sum: HistogramSum
  private var count = 1.0
  /// Whether `sum` is the mean so far.
  private var isRunning = false

  /// The mean of one.
  package init(_ first: NativeHistogram) { sum = HistogramSum(first) }

  package mutating func add(_ other: NativeHistogram) throws(HistogramMismatch) {
    count += 1
    if !isRunning {
      var next = sum
      try next.add(other)
      if !next.hasOverflow {
        sum = next
        return
      }
      isRunning = true
      let summed = count - 1
      sum.scale { $0 / summed }
    }
    let kept = (count - 1) / count
    sum.scale { $0 * kept }
    var share = other
    share.divide(by: count)
    try sum.add(share)
  }

  /// What happened so far.
  package var remarks: HistogramRemarks { sum.remarks }

  package var result: NativeHistogram {
    guard !isRunning else { return sum.result }
    var mean = sum
    let count = count
    mean.scale { $0 / count }
    return mean.result
  }
}

extension BucketColumn<Double> {
  var compensated: BucketColumn<CompensatedNumber> {
    BucketColumn<CompensatedNumber>(indices: indices, populations.map(CompensatedNumber.init))
  }
}

extension BucketColumn<CompensatedNumber> {
  var plain: HistogramBuckets { HistogramBuckets(indices: indices, populations.map(\.value)) }
}
