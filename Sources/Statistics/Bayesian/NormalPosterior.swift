import Glibc

/// The posterior of an effect whose estimate is normal with a known standard error.
///
/// ```swift
/// let posterior = try NormalPosterior(estimate: 0.02, standardError: 0.01)
/// posterior.tails.upper    // the chance that the effect is positive
/// exp(posterior.logLossIfShipped)  // E[max(−effect, 0)]
/// ```
///
/// Without a prior the posterior is N(estimate, se²); with N(m, v) the precision-weighted mean
/// (A. Gelman et al., Bayesian Data Analysis, section 2.5).
package struct NormalPosterior: Sendable, Hashable {
  package let mean: Double
  package let standardDeviation: Double

  /// - Throws: `nanInput`; `zeroVariance` unless the standard error is positive; `invalidPrior`
  ///   unless the prior's variance is.
  package init(
    estimate: Double, standardError: Double, prior: (mean: Double, variance: Double)? = nil
  ) throws(NotComputable) {
    if estimate.isNaN || standardError.isNaN { throw .nanInput }
    guard standardError > 0 else { throw .zeroVariance }
    let variance = standardError * standardError
    guard let prior else {
      mean = estimate
      standardDeviation = standardError
      return
    }
    guard prior.variance > 0, prior.variance.isFinite, prior.mean.isFinite else {
      throw .invalidPrior
    }
    let total = variance + prior.variance
    mean = (prior.variance * estimate + variance * prior.mean) / total
    standardDeviation = (variance * (prior.variance / total)).squareRoot()
  }

  /// The tails at 0: `lower` is the chance of a negative effect, `upper` of a positive one.
  package var tails: TailProbability {
    Normal.standard.tails(at: -mean / standardDeviation)
  }

  /// log E[max(−effect, 0)]: what shipping a harmful change costs.
  package var logLossIfShipped: Double {
    log(standardDeviation) + Normal.logLoss(mean / standardDeviation)
  }

  /// log E[max(effect, 0)]: what keeping the baseline costs.
  package var logLossIfKept: Double {
    log(standardDeviation) + Normal.logLoss(-mean / standardDeviation)
  }

  /// The equal-tailed credible interval.
  package func interval(level: Double = 0.95) -> ConfidenceInterval {
    let half = Normal.standard.inverseSurvival((1 - level) / 2) * standardDeviation
    return ConfidenceInterval(level: level, lower: mean - half, upper: mean + half)
  }
}
