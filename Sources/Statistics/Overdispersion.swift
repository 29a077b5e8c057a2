import Glibc

/// How much more the pods of one arm differ than chance alone would make them.
///
/// ```swift
/// let spread = try Overdispersion(pods: stablePods)
/// spread.tauSquared        // variance of the log rate between pods
/// spread.designEffect      // 5: five times the variance of a binomial
/// ```
///
/// Estimated from the stable pods, it is the noise floor of a comparison: with a few canary pods a
/// difference of that size proves nothing.
package struct Overdispersion: Sendable, Hashable {
  /// The events over the trials of all pods together.
  package let fraction: Double
  /// Pearson's dispersion Σ (k − n p)² / (n p (1 − p)) / (J − 1); 1 for binomial counts.
  package let binomialDispersion: Double
  /// The same with variance n p, 1 for Poisson counts.
  package let poissonDispersion: Double
  /// The p-value of Pearson's chi-squared test that all pods have one probability.
  package let logHeterogeneityP: Double
  /// The variance of the log rate between pods by moments (R. DerSimonian, N. Laird, Control. Clin.
  /// Trials 7, 1986), at least 0.
  package let tauSquared: Double
  /// The same for the log odds, from binomial counts: (X² − (J − 1))/(n_eff p (1 − p)), at least 0.
  /// The unit of `NoiseFloor`; also where most trials are events.
  package let logOddsVariance: Double
  /// The intra-pod correlation of a beta-binomial model by moments, at least 0.
  package let betaBinomialRho: Double
  /// The variance of `fraction` with pods as units, J/(J − 1) Σ (k − n p)² / N².
  package let clusterVariance: Double
  /// `clusterVariance` over the binomial p (1 − p)/N.
  package let designEffect: Double
  /// The number of pods.
  package let podCount: Int

  /// - Parameters:
  ///   - pods: the counts of each pod; pods without trials are left out.
  /// - Throws: `tooFewClusters` for fewer than two pods, `noInformation` with no events or only
  ///   events.
  package init(pods: [Proportion]) throws(NotComputable) {
    let pods = pods.filter { $0.trials > 0 }
    guard pods.count > 1 else { throw .tooFewClusters }
    let whole = pods.reduce(Proportion()) { $0.merged(with: $1) }
    guard whole.events > 0, whole.nonEvents > 0 else { throw .noInformation }
    let (p, q, n) = (whole.fraction, whole.nonEvents / whole.trials, whole.trials)
    let j = Double(pods.count)
    var (pearson, squares, totals) = (CompensatedSum(), CompensatedSum(), CompensatedSum())
    for pod in pods {
      let residual = pod.events - pod.trials * p
      pearson.add(residual * residual / (pod.trials * p))
      squares.add(residual * residual)
      totals.add(pod.trials * pod.trials)
    }
    let chiSquared = pearson.result
    fraction = p
    podCount = pods.count
    poissonDispersion = chiSquared / (j - 1)
    binomialDispersion = chiSquared / q / (j - 1)
    logHeterogeneityP = ChiSquared(degreesOfFreedom: j - 1).logSurvival(chiSquared / q)
    let effective = n - totals.result / n
    tauSquared = max(0, (chiSquared - (j - 1)) / (p * effective))
    logOddsVariance = max(0, (chiSquared / q - (j - 1)) / (p * q * effective))
    let typicalSize = effective / (j - 1)
    betaBinomialRho = typicalSize > 1 ? max(0, (binomialDispersion - 1) / (typicalSize - 1)) : 0
    clusterVariance = j / (j - 1) * squares.result / n / n
    designEffect = clusterVariance / (p * q / n)
  }

  /// The interval of the fraction with pods as units, by t with J − 1 degrees of freedom.
  package func interval(level: Double = 0.95) -> ConfidenceInterval {
    let t = StudentT(degreesOfFreedom: Double(podCount - 1)).inverseSurvival((1 - level) / 2)
    let half = t * clusterVariance.squareRoot()
    return ConfidenceInterval(level: level, lower: fraction - half, upper: fraction + half)
  }
}
