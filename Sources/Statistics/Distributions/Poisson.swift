import Glibc

/// The number of events in a fixed exposure when they happen independently at a constant rate.
///
/// ```swift
/// Poisson(mean: 3.3).survival(10)  // P(more than 10 events)
/// ```
///
/// P(K ≤ k) = Q(k + 1, μ) (NIST DLMF 8.4.10).
package struct Poisson: Distribution, Hashable {
  package let mean: Double

  /// A mean that is negative, or 1e15 and more, makes every answer NaN.
  package init(mean: Double) { self.mean = mean >= 0 && mean < 1e15 ? mean : .nan }

  package func tails(at x: Double) -> TailProbability {
    guard !mean.isNaN, !x.isNaN else { return .undefined }
    let k = x.rounded(.down)
    if k < 0 { return TailProbability(lower: 0) }
    if k == .infinity { return TailProbability(upper: 0) }
    return IncompleteGamma(shape: k + 1, at: mean).tails.mirrored
  }

  /// log P(K = k) in Loader's form; −∞ where k is impossible.
  package func logProbability(of k: Double) -> Double {
    guard !mean.isNaN, k >= 0, k == k.rounded() else { return -.infinity }
    if mean == 0 { return k == 0 ? 0 : -.infinity }
    if k == 0 { return -mean }
    return -deviancePart(k, expected: mean, deviation: k - mean) - stirlingError(k)
      - logSqrtTwoPi - 0.5 * log(k)
  }

  package func quantile(_ p: Double) -> Double {
    guard !mean.isNaN, p >= 0, p <= 1 else { return .nan }
    return p == 1 ? .infinity : leastInteger(in: 0...reach) { cdf($0) >= p }
  }

  package func inverseSurvival(_ p: Double) -> Double {
    guard !mean.isNaN, p >= 0, p <= 1 else { return .nan }
    return p == 0 ? .infinity : leastInteger(in: 0...reach) { survival($0) <= p }
  }

  /// A whole number beyond which less than 1e-308 lies.
  private var reach: Double { (mean + 60 * mean.squareRoot() + 1_000).rounded(.up) }
}
