import Glibc

/// What arms differ by without any change: between pods, and over time.
///
/// ```swift
/// let floor = try NoiseFloor(podDeviation: 0.3)       // pods differ by 30 % of their rate
/// let seen = try NoiseFloor(history: pastScrapes)     // from a rollout in which nothing changed
/// ```
///
/// In units of the log odds (for rates: of the log rate), so that a canary whose pods happen to be
/// 30 % worse isn't taken for a bad version. With one canary pod and pods that differ by 30 %,
/// nothing under a ratio of about 2.5 can ever be shown: more pods are needed, not more time.
package struct NoiseFloor: Sendable, Hashable, Codable {
  /// The variance of a pod's own log odds, constant over its life.
  package let podVariance: Double
  /// The variance of the difference of the arms' log odds from scrape to scrape.
  package let timeVariance: Double
  /// Its sum over all lags, which the variance of a mean over m scrapes times m tends to.
  package let timeLongRunVariance: Double

  /// No noise at all.
  package static let none = NoiseFloor(podVariance: 0, timeVariance: 0, timeLongRunVariance: 0)

  init(podVariance: Double, timeVariance: Double, timeLongRunVariance: Double) {
    self.podVariance = podVariance
    self.timeVariance = timeVariance
    self.timeLongRunVariance = max(timeVariance, timeLongRunVariance)
  }

  /// From standard deviations of log odds.
  ///
  /// - Parameters:
  ///   - podDeviation: between pods.
  ///   - timeDeviation: of the difference of the arms at one scrape.
  ///   - timeCorrelation: between that of one scrape and of the next, 0 ≤ ρ < 1; the long-run
  ///     variance of such a first-order autoregression is σ² (1 + ρ)/(1 − ρ).
  /// - Throws: `negativeCount` for a negative or infinite deviation, `invalidProbability` for a
  ///   correlation outside its range, `nanInput`.
  package init(
    podDeviation: Double, timeDeviation: Double = 0, timeCorrelation: Double = 0
  ) throws(NotComputable) {
    for value in [podDeviation, timeDeviation, timeCorrelation] where value.isNaN {
      throw .nanInput
    }
    guard podDeviation >= 0, timeDeviation >= 0, podDeviation < 1e3, timeDeviation < 1e3 else {
      throw .negativeCount
    }
    guard timeCorrelation >= 0, timeCorrelation < 1 else { throw .invalidProbability }
    let variance = timeDeviation * timeDeviation
    self.init(
      podVariance: podDeviation * podDeviation, timeVariance: variance,
      timeLongRunVariance: variance * (1 + timeCorrelation) / (1 - timeCorrelation))
  }

  /// Estimated from scrapes of a rollout in which nothing changed (A/A).
  ///
  /// - Throws: `tooFewClusters` for fewer than two pods in each arm that has any; the errors of
  ///   counts.
  package init(history: [Scrape<Proportion>]) throws(NotComputable) {
    var estimate = NoiseEstimate()
    for scrape in history {
      estimate.observe(try Stratum(scrape))
    }
    guard estimate.podCount > 1 else { throw .tooFewClusters }
    self = estimate.likeliest
  }

  /// Whether there is nothing to take into account.
  package var isNone: Bool { podVariance == 0 && timeVariance == 0 }

  /// In other units: all deviations times a factor.
  func scaled(by factor: Double) -> NoiseFloor {
    let square = factor * factor
    return NoiseFloor(
      podVariance: podVariance * square, timeVariance: timeVariance * square,
      timeLongRunVariance: timeLongRunVariance * square)
  }

  /// The variance of the mean difference of the arms over m scrapes, pods apart.
  func timeVariance(ofMeanOver scrapes: Double) -> Double {
    scrapes > 0 ? min(timeVariance, timeLongRunVariance / scrapes) : timeVariance
  }
}
