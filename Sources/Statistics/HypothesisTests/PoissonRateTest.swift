import Glibc

/// Events over an exposure in one arm: restarts per pod-hour, timeouts per request.
package struct EventRate: Sendable, Hashable {
  package let events: Double
  package let exposure: Double

  /// - Throws: `nanInput`, `nonFiniteInput`, `negativeCount`, `nonPositiveExposure`.
  package init(events: Double, exposure: Double) throws(NotComputable) {
    guard !events.isNaN, !exposure.isNaN else { throw .nanInput }
    guard events.isFinite, exposure.isFinite else { throw .nonFiniteInput }
    guard events >= 0 else { throw .negativeCount }
    guard exposure > 0 else { throw .nonPositiveExposure }
    self.events = events
    self.exposure = exposure
  }

  /// Events per unit of exposure.
  package var rate: Double { events / exposure }

  /// The exact interval of the rate (F. Garwood, Biometrika 28, 1936): gamma quantiles.
  package func interval(level: Double = 0.95) -> ConfidenceInterval {
    let alpha = 1 - level
    let lower = events == 0 ? 0 : Gamma(shape: events).quantile(alpha / 2)
    let upper = Gamma(shape: events + 1).inverseSurvival(alpha / 2)
    return ConfidenceInterval(level: level, lower: lower / exposure, upper: upper / exposure)
  }
}

/// The comparison of two Poisson rates.
///
/// ```swift
/// let test = PoissonRateTest(
///   canary: try EventRate(events: 12, exposure: 100),
///   baseline: try EventRate(events: 4, exposure: 100))
/// test.logP(.greater)
/// test.ratioInterval()
/// ```
///
/// Given the total of events, the canary's count is binomial with its share of the exposure (J.
/// Przyborowski, H. Wilenski, Biometrika 31, 1940). Exact and somewhat conservative. Assumes
/// independent events at a constant rate per arm; restarts in a crash loop are not.
package struct PoissonRateTest: Sendable, Hashable {
  package let canary: EventRate
  package let baseline: EventRate

  package init(canary: EventRate, baseline: EventRate) {
    self.canary = canary
    self.baseline = baseline
  }

  /// The canary's rate over the baseline's; infinite without baseline events, NaN without any.
  package var ratio: Double { canary.rate / baseline.rate }

  private var total: Double { canary.events + baseline.events }
  private var share: Double { canary.exposure / (canary.exposure + baseline.exposure) }

  /// The exact conditional test; two-sided is twice the smaller tail. Counts are rounded.
  package func logP(_ alternative: Alternative) -> Double {
    let events = canary.events.rounded()
    let law = Binomial(
      trials: events + baseline.events.rounded(), probability: share)
    let greater = law.tails(at: events - 1).logUpper
    let less = law.tails(at: events).logLower
    switch alternative {
    case .greater: return greater
    case .less: return less
    case .twoSided: return min(0, min(greater, less) + 0.693147180559945309)
    }
  }

  /// The exact interval of the rate ratio, from Clopper and Pearson's for the share; [0, ∞] without
  /// events.
  package func ratioInterval(level: Double = 0.95) -> ConfidenceInterval {
    let alpha = 1 - level
    let (k1, k2) = (canary.events, baseline.events)
    let scale = baseline.exposure / canary.exposure
    var (lower, upper) = (0.0, Double.infinity)
    if k1 > 0 {
      let (x, y) = IncompleteBeta.quantile(k1, k2 + 1, alpha / 2)
      lower = x / y * scale
    }
    if k2 > 0 {
      let (y, x) = IncompleteBeta.quantile(k2, k1 + 1, alpha / 2)
      upper = x / y * scale
    }
    return ConfidenceInterval(level: level, lower: lower, upper: upper)
  }

  /// The score statistic: the canary's count in standard errors of its binomial law.
  ///
  /// - Throws: `noInformation` without events, as the other statistics.
  package func scoreZ() throws(NotComputable) -> Double {
    guard total > 0 else { throw .noInformation }
    return (canary.events * (1 - share) - baseline.events * share)
      / (total * share * (1 - share)).squareRoot()
  }

  /// Wald's statistic: the difference of rates over its own standard error.
  package func waldZ() throws(NotComputable) -> Double {
    guard total > 0 else { throw .noInformation }
    let variance = canary.rate / canary.exposure + baseline.rate / baseline.exposure
    return (canary.rate - baseline.rate) / variance.squareRoot()
  }

  /// The variance-stabilised statistic on √(k + 3/8) (F. Anscombe, Biometrika 35, 1948).
  package func squareRootZ() throws(NotComputable) -> Double {
    guard total > 0 else { throw .noInformation }
    let first = ((canary.events + 0.375) / canary.exposure).squareRoot()
    let second = ((baseline.events + 0.375) / baseline.exposure).squareRoot()
    return 2 * (first - second) / (1 / canary.exposure + 1 / baseline.exposure).squareRoot()
  }

  /// The comparison as evidence.
  package func evidence(for alternative: Alternative, level: Double = 0.95) -> Evidence {
    Evidence(
      effect: Effect(name: "ratio of event rates", neutralValue: 1),
      estimate: total > 0 ? ratio : 1, interval: ratioInterval(level: level),
      strength: .logP(logP(alternative)), alternative: alternative,
      samples: SamplesPerArm(canary: canary.events, baseline: baseline.events),
      method: "conditional test of Poisson rates",
      assumptions: [Assumption("independent events at one rate per arm", .notChecked)])
  }
}
