import Glibc

/// A confidence interval for one proportion.
///
/// ```swift
/// let errors = try Proportion(events: 3, trials: 1_000)
/// try ProportionInterval.wilson.of(errors, level: 0.95)
/// ```
package enum ProportionInterval: String, Sendable, Hashable, CaseIterable {
  /// The score interval (E. Wilson, JASA 22, 1927). Good at any size, the default.
  case wilson
  /// The exact interval from beta quantiles (C. Clopper, E. Pearson, Biometrika 26, 1934).
  /// Never covers less than asked; wide.
  case clopperPearson
  /// Wald's interval after adding z²/2 events and non-events (A. Agresti, B. Coull, Am. Stat. 52,
  /// 1998), cut to [0, 1].
  case agrestiCoull
  /// The equal-tailed Bayesian interval with Jeffreys' prior Beta(½, ½); a bound is 0 without
  /// events and 1 without non-events.
  case jeffreys

  /// - Throws: `emptyInput` without trials, `invalidProbability` for a level outside (0, 1).
  package func of(
    _ proportion: Proportion, level: Double = 0.95
  ) throws(NotComputable) -> ConfidenceInterval {
    guard proportion.trials > 0 else { throw .emptyInput }
    guard level > 0, level < 1 else { throw .invalidProbability }
    let alpha = 1 - level
    let (x, n) = (proportion.events, proportion.trials)
    let bounds =
      switch self {
      case .wilson: Self.wilsonBounds(x, n, alpha)
      case .agrestiCoull: Self.agrestiCoullBounds(x, n, alpha)
      case .clopperPearson:
        (
          x == 0 ? 0 : Beta(a: x, b: n - x + 1).quantile(alpha / 2),
          x == n ? 1 : Beta(a: x + 1, b: n - x).inverseSurvival(alpha / 2)
        )
      case .jeffreys:
        (
          x == 0 ? 0 : Beta(a: x + 0.5, b: n - x + 0.5).quantile(alpha / 2),
          x == n ? 1 : Beta(a: x + 0.5, b: n - x + 0.5).inverseSurvival(alpha / 2)
        )
      }
    return ConfidenceInterval(level: level, lower: bounds.0, upper: bounds.1)
  }

  private static func wilsonBounds(
    _ x: Double, _ n: Double, _ alpha: Double
  ) -> (Double, Double) {
    let z = Normal.standard.inverseSurvival(alpha / 2)
    let square = z * z
    let spread = z * (square * 0.25 + x * ((n - x) / n)).squareRoot()
    // The product of the roots is x²/n over n + z²: the small one without cancellation.
    let sum = x + square * 0.5 + spread
    let rest = n - x + square * 0.5 + spread
    return (
      x == 0 ? 0 : x * (x / n) / sum,
      x == n ? 1 : 1 - (n - x) * ((n - x) / n) / rest
    )
  }

  private static func agrestiCoullBounds(
    _ x: Double, _ n: Double, _ alpha: Double
  ) -> (Double, Double) {
    let z = Normal.standard.inverseSurvival(alpha / 2)
    let trials = n + z * z
    let p = (x + z * z * 0.5) / trials
    let half = z * (p * (1 - p) / trials).squareRoot()
    return (max(0, p - half), min(1, p + half))
  }
}

/// The exact binomial test of one proportion against a given one.
///
/// Two-sided: the total probability of outcomes no more probable than the observed one. Counts are
/// rounded to whole numbers.
package struct ExactBinomialTest: Sendable, Hashable {
  private let binomial: Binomial
  private let events: Double

  /// - Throws: `emptyInput` without trials, `invalidProbability` for p₀ outside [0, 1].
  package init(_ proportion: Proportion, against p0: Double) throws(NotComputable) {
    guard proportion.trials > 0 else { throw .emptyInput }
    guard p0 >= 0, p0 <= 1 else { throw .invalidProbability }
    let counts = proportion.rounded
    events = counts.events
    binomial = Binomial(trials: counts.trials, probability: p0)
  }

  /// The natural logarithm of the p-value; NaN for 2^53 trials and more.
  package func logP(_ alternative: Alternative) -> Double {
    guard !binomial.trials.isNaN else { return .nan }
    return switch alternative {
    case .greater: binomial.tails(at: events - 1).logUpper
    case .less: binomial.tails(at: events).logLower
    case .twoSided:
      logPNoMoreProbable(
        than: events, in: 0...binomial.trials, mode: binomial.trials * binomial.probability,
        logProbability: binomial.logProbability, tails: binomial.tails)
    }
  }
}

/// log of the total probability of outcomes no more probable than the observed one, for a
/// unimodal law on whole numbers.
///
/// Probabilities within 1e-11 of each other, relatively, count as equal: they are known to about
/// 1e-13, and outcomes that are not tied lie further apart.
func logPNoMoreProbable(
  than observed: Double, in support: ClosedRange<Double>, mode: Double,
  logProbability: (Double) -> Double, tails: (Double) -> TailProbability
) -> Double {
  let limit = logProbability(observed) + 1e-11
  if observed <= mode {
    let lower = tails(observed).logLower
    // From the mode upwards probabilities fall.
    let start = min(support.upperBound, max(observed + 1, mode.rounded(.up)))
    let first = leastInteger(in: start...(support.upperBound + 1)) {
      $0 > support.upperBound || logProbability($0) <= limit
    }
    guard first > start || logProbability(start - 1) > limit else { return 0 }
    return min(0, logSumExp(lower, tails(first - 1).logUpper))
  }
  let upper = tails(observed - 1).logUpper
  let start = max(support.lowerBound, min(observed - 1, mode.rounded(.down)))
  // The greatest k at or below `start` that is improbable enough, found on the mirrored axis.
  let mirrored = leastInteger(in: -start...(1 - support.lowerBound)) {
    -$0 < support.lowerBound || logProbability(-$0) <= limit
  }
  guard mirrored > -start || logProbability(start + 1) > limit else { return 0 }
  return min(0, logSumExp(upper, tails(-mirrored).logLower))
}
