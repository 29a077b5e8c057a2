import Glibc

/// What a comparison of given size can detect, before it starts.
///
/// ```swift
/// // Canary requests needed to see 1 % → 2 % errors with a baseline nine times as large.
/// try PowerAnalysis(alpha: 0.05, power: 0.8, ratio: 9, isOneSided: true)
///   .canarySize(forProportion: 0.02, against: 0.01)
/// ```
///
/// Sizes are of the first arm, not rounded; the second has `ratio` times as many.
package struct PowerAnalysis: Sendable, Hashable {
  package let alpha: Double
  package let power: Double
  /// The baseline's size over the canary's.
  package let ratio: Double
  package let isOneSided: Bool

  /// - Throws: `invalidProbability` unless α and power lie in (0, 1); `invalidWeight` unless the
  ///   ratio is positive.
  package init(
    alpha: Double = 0.05, power: Double = 0.8, ratio: Double = 1, isOneSided: Bool = false
  ) throws(NotComputable) {
    guard alpha > 0, alpha < 1, power > 0, power < 1 else { throw .invalidProbability }
    guard ratio > 0, ratio.isFinite else { throw .invalidWeight }
    self.alpha = alpha
    self.power = power
    self.ratio = ratio
    self.isOneSided = isOneSided
  }

  private var zAlpha: Double {
    Normal.standard.inverseSurvival(isOneSided ? alpha : alpha / 2)
  }

  private var zPower: Double { Normal.standard.quantile(power) }

  /// The size for two proportions (J. Fleiss, Statistical Methods for Rates and Proportions, 1981,
  /// eq. 3.14, without continuity correction): (z_α √((r + 1) p̄ q̄) + z_β √(r p₁q₁ + p₂q₂))² / (r
  /// d²).
  ///
  /// - Throws: `zeroEffect`; `invalidProbability`.
  package func canarySize(
    forProportion p1: Double, against p2: Double
  ) throws(NotComputable) -> Double {
    guard 0...1 ~= p1, 0...1 ~= p2 else { throw .invalidProbability }
    guard p1 != p2 else { throw .zeroEffect }
    let mean = (p1 + ratio * p2) / (1 + ratio)
    let null = ((ratio + 1) * mean * (1 - mean)).squareRoot()
    let other = (ratio * p1 * (1 - p1) + p2 * (1 - p2)).squareRoot()
    let reach = zAlpha * null + zPower * other
    return reach * reach / (ratio * (p1 - p2) * (p1 - p2))
  }

  /// The size for two means with known standard deviations.
  ///
  /// - Throws: `zeroEffect`.
  package func canarySize(
    forDifference difference: Double, sd1: Double, sd2: Double
  ) throws(NotComputable) -> Double {
    guard difference != 0 else { throw .zeroEffect }
    let reach = (zAlpha + zPower) / difference
    return reach * reach * (sd1 * sd1 + sd2 * sd2 / ratio)
  }

  /// The smallest difference of means that a canary of this size detects.
  package func detectableDifference(canarySize: Double, sd1: Double, sd2: Double) -> Double {
    (zAlpha + zPower) * ((sd1 * sd1 + sd2 * sd2 / ratio) / canarySize).squareRoot()
  }

  /// The power of the two-sided pooled t test, by the noncentral t distribution: the chance that
  /// |T| exceeds its critical value when the arms differ by so many standard deviations.
  ///
  /// - Throws: `tooFewObservations` unless n₁ + n₂ > 2.
  package func tTestPower(effectSize: Double, canarySize: Double) throws(NotComputable) -> Double {
    let (n1, n2) = (canarySize, canarySize * ratio)
    let degrees = n1 + n2 - 2
    guard degrees > 0, n1 > 0 else { throw .tooFewObservations }
    let critical = StudentT(degreesOfFreedom: degrees)
      .inverseSurvival(isOneSided ? alpha : alpha / 2)
    let shift = effectSize * (n1 * n2 / (n1 + n2)).squareRoot()
    // Over log V with V chi-squared: T exceeds c where Z > c √(V/ν) − δ.
    let logScale = -logGamma(degrees / 2)
    let logPower = logIntegral(
      ofConcave: { s in
        let v = exp(s)
        let limit = critical * (v / degrees).squareRoot()
        var tail = Normal.standard.survival(limit - shift)
        if !isOneSided { tail += Normal.standard.cdf(-limit - shift) }
        return degrees / 2 * (s - log(2.0)) - v / 2 + logScale + log(tail)
      }, peakIn: log(degrees) - 20...log(degrees) + 5)
    return min(1, exp(logPower))
  }
}
