import Glibc

/// Student's t distribution; the degrees of freedom need not be whole.
///
/// ```swift
/// StudentT(degreesOfFreedom: 10).inverseSurvival(0.025)  // 2.228138851986275
/// ```
///
/// P(|T| > t) = I_x(ν/2, ½) with x = ν / (ν + t²) (NIST DLMF 8.17, Abramowitz and Stegun
/// 26.7.1). From 1e100 degrees of freedom on it is the standard normal distribution.
package struct StudentT: Distribution, Hashable {
  package let degreesOfFreedom: Double

  /// Degrees of freedom that are not positive make every answer NaN.
  package init(degreesOfFreedom: Double) { self.degreesOfFreedom = degreesOfFreedom }

  package func tails(at t: Double) -> TailProbability {
    guard !t.isNaN, degreesOfFreedom > 0 else { return .undefined }
    guard degreesOfFreedom < 1e100 else { return Normal.standard.tails(at: t) }
    let half = 0.693147180559945309
    let outside = beta(abs(t)).tails.logLower
    let tail = TailProbability(logUpper: outside - half)
    return t >= 0 ? tail : tail.mirrored
  }

  package func quantile(_ p: Double) -> Double { -inverseSurvival(p) }

  package func inverseSurvival(_ p: Double) -> Double {
    guard p >= 0, p <= 1, degreesOfFreedom > 0 else { return .nan }
    guard degreesOfFreedom < 1e100 else { return Normal.standard.inverseSurvival(p) }
    if p > 0.5 { return -inverseSurvival(1 - p) }
    if p == 0.5 { return 0 }
    if p == 0 { return .infinity }
    let normal = Normal.standard.inverseSurvival(p)
    // In log t both the tail (falling) and the centre (rising) have concave logarithms; the
    // smaller of the two keeps the digits.
    if p < 0.25 {
      let target = log(2 * p)
      let root = concaveRoot(from: -log(normal) - 1, cap: 3) { s in
        let beta = beta(exp(-s))
        return (
          beta.tails.logLower - target, 2 * exp(beta.logDensity - beta.tails.logLower)
        )
      }
      return exp(-root)
    }
    let target = log1p(-2 * p)
    let root = concaveRoot(from: log(normal) - 0.5, cap: 3) { s in
      let beta = beta(exp(s))
      return (beta.tails.logUpper - target, 2 * exp(beta.logDensity - beta.tails.logUpper))
    }
    return exp(root)
  }

  /// I_x(ν/2, ½) at x = ν / (ν + t²): P(|T| > t) below, P(|T| ≤ t) above.
  ///
  /// Its density with respect to log(x/y) = log ν − 2 log t is half that with respect to log t.
  private func beta(_ t: Double) -> IncompleteBeta {
    let nu = degreesOfFreedom
    guard t < 1e70 else {
      return IncompleteBeta(nu / 2, 0.5, vanishing: log(nu) - 2 * log(t))
    }
    let square = t * t
    let sum = nu + square
    let lambda = 0.5 * nu * ((square - 1) / sum)
    return IncompleteBeta(nu / 2, 0.5, x: nu / sum, y: square / sum, lambda: lambda)
  }
}
