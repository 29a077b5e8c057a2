/// The chi-squared distribution: a gamma distribution with shape k/2 and scale 2.
///
/// ```swift
/// ChiSquared(degreesOfFreedom: 1).survival(3.84)  // 0.05004…
/// ```
package struct ChiSquared: Distribution, Hashable {
  package let degreesOfFreedom: Double

  /// Degrees of freedom that are not positive make every answer NaN; they need not be whole.
  package init(degreesOfFreedom: Double) { self.degreesOfFreedom = degreesOfFreedom }

  private var gamma: Gamma { Gamma(shape: degreesOfFreedom / 2, scale: 2) }

  package func tails(at x: Double) -> TailProbability { gamma.tails(at: x) }

  package func quantile(_ p: Double) -> Double { gamma.quantile(p) }

  package func inverseSurvival(_ p: Double) -> Double { gamma.inverseSurvival(p) }
}
