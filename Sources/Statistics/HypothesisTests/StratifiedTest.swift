import Glibc

/// The Cochran-Mantel-Haenszel test: two proportions compared within strata.
///
/// ```swift
/// // One stratum per scrape: traffic and base rate may shift during the rollout.
/// let test = try StratifiedTest(strata: scrapes.map { ($0.canary, $0.baseline) })
/// try test.evidence(for: .greater)
/// ```
///
/// The canary's events minus their expectation given each stratum's margins, summed, over the
/// hypergeometric standard error (W. Cochran 1954; N. Mantel, W. Haenszel, JNCI 22, 1959). The odds
/// ratio is Mantel and Haenszel's with the variance of J. Robins, N. Breslow, S. Greenland
/// (Biometrics 42, 1986). At one look only: for repeated looks use `StratifiedEProcess`.
package struct StratifiedTest: Sendable, Hashable {
  /// The canary's events minus their expectation.
  package let deviation: Double
  /// The variance of `deviation` given the margins.
  package let variance: Double
  /// The common odds ratio; infinite or NaN where one side has no weight.
  package let oddsRatio: Double
  /// The standard error of the logarithm of the odds ratio; NaN where it is not finite.
  package let logOddsRatioError: Double
  package let samples: SamplesPerArm

  /// - Throws: `emptyInput` without strata; `noInformation` where no stratum has events and
  ///   non-events in both arms together.
  package init(
    strata: [(canary: Proportion, baseline: Proportion)]
  ) throws(NotComputable) {
    guard !strata.isEmpty else { throw .emptyInput }
    var (deviation, variance) = (CompensatedSum(), CompensatedSum())
    var (r, s, pr, cross, qs) = (0.0, 0.0, 0.0, 0.0, 0.0)
    var (canary, baseline) = (Proportion(), Proportion())
    for (first, second) in strata where first.trials > 0 && second.trials > 0 {
      canary.merge(first)
      baseline.merge(second)
      let (n1, n2) = (first.trials, second.trials)
      let total = n1 + n2
      let (events, others) = (first.events + second.events, first.nonEvents + second.nonEvents)
      // k − n₁ K / N, as (k₁ n₂ − k₂ n₁) / N.
      deviation.add((first.events * n2 - second.events * n1) / total)
      guard total > 1 else { continue }
      variance.add(n1 / total * (n2 / total) * events * (others / (total - 1)))
      let (agree, disagree) = (
        first.events * (second.nonEvents / total), first.nonEvents * (second.events / total)
      )
      let p = (first.events + second.nonEvents) / total
      let q = (first.nonEvents + second.events) / total
      r += agree
      s += disagree
      pr += p * agree
      cross += p * disagree + q * agree
      qs += q * disagree
    }
    guard variance.result > 0 else { throw .noInformation }
    self.deviation = deviation.result
    self.variance = variance.result
    oddsRatio = r / s
    logOddsRatioError = (pr / (2 * r * r) + cross / (2 * r * s) + qs / (2 * s * s)).squareRoot()
    samples = SamplesPerArm(canary: canary.trials, baseline: baseline.trials)
  }

  /// The deviation in standard errors.
  package var z: Double { deviation / variance.squareRoot() }

  /// The chi-squared statistic on one degree of freedom, with the deviation moved by ½ towards 0.
  package var correctedChiSquared: Double {
    let size = max(0, abs(deviation) - 0.5)
    return size * size / variance
  }

  /// The natural logarithm of the p-value, without correction.
  package func logP(_ alternative: Alternative) -> Double {
    Normal.standard.tails(at: z).logP(alternative)
  }

  /// The interval of the odds ratio on the log scale; [0, ∞] where it has no finite estimate.
  package func oddsRatioInterval(level: Double = 0.95) -> ConfidenceInterval {
    guard logOddsRatioError.isFinite, oddsRatio > 0, oddsRatio.isFinite else {
      return ConfidenceInterval(level: level, lower: 0, upper: .infinity)
    }
    let half = Normal.standard.inverseSurvival((1 - level) / 2) * logOddsRatioError
    return ConfidenceInterval(
      level: level, lower: exp(log(oddsRatio) - half), upper: exp(log(oddsRatio) + half))
  }

  /// The comparison as evidence.
  package func evidence(for alternative: Alternative, level: Double = 0.95) -> Evidence {
    Evidence(
      effect: Effect(name: "common odds ratio", neutralValue: 1), estimate: oddsRatio,
      interval: oddsRatioInterval(level: level), strength: .logP(logP(alternative)),
      alternative: alternative, samples: samples, method: "Cochran-Mantel-Haenszel test",
      assumptions: [
        Assumption("one odds ratio in all strata", .notChecked),
        Assumption("one look at the data", .notChecked),
        Assumption(
          "a variance of at least 5 events", variance >= 5 ? .holds : .violated),
      ])
  }

  package static func == (left: Self, right: Self) -> Bool {
    left.deviation == right.deviation && left.variance == right.variance
      && left.oddsRatio == right.oddsRatio && left.samples == right.samples
  }
}
