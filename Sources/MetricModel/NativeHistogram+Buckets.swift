import Glibc

/// One bucket of a native histogram.
package struct HistogramBucket: Equatable, Sendable {
  package var lower: Double
  package var upper: Double
  package var isLowerInclusive: Bool
  package var isUpperInclusive: Bool
  /// Observations between the bounds.
  package var count: Double

  /// How the bounds are meant, as a number of the HTTP API: 0 (], 1 [), 2 () and 3 [].
  package var boundaryRule: Int {
    switch (isLowerInclusive, isUpperInclusive) {
    case (false, true): 0
    case (true, false): 1
    case (false, false): 2
    case (true, true): 3
    }
  }

  /// How much of the bucket lies at or below a value strictly inside it, from 0 to 1.
  ///
  /// - Parameter isLinear: observations are taken to be spread evenly, as they are in custom
  ///   buckets and the zero bucket; otherwise evenly on a logarithmic scale.
  func fraction(below value: Double, isLinear: Bool) -> Double {
    if isLinear { return (value - lower) / (upper - lower) }
    let low = log2(lower.magnitude)
    let high = log2(upper.magnitude)
    let point = log2(value.magnitude)
    return value > 0 ? (point - low) / (high - low) : 1 - (point - high) / (low - high)
  }
}

/// The buckets of a histogram in ascending order: negative ones, the zero bucket if it is
/// populated, positive ones. Bounds are computed when asked for.
///
/// Where a neighbour reaches into the zero bucket, its bound is that of the zero bucket.
package struct HistogramBucketList: RandomAccessCollection, Sendable {
  private let cells: HistogramCells<Double>
  private let hasZeroBucket: Bool

  init(_ cells: HistogramCells<Double>) {
    self.cells = cells
    hasZeroBucket = cells.zeroCount > 0
  }

  package var startIndex: Int { 0 }
  package var endIndex: Int {
    cells.negative.count + (hasZeroBucket ? 1 : 0) + cells.positive.count
  }

  package subscript(position: Int) -> HistogramBucket {
    if position < cells.negative.count {
      return cells.negativeBucket(cells.negative.count - 1 - position).clipped(cells.zeroThreshold)
    }
    let behind = position - cells.negative.count - (hasZeroBucket ? 1 : 0)
    return behind < 0
      ? cells.zeroBucket : cells.positiveBucket(behind).clipped(cells.zeroThreshold)
  }
}

extension NativeHistogram {
  /// All buckets, ascending. Explicitly empty ones are among them.
  package var buckets: HistogramBucketList { HistogramBucketList(cells) }
}

extension HistogramCells<Double> {
  var zeroBucket: HistogramBucket {
    HistogramBucket(
      lower: -zeroThreshold, upper: zeroThreshold, isLowerInclusive: true,
      isUpperInclusive: true, count: zeroCount)
  }

  /// The positive bucket at a position of the column.
  func positiveBucket(_ position: Int) -> HistogramBucket {
    let index = positive.indices[position]
    let lower = lowerBound(index)
    let upper = upperBound(index)
    return HistogramBucket(
      lower: lower, upper: upper,
      isLowerInclusive: usesCustomBounds ? index == 0 : lower < 0,
      isUpperInclusive: usesCustomBounds || upper > 0, count: positive.values[position])
  }

  /// The negative bucket at a position of the column, which goes down from zero.
  func negativeBucket(_ position: Int) -> HistogramBucket {
    let index = negative.indices[position]
    let lower = -upperBound(index)
    let upper = -lowerBound(index)
    return HistogramBucket(
      lower: lower, upper: upper, isLowerInclusive: lower < 0, isUpperInclusive: upper > 0,
      count: negative.values[position])
  }
}

extension HistogramBucket {
  /// Without what belongs to a zero bucket of this half width.
  fileprivate func clipped(_ threshold: Double) -> HistogramBucket {
    var bucket = self
    if upper < 0 && upper > -threshold { bucket.upper = -threshold }
    if lower > 0 && lower < threshold { bucket.lower = threshold }
    return bucket
  }
}
