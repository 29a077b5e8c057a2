import Glibc

/// Curved boundaries that a sum stays below at all times together, but for a chance α.
///
/// ```swift
/// let boundary = try UniformBoundary(.normal, tunedAt: 100, alpha: 0.05)
/// boundary.bound(at: 250)               // for the sum when its variance has reached 250
/// boundary.logMixture(sum: 40, at: 250)  // the log e-value there
/// ```
///
/// Mixtures of the exponential supermartingales of S. Howard, A. Ramdas, J. McAuliffe and J. Sekhon
/// ("Time-uniform, nonparametric, nonasymptotic confidence sequences", Ann. Stat. 49, 2021,
/// propositions 5, 6, 9 and 10), with the mixing precision ρ tight at intrinsic time `tunedAt`:
/// ρ = v / (2 log(1/a) + log(1 + 2 log(1/a))), a = α or, one-sided, 2α.
package struct UniformBoundary: Sendable, Hashable, Codable {
  /// Which increments the boundary is for.
  package enum Family: Sendable, Hashable, Codable {
    /// Sub-Gaussian, two-sided.
    case normalTwoSided
    /// Sub-Gaussian, upper.
    case normal
    /// Sub-exponential with scale c.
    case gammaExponential(scale: Double)
    /// Sub-Poisson with scale c.
    case gammaPoisson(scale: Double)
    /// Bounded between −g and h, two-sided.
    case betaBinomialTwoSided(g: Double, h: Double)
    /// Bounded between −g and h, upper.
    case betaBinomial(g: Double, h: Double)
  }

  package let family: Family
  package let alpha: Double
  private let rho: Double

  /// - Throws: `invalidProbability` for α outside (0, ½); `nonPositiveExposure` unless the tuning
  ///   time, scale and bounds are positive.
  package init(_ family: Family, tunedAt time: Double, alpha: Double) throws(NotComputable) {
    guard alpha > 0, alpha < 0.5 else { throw .invalidProbability }
    let level: Double
    switch family {
    case .normalTwoSided, .betaBinomialTwoSided: level = alpha
    case .normal, .gammaExponential, .gammaPoisson, .betaBinomial: level = 2 * alpha
    }
    switch family {
    case .gammaExponential(let c), .gammaPoisson(let c):
      guard c > 0 else { throw .nonPositiveExposure }
    case .betaBinomial(let g, let h), .betaBinomialTwoSided(let g, let h):
      guard g > 0, h > 0 else { throw .nonPositiveExposure }
    case .normal, .normalTwoSided: break
    }
    guard time > 0 else { throw .nonPositiveExposure }
    self.family = family
    self.alpha = alpha
    rho = time / (2 * log(1 / level) + log1p(2 * log(1 / level)))
  }

  /// The logarithm of the mixture for a sum s at intrinsic time v.
  package func logMixture(sum s: Double, at v: Double) -> Double {
    switch family {
    case .normalTwoSided:
      return 0.5 * log(rho / (v + rho)) + s * s / (2 * (v + rho))
    case .normal:
      let z = s / (v + rho).squareRoot()
      return 0.5 * log(4 * rho / (v + rho)) + z * z / 2 + Normal.standard.logCDF(z)
    case .gammaExponential(let c):
      // Ratios of tails to densities; the powers and factorials of the formula are the densities.
      let (prior, shape) = (rho / (c * c), (v + rho) / (c * c))
      return Self.lowerRatio(shape, (c * s + v + rho) / (c * c)) - Self.lowerRatio(prior, prior)
    case .gammaPoisson(let c):
      let (prior, time) = (rho / (c * c), (v + rho) / (c * c))
      return Self.upperRatio(s / c + time, time) - Self.upperRatio(prior, prior)
    case .betaBinomialTwoSided(let g, let h): return betaMixture(s, v, g, h, x: 1)
    case .betaBinomial(let g, let h): return betaMixture(s, v, g, h, x: h / (g + h))
    }
  }

  /// The bound of the sum at intrinsic time v: where the mixture reaches 1/α.
  package func bound(at v: Double) -> Double {
    let target = -log(alpha)
    var limit = Double.infinity
    switch family {
    case .betaBinomial(let g, _), .betaBinomialTwoSided(let g, _): limit = v / g
    case .normal, .normalTwoSided, .gammaExponential, .gammaPoisson: break
    }
    var (low, high) = (0.0, min(limit, (v + rho).squareRoot()))
    while high < limit, logMixture(sum: high, at: v) < target {
      low = high
      high = min(limit, 2 * high)
    }
    for _ in 0..<200 where high - low > 1e-15 * high {
      let middle = (low + high) / 2
      if logMixture(sum: middle, at: v) < target { low = middle } else { high = middle }
    }
    return high
  }

  private static func lowerRatio(_ shape: Double, _ x: Double) -> Double {
    let gamma = IncompleteGamma(shape: shape, at: x)
    return gamma.tails.logLower - gamma.logDensity
  }

  private static func upperRatio(_ shape: Double, _ x: Double) -> Double {
    let gamma = IncompleteGamma(shape: shape, at: x)
    return gamma.tails.logUpper - gamma.logDensity
  }

  private func betaMixture(
    _ s: Double, _ v: Double, _ g: Double, _ h: Double, x: Double
  ) -> Double {
    let (sum, r) = (g + h, max(rho - g * h, 1e-3 * g * h))
    func logIncompleteBeta(_ a: Double, _ b: Double) -> Double {
      let logBeta = logGamma(a) + logGamma(b) - logGamma(a + b)
      return x < 1 ? logBeta + IncompleteBeta(a, b, at: x).tails.logLower : logBeta
    }
    let powers =
      v / (g * h) * log(sum) - (v / h + s) / sum * log(g) - (v / g - s) / sum * log(h)
    return powers
      + logIncompleteBeta((r + v) / (g * sum) - s / sum, (r + v) / (h * sum) + s / sum)
      - logIncompleteBeta(r / (g * sum), r / (h * sum))
  }
}

/// The polynomial stitched boundary: of the order √(v log log v), the smallest that can be (Howard
/// et al. 2021, theorem 1 and eq. 10).
package struct StitchedBoundary: Sendable, Hashable {
  package let alpha: Double
  /// The intrinsic time from which the boundary is tight; before, it is constant.
  package let startTime: Double
  /// The scale c of sub-gamma increments, 0 for sub-Gaussian ones.
  package let scale: Double
  /// s > 1, the power of the polynomial.
  package let power: Double
  /// η > 1, the ratio of the epochs.
  package let ratio: Double

  /// - Throws: `invalidProbability` for α outside (0, 1); `nonPositiveExposure` unless the start is
  ///   positive, the scale at least 0, and power and ratio exceed 1.
  package init(
    alpha: Double, startTime: Double, scale: Double = 0, power: Double = 1.4, ratio: Double = 2
  ) throws(NotComputable) {
    guard alpha > 0, alpha < 1 else { throw .invalidProbability }
    guard startTime > 0, scale >= 0, power > 1, ratio > 1 else { throw .nonPositiveExposure }
    self.alpha = alpha
    self.startTime = startTime
    self.scale = scale
    self.power = power
    self.ratio = ratio
  }

  /// The bound of the sum at intrinsic time v.
  package func bound(at v: Double) -> Double {
    let time = max(v, startTime)
    let k1 = (pow(ratio, 0.25) + pow(ratio, -0.25)) * 0.5.squareRoot()
    let k2 = (ratio.squareRoot() + 1) / 2
    let epochs = power * log(log(ratio * time / startTime))
    let level = epochs + log(Self.zeta(power) / alpha) - power * log(log(ratio))
    let drift = k2 * scale * level
    return (k1 * k1 * time * level + drift * drift).squareRoot() + drift
  }

  /// Riemann's ζ(s) for s > 1 by Euler and Maclaurin's formula after 20 terms (DLMF 25.2.9).
  static func zeta(_ s: Double) -> Double {
    let n = 20.0
    var sum = (1..<20).reduce(0.0) { $0 + pow(Double($1), -s) }
    sum += pow(n, 1 - s) / (s - 1) + 0.5 * pow(n, -s)
    var term = s * pow(n, -s - 1)
    for (index, factor) in [1.0 / 12, -1.0 / 720, 1.0 / 30_240, -1.0 / 1_209_600].enumerated() {
      sum += factor * term
      let k = s + Double(2 * index + 1)
      term *= k * (k + 1) / (n * n)
    }
    return sum
  }
}
