import Glibc

/// The regularised incomplete beta function I_x(a, b), as both tails with logarithms.
///
/// The lower tail is computed for x left of the mean a/(a + b), the upper one right of it, as
/// x^a y^b / B(a, b), y = 1 − x, times
/// - the integral of the tail over log(x/y) by Gauss-Legendre points, where the parameters are
///   large enough (also at 1e9, in constant time);
/// - otherwise the power series DLMF 8.17.8 or, for x near 1, the continued fraction of A. DiDonato
///   and A. Morris, "Algorithm 708", ACM Trans. Math. Softw. 18, 1992, eq. 9.
///
/// With n = a + b the density is Loader's √(ab/(2πn)) exp(δ(n) − δ(a) − δ(b) − D), where D is the
/// sum of two deviance parts that share the deviation λ = a − n x. λ is formed in doubled
/// precision: at a billion trials nothing else decides the digits of a far tail.
///
/// a, b > 0 and 0 ≤ x ≤ 1, else undefined.
struct IncompleteBeta {
  let tails: TailProbability
  /// log of x^a y^b / B(a, b), the density with respect to log(x/y).
  let logDensity: Double

  /// At a point x that is exact as given; y = 1 − x is derived.
  init(_ a: Double, _ b: Double, at x: Double) {
    let lambda = deviation(a, ofProduct: exactSum(a, b), x)
    self.init(a, b, x: x, y: 1 - x, lambda: lambda)
  }

  /// At a point whose distance y from 1 is exact as given.
  init(_ a: Double, _ b: Double, complement y: Double) {
    let lambda = -deviation(b, ofProduct: exactSum(a, b), y)
    self.init(a, b, x: 1 - y, y: y, lambda: lambda)
  }

  /// - Parameters:
  ///   - lambda: a − (a + b) x = a y − b x, as exact as can be had.
  init(_ a: Double, _ b: Double, x: Double, y: Double, lambda: Double) {
    guard a > 0, b > 0, a.isFinite, b.isFinite, x >= 0, y >= 0 else {
      tails = .undefined
      logDensity = .nan
      return
    }
    guard x > 0, y > 0 else {
      tails = x > 0 ? TailProbability(upper: 0) : TailProbability(lower: 0)
      logDensity = -.infinity
      return
    }
    logDensity = Self.logDensity(a, b, x, y, lambda)
    tails =
      lambda >= 0
      ? TailProbability(logLower: logDensity + log(Self.ratio(a, b, x, y, lambda)))
      : TailProbability(logUpper: logDensity + log(Self.ratio(b, a, y, x, -lambda)))
  }

  /// At a point so near 0 that x itself may underflow: I_x(a, b) → x^a / (a B(a, b)).
  init(_ a: Double, _ b: Double, vanishing logX: Double) {
    logDensity = a * logX - (logGamma(a) + logGamma(b) - logGamma(a + b))
    tails = TailProbability(logLower: logDensity - log(a))
  }

  /// I_x(a, b) / density for x up to the mean.
  private static func ratio(
    _ a: Double, _ b: Double, _ x: Double, _ y: Double, _ lambda: Double
  ) -> Double {
    let n = a + b
    let integral =
      x <= 0.5
      ? tailIntegral(slope: lambda, curvature: n * x * y) { s in
        -lambda * s - n * (log1pMinusX(x * expm1(-s)) + x * expm1MinusX(-s))
      }
      : tailIntegral(slope: lambda, curvature: n * x * y) { s in
        -lambda * s - n * (log1pMinusX(y * expm1(s)) + y * expm1MinusX(s))
      }
    if let integral { return integral }
    if x <= 0.7 { return series(a, b, x) }
    if n * y < b + 1.5 {
      // The tail is no smaller than about a tenth, and its complement converges at once.
      let logUpper = logDensity(a, b, x, y, lambda) + log(series(b, a, y))
      return -expm1(logUpper) / exp(logDensity(a, b, x, y, lambda))
    }
    return continuedFraction(first: a * (1 + lambda) / (a + 1)) { k in
      let s = a + 2 * k - 1
      let w = k * (b - k) * x
      let numerator = (a + k - 1) / s * ((n + k - 1) / s) * (w * x)
      return (numerator, k + w / s + (a + k) / (s + 2) * (1 + lambda + k * (1 + y)))
    }
  }

  /// I_x(a, b) / density as the power series DLMF 8.17.8, whose terms are all positive.
  private static func series(_ a: Double, _ b: Double, _ x: Double) -> Double {
    var (term, sum, k) = (1.0, 1.0, 0.0)
    while term > 1e-17 * sum, k < 1e6 {
      term *= (a + b + k) / (a + 1 + k) * x
      sum += term
      k += 1
    }
    return sum / a
  }

  /// log of x^a y^b / B(a, b) in Loader's form.
  private static func logDensity(
    _ a: Double, _ b: Double, _ x: Double, _ y: Double, _ lambda: Double
  ) -> Double {
    let n = a + b
    let deviance =
      deviancePart(a, expected: n * x, deviation: lambda)
      + deviancePart(b, expected: n * y, deviation: -lambda)
    let corrections = stirlingError(n) - stirlingError(a) - stirlingError(b)
    return 0.5 * log(a / n * b) - logSqrtTwoPi + corrections - deviance
  }

  /// The x with I_x(a, b) = p, as a pair with y = 1 − x, each to full relative precision.
  static func quantile(_ a: Double, _ b: Double, _ p: Double) -> (x: Double, y: Double) {
    guard a > 0, b > 0, a.isFinite, b.isFinite, p >= 0, p <= 1 else { return (.nan, .nan) }
    if p == 0 { return (0, 1) }
    if p == 1 { return (1, 0) }
    guard p <= 0.5 else {
      let mirrored = lowerQuantile(b, a, log(1 - p))
      return (mirrored.y, mirrored.x)
    }
    return lowerQuantile(a, b, log(p))
  }

  /// The x with log I_x(a, b) = `logP`, for probabilities of at most about a half.
  static func lowerQuantile(
    _ a: Double, _ b: Double, _ logP: Double
  ) -> (x: Double, y: Double) {
    let z = Normal.inverseSurvival(logP: logP)
    // The logit of a beta variable has about this mean and variance.
    let start = log(a / b) - max(0, z) * (1 / a + 1 / b).squareRoot()
    let root = concaveRoot(from: start, cap: 4 + 4 / a) { s in
      let (x, y) = unitPair(logit: s)
      let beta = s <= 0 ? IncompleteBeta(a, b, at: x) : IncompleteBeta(a, b, complement: y)
      return (beta.tails.logLower - logP, exp(beta.logDensity - beta.tails.logLower))
    }
    return unitPair(logit: root)
  }

  /// x and 1 − x for log(x / (1 − x)) = s.
  private static func unitPair(logit s: Double) -> (x: Double, y: Double) {
    (1 / (1 + exp(-s)), 1 / (1 + exp(s)))
  }
}
