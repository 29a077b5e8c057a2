import Glibc

/// Two proportions with beta posteriors: the chance that the canary's is higher, and what a wrong
/// decision would cost.
///
/// ```swift
/// let comparison = try BetaBinomialComparison(canary: canary, baseline: baseline)
/// comparison.logChanceCanaryHigher
/// comparison.expectedLossIfShipped   // E[max(p_baseline − p_canary, 0)], for "higher is better"
/// ```
///
/// Posterior Beta(a + events, b + non-events) per arm, independent. The chance is ∫ f₁ F₂ and the
/// loss ∫ F₁ (1 − F₂) over [0, 1], taken over log odds, where the integrands are log-concave;
/// logarithms stay right where a chance is 1e-300. A posterior answers for the data and the prior,
/// not for error rates over repeated looks.
package struct BetaBinomialComparison: Sendable, Hashable {
  package let canary: Beta
  package let baseline: Beta

  /// - Throws: `invalidPrior` unless both parameters of the prior are positive.
  package init(
    canary: Proportion, baseline: Proportion, priorA: Double = 1, priorB: Double = 1
  ) throws(NotComputable) {
    guard priorA > 0, priorB > 0, priorA.isFinite, priorB.isFinite else { throw .invalidPrior }
    self.canary = Beta(a: priorA + canary.events, b: priorB + canary.nonEvents)
    self.baseline = Beta(a: priorA + baseline.events, b: priorB + baseline.nonEvents)
  }

  /// log P(p_canary > p_baseline).
  package var logChanceCanaryHigher: Double { Self.logChance(canary, above: baseline) }

  /// log P(p_canary < p_baseline).
  package var logChanceCanaryLower: Double { Self.logChance(baseline, above: canary) }

  /// E[max(p_baseline − p_canary, 0)]: what shipping costs when a higher proportion is better.
  package var expectedLossIfShipped: Double { exp(Self.logExcess(of: baseline, over: canary)) }

  /// E[max(p_canary − p_baseline, 0)]: what keeping the baseline costs.
  package var expectedLossIfKept: Double { exp(Self.logExcess(of: canary, over: baseline)) }

  /// The ratio of the posterior means, less 1.
  package var lift: Double { canary.mean / baseline.mean - 1 }

  /// The equal-tailed credible interval of one arm.
  package static func credibleInterval(
    _ posterior: Beta, level: Double = 0.95
  ) -> ConfidenceInterval {
    ConfidenceInterval(
      level: level, lower: posterior.quantile((1 - level) / 2),
      upper: posterior.inverseSurvival((1 - level) / 2))
  }

  /// log P(X > Y) = log ∫ f_X F_Y, or by the complement where that is the smaller side.
  private static func logChance(_ x: Beta, above y: Beta) -> Double {
    func direct(_ x: Beta, _ y: Beta, lowerTail: Bool) -> Double {
      logOverOdds(x, y) { first, second in
        first.logDensity + (lowerTail ? second.tails.logLower : second.tails.logUpper)
      }
    }
    return x.mean >= y.mean
      ? log1mExp(min(0, direct(x, y, lowerTail: false))) : direct(x, y, lowerTail: true)
  }

  /// log E[max(X − Y, 0)] = log ∫ P(Y ≤ t < X) dt.
  private static func logExcess(of x: Beta, over y: Beta) -> Double {
    logOverOdds(x, y, weighted: true) { first, second in
      first.tails.logUpper + second.tails.logLower
    }
  }

  /// log ∫ exp(integrand) over log odds; `weighted` adds dt = t (1 − t) ds.
  private static func logOverOdds(
    _ x: Beta, _ y: Beta, weighted: Bool = false,
    _ integrand: (IncompleteBeta, IncompleteBeta) -> Double
  ) -> Double {
    let centres = [log(x.a / x.b), log(y.a / y.b)]
    let reach = 60 / min(1, min(min(x.a, x.b), min(y.a, y.b)))
    let range = min(centres[0], centres[1]) - reach...max(centres[0], centres[1]) + reach
    return logIntegral(
      ofConcave: { s in
        let (p, q) = (1 / (1 + exp(-s)), 1 / (1 + exp(s)))
        let (first, second) =
          s <= 0
          ? (IncompleteBeta(x.a, x.b, at: p), IncompleteBeta(y.a, y.b, at: p))
          : (IncompleteBeta(x.a, x.b, complement: q), IncompleteBeta(y.a, y.b, complement: q))
        let value = integrand(first, second)
        return weighted ? value - log1p(exp(-abs(s))) * 2 - abs(s) : value
      }, peakIn: range)
  }
}
