import Glibc

/// The regularised incomplete gamma functions P(a, x) and Q(a, x).
///
/// Both tails of a gamma distribution with shape a, with logarithms. P(a, x) is computed for
/// x ≤ a and Q(a, x) beyond, as the density x^a e^(−x) / Γ(a) times
/// - the integral of the tail over log x by Gauss-Legendre points, where a is large enough;
/// - otherwise the power series (NIST DLMF 8.11.4) or Legendre's continued fraction (8.9.2).
///
/// The density has Loader's form, exp(−deviance part) √(a/2π) exp(−Stirling error), so nothing
/// cancels. a > 0, x ≥ 0, else undefined.
struct IncompleteGamma {
  let tails: TailProbability
  /// log of x^a e^(−x) / Γ(a), the density with respect to log x.
  let logDensity: Double

  init(shape a: Double, at x: Double) {
    guard a > 0, a.isFinite, x >= 0 else {
      tails = .undefined
      logDensity = .nan
      return
    }
    guard x > 0, x.isFinite else {
      tails = x == 0 ? TailProbability(lower: 0) : TailProbability(upper: 0)
      logDensity = -.infinity
      return
    }
    let d = a - x
    logDensity =
      0.5 * log(a) - logSqrtTwoPi - stirlingError(a) - deviancePart(a, expected: x, deviation: d)
    tails =
      d >= 0
      ? TailProbability(logLower: logDensity + log(Self.lowerRatio(a, x)))
      : TailProbability(logUpper: logDensity + log(Self.upperRatio(a, x)))
  }

  /// P(a, x) / density, for x ≤ a.
  private static func lowerRatio(_ a: Double, _ x: Double) -> Double {
    let slope = a - x
    let integral = tailIntegral(slope: slope, curvature: x) { s in
      -slope * s - x * expm1MinusX(-s)
    }
    if let integral { return integral }
    var term = 1 / a
    var sum = term
    var k = 1.0
    while term > 1e-17 * sum {
      term *= x / (a + k)
      sum += term
      k += 1
    }
    return sum
  }

  /// Q(a, x) / density, for x ≥ a.
  private static func upperRatio(_ a: Double, _ x: Double) -> Double {
    let slope = x - a
    let integral = tailIntegral(slope: slope, curvature: x) { s in
      -slope * s - x * expm1MinusX(s)
    }
    if let integral { return integral }
    // For small x the fraction is slow, and Q is not small: complement of the series.
    if x < 1.5 {
      let logDensity =
        0.5 * log(a) - logSqrtTwoPi - stirlingError(a)
        - deviancePart(a, expected: x, deviation: a - x)
      var term = 1 / a
      var sum = term
      var k = 1.0
      while term > 1e-17 * sum {
        term *= x / (a + k)
        sum += term
        k += 1
      }
      return -expm1(logDensity + log(sum)) / exp(logDensity)
    }
    return continuedFraction(first: x + 1 - a) { i in
      (-i * (i - a), x + 2 * i + 1 - a)
    }
  }
}

/// 1 / (b0 + a1/(b1 + a2/(b2 + …))) by Lentz's method (W. Lentz, Appl. Opt. 15, 1976).
///
/// - Parameters:
///   - first: b0, not 0.
///   - coefficients: (a_i, b_i) for i = 1, 2, …
func continuedFraction(
  first: Double, coefficients: (Double) -> (numerator: Double, denominator: Double)
) -> Double {
  let tiny = 1e-300
  var c = 1 / tiny
  var d = 1 / (first == 0 ? tiny : first)
  var value = d
  var i = 1.0
  while i < 1e6 {
    let (a, b) = coefficients(i)
    d = b + a * d
    if abs(d) < tiny { d = tiny }
    c = b + a / c
    if abs(c) < tiny { c = tiny }
    d = 1 / d
    let factor = c * d
    value *= factor
    // Written so that NaN ends it too.
    if !(abs(factor - 1) >= 3e-16) { break }
    i += 1
  }
  return value
}
