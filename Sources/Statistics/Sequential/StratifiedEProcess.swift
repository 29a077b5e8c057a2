import Glibc

/// The anytime-valid comparison of two event ratios during a rollout: one stratum a scrape.
///
/// ```swift
/// var process = StratifiedEProcess(for: .greater)
/// for scrape in scrapes {
///   try process.observe(canary: scrape.canary, baseline: scrape.baseline)
///   if process.evidence().strength.logP < log(0.05) { break }  // may be asked after each one
/// }
/// ```
///
/// The e-value is the mean of two: the safe 2×2 test with the baseline's rate so far as its guess,
/// and the conditional rate ratio, which needs no guess. A mean of e-values is an e-value, so the
/// chance that it ever exceeds 1/α without a change is at most α, at any number of looks (J. Ville,
/// 1939). Rates that drift with time of day or weight do no harm, because each scrape is compared
/// within itself.
///
/// The interval is a confidence sequence for the ratio of the rates: all ratios ψ that the mixture
/// over a two-sided grid does not reject, log Σ w_θ L(θ) − log L(ψ) < log(1/α). It covers at
/// all scrapes together. Exact for Poisson counts; for proportions it is conservative near 1.
///
/// Not for increments that overlap (a five-minute window read each minute), and not proof against
/// pods that differ by nature: those need a noise floor.
package struct StratifiedEProcess: Sendable, Hashable {
  /// The counts that the likelihood of a rate ratio needs from one stratum.
  private struct Stratum: Hashable {
    var canaryEvents: Double
    var events: Double
    var canaryShare: Double
  }

  package let alternative: Alternative
  private var safe: SafeTwoByTwo
  private var conditional: ConditionalRateRatio
  private var strata: [Stratum] = []
  private var canary = Proportion()
  private var baseline = Proportion()

  /// The natural logarithm of the e-value now.
  package private(set) var logE = 0.0
  /// Its largest value so far: 1 over it is a p-value that holds at any stopping time.
  package private(set) var largestLogE = 0.0

  /// A process that has seen nothing, for a direction and optionally its own alternatives.
  package init(for alternative: Alternative, ratios: RatioGrid? = nil) {
    self.alternative = alternative
    let grid = ratios ?? RatioGrid(for: alternative)
    safe = SafeTwoByTwo(ratios: grid)
    conditional = ConditionalRateRatio(ratios: grid)
  }

  /// Takes in the increments of one scrape. Without trials in both arms it says nothing.
  package mutating func observe(
    canary stratum: Proportion, baseline other: Proportion
  ) throws(NotComputable) {
    guard stratum.trials > 0, other.trials > 0 else { return }
    if baseline.trials > 0 {
      // Only what came before this stratum may enter the guess.
      let guess = (baseline.events + 0.5) / (baseline.trials + 1)
      try safe.observe(canary: stratum, baseline: other, baselineRate: guess)
    }
    conditional.observe(canary: stratum, baseline: other)
    canary.merge(stratum)
    baseline.merge(other)
    if stratum.events + other.events > 0 {
      strata.append(
        Stratum(
          canaryEvents: stratum.events, events: stratum.events + other.events,
          canaryShare: stratum.trials / (stratum.trials + other.trials)))
    }
    logE = logSumExp(safe.logE, conditional.logE) - 0.693147180559945309
    largestLogE = max(largestLogE, logE)
  }

  /// What has been shown so far; the strength is the largest e-value, since a rollout would have
  /// stopped there.
  ///
  /// - Complexity: O(strata); not needed to decide, `largestLogE` is.
  package func evidence(level: Double = 0.95) -> Evidence {
    let likelihood = likelihoodOfRatio
    let estimate = maximumLikelihoodRatio
    return Evidence(
      effect: Effect(name: "ratio of event rates", neutralValue: 1), estimate: estimate,
      interval: interval(level: level, around: estimate, likelihood: likelihood),
      strength: .logE(largestLogE), alternative: alternative,
      samples: SamplesPerArm(canary: canary.trials, baseline: baseline.trials),
      method: "stratified e-process, \(strata.count) strata with events",
      assumptions: [
        Assumption("increments of separate scrapes, none read twice", .notChecked),
        Assumption("one rate per arm within a scrape", .notChecked),
      ])
  }

  /// The logarithm of the conditional likelihood at a rate ratio exp(x), up to a constant.
  private var likelihoodOfRatio: (Double) -> Double {
    { [strata] x in
      var sum = CompensatedSum()
      for stratum in strata {
        sum.add(stratum.canaryEvents * x - stratum.events * log1p(stratum.canaryShare * expm1(x)))
      }
      return sum.result
    }
  }

  /// The ratio at which the likelihood peaks; 1 without events, 0 or infinite with events in one
  /// arm only.
  private var maximumLikelihoodRatio: Double {
    if canary.events == 0 { return baseline.events == 0 ? 1 : 0 }
    if baseline.events == 0 { return .infinity }
    // The slope falls from positive to negative.
    var (low, high) = (-Self.reach, Self.reach)
    for _ in 0..<60 {
      let x = (low + high) / 2
      let odds = exp(x)
      let slope = strata.reduce(0) {
        let weighted = $1.canaryShare * odds
        return $0 + $1.canaryEvents - $1.events * (weighted / (1 - $1.canaryShare + weighted))
      }
      if slope > 0 { low = x } else { high = x }
    }
    return exp((low + high) / 2)
  }

  private func interval(
    level: Double, around estimate: Double, likelihood: (Double) -> Double
  ) -> ConfidenceInterval {
    guard !strata.isEmpty else {
      return ConfidenceInterval(level: level, lower: 0, upper: .infinity)
    }
    return ConfidenceInterval(
      ofRatioAt: level, peak: log(estimate), reach: Self.reach, logLikelihood: likelihood)
  }

  /// Ratios beyond exp(±30) are as good as 0 or infinite.
  private static let reach = 30.0
}
