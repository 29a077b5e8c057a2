import Glibc

/// A quantile of one sample with an interval that assumes nothing about its distribution.
///
/// ```swift
/// let p99 = try QuantileEstimate(of: latencies, at: 0.99)
/// p99.value
/// p99.interval  // infinite where the sample is too small to bound it
/// ```
///
/// The value interpolates between order statistics at (n − 1) q (type 7 of R. Hyndman, Y. Fan, Am.
/// Stat. 50, 1996; numpy's "linear"). The interval [x_(l), x_(u)] has l the largest rank with
/// P(Bin(n, q) < l) ≤ (1 − level)/2 and u the smallest with P(Bin(n, q) ≥ u) ≤ (1 − level)/2.
package struct QuantileEstimate: Sendable, Hashable {
  package let probability: Double
  package let value: Double
  package let interval: ConfidenceInterval
  /// The ranks l and u, from 0 (−∞) to n + 1 (∞).
  package let (lowerRank, upperRank): (Int, Int)
  /// The size of the sample.
  package let count: Int

  /// - Throws: `emptyInput`, `nanInput`, `invalidProbability` for q outside [0, 1].
  package init(
    of values: [Double], at q: Double, level: Double = 0.95
  ) throws(NotComputable) {
    guard !values.isEmpty else { throw .emptyInput }
    if q.isNaN || values.contains(where: \.isNaN) { throw .nanInput }
    guard 0...1 ~= q, level > 0, level < 1 else { throw .invalidProbability }
    let sorted = sortedAscending(values)
    let n = Double(sorted.count)
    let law = Binomial(trials: n, probability: q)
    let share = (1 - level) / 2
    // P(Bin < l) ≤ share fails first at the l whose l − 1 has a larger lower tail.
    let lower = leastInteger(in: 0...n) { law.cdf($0) > share }
    let upper = leastInteger(in: 0...(n + 1)) { law.survival($0 - 1) <= share }
    count = sorted.count
    probability = q
    value = Self.interpolated(sorted, at: q)
    lowerRank = Int(lower)
    upperRank = Int(upper)
    interval = ConfidenceInterval(
      level: level, lower: lower < 1 ? -.infinity : sorted[Int(lower) - 1],
      upper: upper > n ? .infinity : sorted[max(0, Int(upper) - 1)])
  }

  /// The standard error that a normal interval of the same width would have.
  ///
  /// - Throws: `tooFewObservations` where the interval is infinite.
  package func standardError() throws(NotComputable) -> Double {
    guard interval.lower.isFinite, interval.upper.isFinite else { throw .tooFewObservations }
    let z = Normal.standard.inverseSurvival((1 - interval.level) / 2)
    return (interval.upper - interval.lower) / (2 * z)
  }

  /// The type 7 quantile of ascending values; NaN for none.
  package static func interpolated(_ sorted: [Double], at q: Double) -> Double {
    guard let last = sorted.last, 0...1 ~= q else { return .nan }
    let position = Double(sorted.count - 1) * q
    let index = Int(position.rounded(.down))
    guard index + 1 < sorted.count else { return last }
    let fraction = position - Double(index)
    guard fraction > 0 else { return sorted[index] }
    return sorted[index] + fraction * (sorted[index + 1] - sorted[index])
  }
}

/// The difference of one quantile between two arms.
///
/// A normal interval from both arms' `standardError()`. Rough in small samples, and at p99 needs
/// about 500 values per arm before it says anything.
package struct QuantileDifference: Sendable, Hashable {
  package let canary: QuantileEstimate
  package let baseline: QuantileEstimate
  package let standardError: Double

  /// - Throws: as `QuantileEstimate`; `tooFewObservations`; `zeroVariance` where both intervals
  ///   are single points.
  package init(
    canary: [Double], baseline: [Double], at q: Double
  ) throws(NotComputable) {
    self.canary = try QuantileEstimate(of: canary, at: q)
    self.baseline = try QuantileEstimate(of: baseline, at: q)
    standardError = hypot(try self.canary.standardError(), try self.baseline.standardError())
    guard standardError > 0 else { throw .zeroVariance }
  }

  /// The canary's quantile minus the baseline's.
  package var estimate: Double { canary.value - baseline.value }

  package var z: Double { estimate / standardError }

  /// The comparison as evidence; `unit` is the unit of the values.
  package func evidence(
    for alternative: Alternative, level: Double = 0.95, unit: String = ""
  ) -> Evidence {
    let half = Normal.standard.inverseSurvival((1 - level) / 2) * standardError
    return Evidence(
      effect: Effect(name: "difference of quantiles", unit: unit), estimate: estimate,
      interval: ConfidenceInterval(
        level: level, lower: estimate - half, upper: estimate + half),
      strength: .logP(Normal.standard.tails(at: z).logP(alternative)), alternative: alternative,
      samples: SamplesPerArm(canary: Double(canary.count), baseline: Double(baseline.count)),
      method: "difference of \(canary.probability)-quantiles by order statistics",
      assumptions: [Assumption("independent observations", .notChecked)])
  }
}
