/// Fisher's exact test for a 2×2 table: the canary's events given all margins.
///
/// ```swift
/// FisherExactTest(canary: canary, baseline: baseline).logP(.greater)
/// ```
///
/// Hypergeometric tails; two-sided is the total probability of tables no more probable than the
/// observed one (R. Fisher, 1935; the convention of R and scipy). Counts are rounded to whole
/// numbers. Valid at any size; conservative when events are rare.
package struct FisherExactTest: Sendable, Hashable {
  private let table: Hypergeometric
  private let observed: Double

  package init(canary: Proportion, baseline: Proportion) {
    let (first, second) = (canary.rounded, baseline.rounded)
    table = Hypergeometric(
      population: first.trials + second.trials, events: first.events + second.events,
      draws: first.trials)
    observed = first.events
  }

  /// The natural logarithm of the p-value; NaN for 2^52 trials and more.
  package func logP(_ alternative: Alternative) -> Double {
    guard !table.population.isNaN else { return .nan }
    return switch alternative {
    case .greater: table.tails(at: observed - 1).logUpper
    case .less: table.tails(at: observed).logLower
    case .twoSided:
      logPNoMoreProbable(
        than: observed, in: table.support, mode: table.draws * (table.events / table.population),
        logProbability: table.logProbability, tails: table.tails)
    }
  }
}
