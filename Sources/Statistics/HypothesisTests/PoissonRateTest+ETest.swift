import Glibc

extension PoissonRateTest {
  /// The E-test of K. Krishnamoorthy and J. Thomson (J. Stat. Plan. Inference 119, 2004): the
  /// chance, at the pooled rate, of counts whose difference of rates is at least as many standard
  /// errors as the observed one. More powerful than the conditional test when events are few.
  ///
  /// Counts that tie with the observed ones belong to them (relative slack 1e-12). For each count
  /// of one arm the other's are a tail, whose edge only moves forward.
  ///
  /// - Returns: log p; nil without events, for counts that are not whole, or for more than a
  ///   million expected events.
  /// - Complexity: O(√events).
  package func estimatedLogP(_ alternative: Alternative) -> Double? {
    let (k1, k2) = (canary.events, baseline.events)
    let (e1, e2) = (canary.exposure, baseline.exposure)
    guard k1 + k2 > 0, k1 + k2 <= 1e6, k1 == k1.rounded(), k2 == k2.rounded() else { return nil }
    if alternative == .less {
      return PoissonRateTest(canary: baseline, baseline: canary).estimatedLogP(.greater)
    }
    let rate = (k1 + k2) / (e1 + e2)
    let (first, second) = (Poisson(mean: rate * e1), Poisson(mean: rate * e2))
    // Exposures too far apart for doubles.
    guard first.mean > 0, second.mean > 0, first.mean <= 2e6, second.mean <= 2e6 else { return nil }
    func t(_ i: Double, _ j: Double) -> Double {
      let spread = (i / e1 / e1 + j / e2 / e2).squareRoot()
      return spread > 0 ? (i / e1 - j / e2) / spread : 0
    }
    let observed = t(k1, k2)
    let slack = 1e-12 * abs(observed)
    let limit = alternative == .twoSided ? abs(observed) - slack : observed - slack
    if limit <= 0, alternative == .twoSided { return 0 }
    let reach = 40 * first.mean.squareRoot() + 40
    let start = max(0, (first.mean - reach).rounded(.down))
    let end = (first.mean + reach).rounded(.up)
    // The largest j with t ≥ limit, and the smallest with t ≤ −limit, at the current i.
    var (below, above) = (-1.0, 0.0)
    let far = (second.mean + 60 * second.mean.squareRoot() + 1_000).rounded(.up)
    var sum = CompensatedSum()
    for i in stride(from: start, through: end, by: 1) {
      while below < far, t(i, below + 1) >= limit { below += 1 }
      var share = below >= 0 ? second.cdf(below) : 0
      if alternative == .twoSided {
        while above < far, t(i, above) > -limit { above += 1 }
        share += second.survival(above - 1)
      }
      sum.add(exp(first.logProbability(of: i)) * share)
    }
    return min(0, log(sum.result))
  }
}
