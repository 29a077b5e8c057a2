import Glibc

/// Confidence intervals from given bootstrap replicates of an estimate.
///
/// ```swift
/// let interval = try BootstrapInterval(estimate: p99, replicates: resampled, jackknife: leftOut)
/// interval.biasCorrected
/// ```
///
/// Quantiles are of type 7. BCa is B. Efron's bias-corrected and accelerated interval (JASA 82,
/// 1987): z₀ from the share of replicates below the estimate (ties half), the acceleration from the
/// jackknife values, a = Σ(m − j)³ / (6 (Σ(m − j)²)^(3/2)).
package struct BootstrapInterval: Sendable, Hashable {
  private let estimate: Double
  /// Ascending.
  private let sorted: [Double]
  private let level: Double
  /// z₀.
  package let bias: Double
  /// a.
  package let acceleration: Double
  /// The standard deviation of the replicates.
  package let standardError: Double

  /// - Parameters:
  ///   - jackknife: the estimates without each observation.
  ///   - weights: how many observations each of them stands for; one where nil.
  /// - Throws: `emptyInput`, `nanInput`; `tooFewObservations` for fewer than two replicates;
  ///   `degenerateBootstrap` where all replicates lie on one side of the estimate;
  ///   `lengthMismatch`, `negativeCount`.
  package init(
    estimate: Double, replicates: [Double], jackknife: [Double], weights: [Double]? = nil,
    level: Double = 0.95
  ) throws(NotComputable) {
    guard !replicates.isEmpty, !jackknife.isEmpty else { throw .emptyInput }
    let weights = weights ?? jackknife.map { _ in 1 }
    guard weights.count == jackknife.count else { throw .lengthMismatch }
    try BucketCounts.check(weights)
    for value in replicates + jackknife + [estimate] where value.isNaN { throw .nanInput }
    guard replicates.count > 1 else { throw .tooFewObservations }
    let below = replicates.reduce(0.0) { $0 + ($1 < estimate ? 1 : ($1 == estimate ? 0.5 : 0)) }
    let share = below / Double(replicates.count)
    guard share > 0, share < 1 else { throw .degenerateBootstrap }
    let (square, cube) = Self.deviations(jackknife, weights)
    self.estimate = estimate
    self.level = level
    sorted = sortedAscending(replicates)
    bias = Normal.standard.quantile(share)
    acceleration = square > 0 ? -cube / (6 * square * square.squareRoot()) : 0
    standardError = Moments(of: replicates).standardDeviation
  }

  /// Σ w (x − x̄)² and Σ w (x − x̄)³.
  private static func deviations(
    _ values: [Double], _ weights: [Double]
  ) -> (square: Double, cube: Double) {
    let origin = values[0]
    let total = CompensatedSum(of: weights).result
    let sum = CompensatedSum(of: zip(values, weights).map { ($0 - origin) * $1 }).result
    let mean = total > 0 ? sum / total : 0
    var (squares, cubes) = (CompensatedSum(), CompensatedSum())
    for (value, weight) in zip(values, weights) {
      let deviation = (value - origin) - mean
      squares.add(weight * deviation * deviation)
      cubes.add(weight * deviation * deviation * deviation)
    }
    return (squares.result, cubes.result)
  }

  private var z: Double { Normal.standard.inverseSurvival((1 - level) / 2) }

  private func interval(_ lower: Double, _ upper: Double) -> ConfidenceInterval {
    ConfidenceInterval(level: level, lower: lower, upper: upper)
  }

  private func quantile(_ p: Double) -> Double { QuantileEstimate.interpolated(sorted, at: p) }

  /// The quantiles of the replicates.
  package var percentile: ConfidenceInterval {
    interval(quantile((1 - level) / 2), quantile((1 + level) / 2))
  }

  /// The percentile interval mirrored at the estimate.
  package var basic: ConfidenceInterval {
    interval(2 * estimate - percentile.upper, 2 * estimate - percentile.lower)
  }

  /// Estimate ± z standard errors.
  package var normal: ConfidenceInterval {
    interval(estimate - z * standardError, estimate + z * standardError)
  }

  /// The levels α₁ and α₂ of BCa.
  package var correctedLevels: (lower: Double, upper: Double) {
    func corrected(_ z: Double) -> Double {
      Normal.standard.cdf(bias + (bias + z) / (1 - acceleration * (bias + z)))
    }
    return (corrected(-z), corrected(z))
  }

  /// The bias-corrected and accelerated interval.
  package var biasCorrected: ConfidenceInterval {
    let levels = correctedLevels
    return interval(quantile(levels.lower), quantile(levels.upper))
  }
}
