/// Fisher's F distribution with d1 and d2 degrees of freedom.
///
/// P(F ≤ f) = I_x(d1/2, d2/2) with x = d1 f / (d1 f + d2) (NIST DLMF 8.17, Abramowitz and Stegun
/// 26.6.2).
package struct FDistribution: Distribution, Hashable {
  package let numeratorDegrees: Double
  package let denominatorDegrees: Double

  /// Degrees of freedom that are not positive make every answer NaN.
  package init(numeratorDegrees: Double, denominatorDegrees: Double) {
    self.numeratorDegrees = numeratorDegrees
    self.denominatorDegrees = denominatorDegrees
  }

  package func tails(at f: Double) -> TailProbability {
    if f <= 0 { return TailProbability(lower: 0) }
    if f == .infinity { return TailProbability(upper: 0) }
    let (d1, d2) = (numeratorDegrees, denominatorDegrees)
    let sum = d1 * f + d2
    let lambda = 0.5 * d1 * (d2 / sum) * (1 - f)
    return IncompleteBeta(d1 / 2, d2 / 2, x: d1 * f / sum, y: d2 / sum, lambda: lambda).tails
  }

  package func quantile(_ p: Double) -> Double {
    let (x, y) = IncompleteBeta.quantile(numeratorDegrees / 2, denominatorDegrees / 2, p)
    return denominatorDegrees / numeratorDegrees * (x / y)
  }

  package func inverseSurvival(_ p: Double) -> Double {
    let (y, x) = IncompleteBeta.quantile(denominatorDegrees / 2, numeratorDegrees / 2, p)
    return denominatorDegrees / numeratorDegrees * (x / y)
  }
}
