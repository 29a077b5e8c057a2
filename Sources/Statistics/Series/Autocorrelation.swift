import Glibc

/// How dependent the values of one series are in time, and what that costs.
///
/// ```swift
/// let dependence = try Autocorrelation(of: queueLength)
/// dependence.effectiveSampleSize  // 12 of 60 scrapes' worth
/// dependence.standardError        // of the mean, honest about it
/// ```
///
/// Autocovariances with divisor n; long-run variance γ₀ + 2 Σ (1 − l/(L + 1)) γ_l with Bartlett's
/// weights (W. Newey, K. West, Econometrica 55, 1987) and, unless given, L = ⌊4 (n/100)^(2/9)⌋.
package struct Autocorrelation: Sendable, Hashable {
  package let mean: Double
  /// L.
  package let lag: Int
  /// ρ₀ = 1, ρ₁, …, ρ_L.
  package let coefficients: [Double]
  /// n times the variance of the mean.
  package let longRunVariance: Double
  private let variance: Double
  private let count: Double

  /// - Throws: `emptyInput`, `nanInput`, `nonFiniteInput`; `zeroVariance` for a constant series.
  package init(of values: [Double], lag: Int? = nil) throws(NotComputable) {
    guard !values.isEmpty else { throw .emptyInput }
    for value in values {
      if value.isNaN { throw .nanInput }
      if value.isInfinite { throw .nonFiniteInput }
    }
    let moments = Moments(of: values)
    guard moments.squaredDeviations > 0 else { throw .zeroVariance }
    let n = Double(values.count)
    let automatic = Int((4 * pow(n / 100, 2.0 / 9)).rounded(.down))
    let lag = min(max(0, lag ?? automatic), values.count - 1)
    let centred = values.map { $0 - moments.mean }
    let covariances = (0...lag).map { step in
      CompensatedSum(of: (step..<values.count).map { centred[$0] * centred[$0 - step] }).result / n
    }
    var longRun = covariances[0]
    for step in 1..<max(1, lag + 1) {
      longRun += 2 * (1 - Double(step) / Double(lag + 1)) * covariances[step]
    }
    mean = moments.mean
    self.lag = lag
    coefficients = covariances.map { $0 / covariances[0] }
    longRunVariance = longRun
    variance = covariances[0]
    count = n
  }

  /// The standard error of the mean.
  package var standardError: Double { (longRunVariance / count).squareRoot() }

  /// How many independent values the series is worth, n γ₀ / long-run variance.
  package var effectiveSampleSize: Double { count * variance / longRunVariance }

  /// The statistic of G. Ljung and G. Box (Biometrika 65, 1978), n(n + 2) Σ ρ_l²/(n − l); nil for
  /// L = 0.
  package var ljungBox: (statistic: Double, logP: Double)? {
    guard lag > 0 else { return nil }
    let sum = (1...lag).reduce(0.0) {
      $0 + coefficients[$1] * coefficients[$1] / (count - Double($1))
    }
    let statistic = count * (count + 2) * sum
    return (statistic, ChiSquared(degreesOfFreedom: Double(lag)).logSurvival(statistic))
  }
}
