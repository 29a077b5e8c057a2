import Glibc

/// Betting against a mean: tests and lower bounds for a stream of values in [0, 1].
///
/// ```swift
/// var bets = BettingMean(against: 0.5, alpha: 0.05)
/// for score in scores { try bets.observe(score) }
/// bets.logCapital      // above ln 20 speaks against a mean of 0.5
/// bets.lowerBound      // covers the mean at all times together with chance 1 − α/2
/// ```
///
/// The hedged capital of I. Waudby-Smith and A. Ramdas ("Estimating means of bounded random
/// variables by betting", JRSS B 86, 2024, eq. 24 and 26): the larger of two capitals that bet on a
/// larger and a smaller mean with predictable stakes λ_t = √(2 ln(2/α) / (t ln(1 + t) σ²_{t−1})),
/// cut to c/m and c/(1 − m). The bound is their predictable plug-in empirical Bernstein sequence
/// (eq. 14) with λ cut at ½, not intersected over time.
package struct BettingMean: Sendable, Hashable {
  package let mean: Double
  package let alpha: Double
  /// c: which share of the capital may be at stake, ½ by default.
  package let stakeLimit: Double

  private var count = 0.0
  private var sum = 0.0
  private var smoothedSquares = 0.25
  private var (logUp, logDown) = (0.0, 0.0)
  private var (weight, weightedSum, penalty) = (0.0, 0.0, 0.0)

  /// - Throws: `invalidProbability` unless the mean and α lie in (0, 1) and c in (0, 1].
  package init(
    against mean: Double, alpha: Double, stakeLimit: Double = 0.5
  ) throws(NotComputable) {
    guard mean > 0, mean < 1, alpha > 0, alpha < 1, stakeLimit > 0, stakeLimit <= 1 else {
      throw .invalidProbability
    }
    self.mean = mean
    self.alpha = alpha
    self.stakeLimit = stakeLimit
  }

  /// Takes in one value.
  ///
  /// - Throws: `nanInput`; `invalidProbability` outside [0, 1].
  package mutating func observe(_ value: Double) throws(NotComputable) {
    if value.isNaN { throw .nanInput }
    guard 0...1 ~= value else { throw .invalidProbability }
    let before = count == 0 ? 0 : sum / count
    let variance = smoothedSquares / (count + 1)
    count += 1
    let stake = (2 * log(2 / alpha) / (count * log1p(count) * variance)).squareRoot()
    logUp += log1p(min(stake, stakeLimit / mean) * (value - mean))
    logDown += log1p(-min(stake, stakeLimit / (1 - mean)) * (value - mean))

    let lambda = min(stake, 0.5)
    weight += lambda
    weightedSum += lambda * value
    penalty -= (value - before) * (value - before) * log1pMinusX(-lambda)

    sum += value
    let smoothedMean = (0.5 + sum) / (count + 1)
    smoothedSquares += (value - smoothedMean) * (value - smoothedMean)
  }

  /// The natural logarithm of the hedged capital, an e-value for "the mean is as given".
  package var logCapital: Double { max(logUp, logDown) - 0.693147180559945309 }

  /// The lower empirical Bernstein bound of the mean now, at least 0.
  package var lowerBound: Double {
    guard weight > 0 else { return 0 }
    return max(0, (weightedSum - penalty - log(2 / alpha)) / weight)
  }
}
