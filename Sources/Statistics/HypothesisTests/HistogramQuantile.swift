/// A quantile of a classic histogram with the interval that its counts allow.
///
/// ```swift
/// let p99 = try HistogramQuantile(of: buckets)
/// p99.value(at: 0.99)     // what histogram_quantile answers
/// try p99.interval(at: 0.99)
/// ```
///
/// Prometheus' interpolation: linear inside a bucket; the first bucket starts at 0, or is its own
/// bound where that is not positive; beyond the last finite bound the answer is that bound; NaN
/// without observations, ±∞ for q outside [0, 1]. It is an interpolation: with wide buckets a true
/// p99 of 150 ms can read 223 ms, and no count of requests mends that. Compare bucket counts, not
/// quantiles (`MannWhitneyTest`).
package struct HistogramQuantile: Sendable, Hashable {
  private let bounds: [Double]
  private let cumulative: [Double]

  package init(of buckets: BucketCounts) {
    bounds = buckets.upperBounds
    var sum = 0.0
    cumulative = buckets.counts.map {
      sum += $0
      return sum
    }
  }

  private var total: Double { cumulative.last ?? 0 }

  /// The interpolated quantile.
  package func value(at q: Double) -> Double {
    if q.isNaN || total == 0 { return .nan }
    if q < 0 { return -.infinity }
    if q > 1 { return .infinity }
    let rank = q * total
    guard let index = cumulative.firstIndex(where: { $0 >= rank }) else { return .nan }
    let bound = bounds[index]
    if bound == .infinity { return index > 0 ? bounds[index - 1] : .nan }
    if index == 0, bound <= 0 { return bound }
    let (start, below) = index == 0 ? (0, 0) : (bounds[index - 1], cumulative[index - 1])
    // 0/0 where q is 0 and the first bucket is empty: NaN, as in Prometheus.
    return start + (bound - start) * ((rank - below) / (cumulative[index] - below))
  }

  /// The interval of the quantile: Wilson's interval of q at this many observations, mapped through
  /// the same interpolation. Its level is that of the counts; it does not know the error of the
  /// interpolation.
  ///
  /// - Throws: `emptyInput` without observations, `invalidProbability` for q outside [0, 1].
  package func interval(at q: Double, level: Double = 0.95) throws(NotComputable)
    -> ConfidenceInterval
  {
    guard total > 0 else { throw .emptyInput }
    guard 0...1 ~= q else { throw .invalidProbability }
    let share = try ProportionInterval.wilson.of(
      Proportion(events: q * total, trials: total), level: level)
    return ConfidenceInterval(
      level: level, lower: value(at: share.lower), upper: value(at: share.upper))
  }
}
