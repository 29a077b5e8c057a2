import Glibc

/// The gamma distribution with density x^(a−1) e^(−x/θ) / (Γ(a) θ^a) for x > 0.
///
/// ```swift
/// Gamma(shape: 11).quantile(0.975)  // 18.39…, the upper Garwood bound for 10 events
/// ```
package struct Gamma: Distribution, Hashable {
  package let shape: Double
  package let scale: Double

  /// Parameters that are not positive make every answer NaN.
  package init(shape: Double, scale: Double = 1) {
    self.shape = shape
    self.scale = scale > 0 ? scale : .nan
  }

  package func tails(at x: Double) -> TailProbability {
    x < 0
      ? TailProbability(lower: 0) : IncompleteGamma(shape: shape, at: x / scale).tails
  }

  package func quantile(_ p: Double) -> Double {
    guard p >= 0, p <= 1 else { return .nan }
    return p <= 0.5 ? lowerQuantile(log(p)) : upperQuantile(log1p(-p))
  }

  package func inverseSurvival(_ p: Double) -> Double {
    guard p >= 0, p <= 1 else { return .nan }
    return p <= 0.5 ? upperQuantile(log(p)) : lowerQuantile(log1p(-p))
  }

  /// Newton on the logarithm of the tail as a function of log x, where it is concave.
  private func lowerQuantile(_ logP: Double) -> Double {
    guard logP > -.infinity else { return 0 }
    guard shape > 0, shape.isFinite else { return .nan }
    let z = Normal.inverseSurvival(logP: logP)
    let root = concaveRoot(
      from: log(shape) - max(0, z) / shape.squareRoot(), cap: 4 + 4 / shape
    ) { s in
      let gamma = IncompleteGamma(shape: shape, at: exp(s))
      return (gamma.tails.logLower - logP, exp(gamma.logDensity - gamma.tails.logLower))
    }
    return exp(root) * scale
  }

  private func upperQuantile(_ logP: Double) -> Double {
    guard logP > -.infinity else { return .infinity }
    guard shape > 0, shape.isFinite else { return .nan }
    // As a function of −log x; the start is right of the root on the scale of x.
    let z = max(0, Normal.inverseSurvival(logP: logP))
    let reach = shape + z * shape.squareRoot() + z * z
    let root = concaveRoot(from: -log(reach), cap: 4 + 4 / shape) { s in
      let gamma = IncompleteGamma(shape: shape, at: exp(-s))
      return (gamma.tails.logUpper - logP, exp(gamma.logDensity - gamma.tails.logUpper))
    }
    return exp(-root) * scale
  }
}
