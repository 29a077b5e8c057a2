import Glibc

/// The number of events in n independent trials that each happen with probability p.
///
/// ```swift
/// Binomial(trials: 1_000, probability: 0.01).survival(20)  // P(more than 20 events)
/// ```
///
/// P(K ≤ k) = I_(1−p)(n − k, k + 1) (NIST DLMF 8.17.5).
package struct Binomial: Distribution, Hashable {
  package let trials: Double
  package let probability: Double

  /// Trials that are negative, not whole or 2^53 and more, and probabilities outside [0, 1], answer
  /// NaN.
  package init(trials: Double, probability: Double) {
    let isValid =
      trials >= 0 && trials < 0x1p53 && trials == trials.rounded()
      && probability >= 0 && probability <= 1
    self.trials = isValid ? trials : .nan
    self.probability = probability
  }

  package func tails(at x: Double) -> TailProbability {
    guard !trials.isNaN, !x.isNaN else { return .undefined }
    let k = x.rounded(.down)
    if k < 0 { return TailProbability(lower: 0) }
    if k >= trials { return TailProbability(upper: 0) }
    return IncompleteBeta(k + 1, trials - k, at: probability).tails.mirrored
  }

  /// log P(K = k) in Loader's form; −∞ where k is impossible.
  package func logProbability(of k: Double) -> Double {
    guard !trials.isNaN, k >= 0, k <= trials, k == k.rounded() else { return -.infinity }
    let (n, p) = (trials, probability)
    if p == 0 { return k == 0 ? 0 : -.infinity }
    if p == 1 { return k == n ? 0 : -.infinity }
    if k == 0 { return n * log1p(-p) }
    if k == n { return n * log(p) }
    let d = deviation(k, ofProduct: (n, 0), p)
    let deviance =
      deviancePart(k, expected: n * p, deviation: d)
      + deviancePart(n - k, expected: n * (1 - p), deviation: -d)
    let corrections = stirlingError(n) - stirlingError(k) - stirlingError(n - k)
    return corrections - deviance - logSqrtTwoPi - 0.5 * log(k / n * (n - k))
  }

  package func quantile(_ p: Double) -> Double {
    guard !trials.isNaN, p >= 0, p <= 1 else { return .nan }
    return leastInteger(in: 0...trials) { cdf($0) >= p }
  }

  package func inverseSurvival(_ p: Double) -> Double {
    guard !trials.isNaN, p >= 0, p <= 1 else { return .nan }
    return leastInteger(in: 0...trials) { survival($0) <= p }
  }
}

/// The least whole number in the range that satisfies a condition which, once true, stays true;
/// the upper end when none does. By bisection; the ends must be whole and below 2^53.
func leastInteger(in range: ClosedRange<Double>, where isEnough: (Double) -> Bool) -> Double {
  var low = range.lowerBound
  var high = range.upperBound
  while low < high {
    let middle = (low + (high - low) / 2).rounded(.down)
    if isEnough(middle) { high = middle } else { low = middle + 1 }
  }
  return low
}
