/// Which values of a sample lie far outside, by the common rules.
///
/// ```swift
/// let outliers = try Outliers(of: latencies)
/// outliers.tukey(factor: 1.5).flags
/// ```
///
/// Quantiles are of type 7. For values of gauges and benchmarks; never for counts, where the rare
/// large value is the event that a canary is watched for.
package struct Outliers: Sendable, Hashable {
  private let values: [Double]
  private let sorted: [Double]

  /// - Throws: `emptyInput`, `nanInput`.
  package init(of values: [Double]) throws(NotComputable) {
    guard !values.isEmpty else { throw .emptyInput }
    if values.contains(where: \.isNaN) { throw .nanInput }
    self.values = values
    sorted = sortedAscending(values)
  }

  /// Limits, and for each value whether it lies outside them.
  package struct Fences: Sendable, Hashable {
    package let lower: Double
    package let upper: Double
    package let flags: [Bool]
  }

  /// The quantile of the sample.
  package func quantile(_ p: Double) -> Double { QuantileEstimate.interpolated(sorted, at: p) }

  /// J. Tukey's fences, the quartiles ∓ f times their distance.
  package func tukey(factor: Double = 1.5) -> Fences {
    let (q1, q3) = (quantile(0.25), quantile(0.75))
    return fences(q1 - factor * (q3 - q1), q3 + factor * (q3 - q1))
  }

  /// Kayenta's fences: Tukey's, widened to the 1st and 99th percentiles.
  package func kayenta(factor: Double = 3) -> Fences {
    let tukey = tukey(factor: factor)
    return fences(min(tukey.lower, quantile(0.01)), max(tukey.upper, quantile(0.99)))
  }

  /// The median.
  package var median: Double { quantile(0.5) }

  /// The median absolute deviation from the median, not scaled.
  package var medianAbsoluteDeviation: Double {
    let median = median
    return QuantileEstimate.interpolated(values.map { abs($0 - median) }.sorted(), at: 0.5)
  }

  /// Whether |x − median| exceeds so many scaled median absolute deviations (1.4826 MAD); none when
  /// the MAD is 0.
  package func farFromMedian(threshold: Double = 3.5) -> [Bool] {
    let (median, scale) = (median, 1.4826 * medianAbsoluteDeviation)
    return values.map { scale > 0 && abs($0 - median) / scale > threshold }
  }

  /// Whether |x − mean| exceeds k standard deviations (divisor n).
  package func farFromMean(deviations k: Double = 3) -> [Bool] {
    let moments = Moments(of: values)
    let sd = (moments.squaredDeviations / moments.count).squareRoot()
    return values.map { abs($0 - moments.mean) > k * sd }
  }

  /// The values clipped to two quantiles.
  package func winsorized(at low: Double = 0.01, _ high: Double = 0.99) -> [Double] {
    let (lower, upper) = (quantile(low), quantile(high))
    return values.map { min(upper, max(lower, $0)) }
  }

  private func fences(_ lower: Double, _ upper: Double) -> Fences {
    Fences(lower: lower, upper: upper, flags: values.map { $0 < lower || $0 > upper })
  }
}
