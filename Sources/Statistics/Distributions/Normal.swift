import Glibc

/// The normal distribution.
///
/// ```swift
/// Normal.standard.inverseSurvival(0.025)  // 1.959963984540054
/// ```
///
/// Below 5 standard deviations from the C library's `erfc`; beyond, exp(−x²/2)/√2π times Mills'
/// ratio by Laplace's continued fraction (NIST DLMF 7.9.1), in logarithms.
package struct Normal: Distribution, Hashable {
  package let mean: Double
  package let standardDeviation: Double

  /// A standard deviation that is not positive makes every answer NaN.
  package init(mean: Double, standardDeviation: Double) {
    self.mean = mean
    self.standardDeviation = standardDeviation > 0 ? standardDeviation : .nan
  }

  /// Mean 0, standard deviation 1.
  package static let standard = Normal(mean: 0, standardDeviation: 1)

  package func tails(at x: Double) -> TailProbability {
    let z = (x - mean) / standardDeviation
    guard !z.isNaN else { return .undefined }
    let tail = Self.upperTail(abs(z))
    return z >= 0 ? tail : tail.mirrored
  }

  package func quantile(_ p: Double) -> Double { mean - standardDeviation * Self.deviate(p) }

  package func inverseSurvival(_ p: Double) -> Double {
    mean + standardDeviation * Self.deviate(p)
  }

  /// The standard normal z with log P(Z > z) = `logP`, for p-values below the smallest double too.
  package static func inverseSurvival(logP: Double) -> Double {
    guard logP < -0.7 else { return deviate(exp(logP)) }
    // Abramowitz and Stegun 26.2.23, then Newton in the log domain, where the tail is concave.
    let t = (-2 * logP).squareRoot()
    let numerator = 2.515517 + t * (0.802853 + t * 0.010328)
    let start = t - numerator / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    let root = concaveRoot(from: -start, cap: 5) { s in
      (logTail(-s) - logP, 1 / millsRatio(-s))
    }
    return -root
  }

  /// The logarithm of the unit normal loss E[max(Z − a, 0)] = φ(a) − a Q(a).
  ///
  /// For a ≥ 5 as φ(a) K / (a + K), where 1/(a + K) is Mills' ratio, since the difference cancels.
  static func logLoss(_ a: Double) -> Double {
    let logDensity = -0.5 * a * a - logSqrtTwoPi
    guard a >= 5 else {
      return log(exp(logDensity) - a * standard.survival(a))
    }
    var rest = 0.0
    for level in stride(from: 60.0, to: 0, by: -1) { rest = level / (a + rest) }
    return logDensity + log(rest / (a + rest))
  }

  /// log P(Z > z) of the standard normal distribution.
  package static func logUpperTail(_ z: Double) -> Double { standard.logSurvival(z) }

  /// The z with P(Z > z) = p.
  static func deviate(_ p: Double) -> Double {
    guard p >= 0, p <= 1 else { return .nan }
    if p > 0.5 { return -deviate(1 - p) }
    if p == 0 { return .infinity }
    guard p > 0.2 else { return inverseSurvival(logP: log(p)) }
    // Near the centre: erf(z/√2) = 1 − 2p, by Newton with second-order correction.
    let centre = 0.5 - p
    var z = centre * 2.506628274631000502
    for _ in 0..<20 {
      let density = exp(-0.5 * z * z - logSqrtTwoPi)
      let newton = (0.5 * erf(z * 0.5.squareRoot()) - centre) / density
      let step = newton / (1 + 0.5 * z * newton)
      z -= step
      if abs(step) <= 1e-16 * abs(z) { break }
    }
    return z
  }

  /// Both tails at z ≥ 0.
  private static func upperTail(_ z: Double) -> TailProbability {
    z < 5
      ? TailProbability(upper: 0.5 * erfc(z * 0.5.squareRoot()))
      : TailProbability(logUpper: logTail(z))
  }

  /// log P(Z > z) for z > 0.
  private static func logTail(_ z: Double) -> Double {
    guard z >= 5 else { return log(0.5 * erfc(z * 0.5.squareRoot())) }
    guard z.isFinite else { return -.infinity }
    return -0.5 * z * z - logSqrtTwoPi + log(millsRatio(z))
  }

  /// P(Z > z) / density(z): 1/(z + 1/(z + 2/(z + 3/(z + …)))) from the back.
  private static func millsRatio(_ z: Double) -> Double {
    guard z >= 5 else {
      return 0.5 * erfc(z * 0.5.squareRoot()) / exp(-0.5 * z * z - logSqrtTwoPi)
    }
    var fraction = z
    // At z = 5 the error after 60 levels is below 1e-17.
    for level in stride(from: 60.0, to: 0, by: -1) { fraction = z + level / fraction }
    return 1 / fraction
  }
}
