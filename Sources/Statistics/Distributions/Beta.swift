/// The beta distribution with density x^(a−1) (1 − x)^(b−1) / B(a, b) on [0, 1].
///
/// ```swift
/// Beta(a: 11, b: 990).quantile(0.025)  // the lower bound for 10 events in 1,000, uniform prior
/// ```
package struct Beta: Distribution, Hashable {
  package let a: Double
  package let b: Double

  /// Parameters that are not positive make every answer NaN.
  package init(a: Double, b: Double) {
    self.a = a
    self.b = b
  }

  /// The mean a / (a + b).
  package var mean: Double { a / (a + b) }

  package func tails(at x: Double) -> TailProbability {
    if x < 0 { return TailProbability(lower: 0) }
    if x > 1 { return TailProbability(upper: 0) }
    return IncompleteBeta(a, b, at: x).tails
  }

  package func quantile(_ p: Double) -> Double { IncompleteBeta.quantile(a, b, p).x }

  package func inverseSurvival(_ p: Double) -> Double { IncompleteBeta.quantile(b, a, p).y }
}
