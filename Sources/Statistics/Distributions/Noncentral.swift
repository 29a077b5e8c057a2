import Glibc

/// The noncentral chi-squared distribution: Σ (Z_i + μ_i)² with k terms and λ = Σ μ_i².
///
/// ```swift
/// // The power of a chi-squared test with 3 degrees of freedom and noncentrality 10.
/// NoncentralChiSquared(degreesOfFreedom: 3, noncentrality: 10).survival(7.81)  // 0.75…
/// ```
///
/// A Poisson mixture of central ones, P(X > x) = Σ_j e^(−λ/2) (λ/2)^j/j! P(χ²_{k+2j} > x)
/// (Abramowitz and Stegun 26.4.25), both tails summed from their largest term outwards: all terms
/// are positive, so small tails keep their digits.
///
/// - Complexity: O(√λ) terms; λ up to 1e8.
package struct NoncentralChiSquared: Distribution, Hashable {
  package let degreesOfFreedom: Double
  package let noncentrality: Double

  /// Degrees of freedom that are not positive, and a noncentrality outside [0, 1e8], make every
  /// answer NaN.
  package init(degreesOfFreedom: Double, noncentrality: Double) {
    let isValid = degreesOfFreedom > 0 && noncentrality >= 0 && noncentrality <= 1e8
    self.degreesOfFreedom = isValid ? degreesOfFreedom : .nan
    self.noncentrality = noncentrality
  }

  package func tails(at x: Double) -> TailProbability {
    guard !degreesOfFreedom.isNaN, !x.isNaN else { return .undefined }
    if x <= 0 { return TailProbability(lower: 0) }
    if x == .infinity { return TailProbability(upper: 0) }
    let mean = degreesOfFreedom + noncentrality
    return x < mean
      ? TailProbability(logLower: logTail(x) { $0.logLower })
      : TailProbability(logUpper: logTail(x) { $0.logUpper })
  }

  private func logTail(_ x: Double, _ side: (TailProbability) -> Double) -> Double {
    let weights = Poisson(mean: noncentrality / 2)
    func term(_ j: Double) -> Double {
      let central = IncompleteGamma(shape: degreesOfFreedom / 2 + j, at: x / 2).tails
      return weights.logProbability(of: j) + side(central)
    }
    guard noncentrality > 0 else { return term(0) }
    // Terms are log-concave in j: find where they stop rising.
    let reach = noncentrality + x + 100 * (noncentrality + x).squareRoot() + 200
    let peak = leastInteger(in: 0...reach.rounded(.up)) { term($0 + 1) <= term($0) }
    let top = term(peak)
    guard top > -.infinity else { return top }
    var sum = 1.0
    for direction in [1.0, -1.0] {
      var j = peak + direction
      while j >= 0 {
        let part = exp(term(j) - top)
        sum += part
        if !(part > 1e-17 * sum) { break }
        j += direction
      }
    }
    return top + log(sum)
  }

  package func quantile(_ p: Double) -> Double {
    guard !degreesOfFreedom.isNaN, p >= 0, p <= 1 else { return .nan }
    if p == 0 { return 0 }
    if p == 1 { return .infinity }
    return rootOfTail(p, isUpper: false, from: degreesOfFreedom + noncentrality, least: 0)
  }

  package func inverseSurvival(_ p: Double) -> Double {
    guard !degreesOfFreedom.isNaN, p >= 0, p <= 1 else { return .nan }
    if p == 0 { return .infinity }
    if p == 1 { return 0 }
    return rootOfTail(p, isUpper: true, from: degreesOfFreedom + noncentrality, least: 0)
  }
}

/// The noncentral t distribution: (Z + δ)/√(V/ν) with V chi-squared.
///
/// ```swift
/// // The power of a one-sided t test with 18 degrees of freedom and noncentrality 2.2.
/// NoncentralT(degreesOfFreedom: 18, noncentrality: 2.2).survival(1.734)  // 0.68…
/// ```
///
/// P(T > t) = ∫ P(Z > t √(v/ν) − δ) dF(v) over log v, tails of Z in logarithms (N. Johnson,
/// S. Kotz, N. Balakrishnan, Continuous Univariate Distributions 2, 1995, eq. 31.11), by
/// Gauss-Legendre panels around the peak. The larger tail is one minus the smaller.
package struct NoncentralT: Distribution, Hashable {
  package let degreesOfFreedom: Double
  package let noncentrality: Double

  /// Degrees of freedom that are not positive, and a noncentrality beyond ±1e4, make every answer
  /// NaN.
  package init(degreesOfFreedom: Double, noncentrality: Double) {
    let isValid = degreesOfFreedom > 0 && abs(noncentrality) <= 1e4
    self.degreesOfFreedom = isValid ? degreesOfFreedom : .nan
    self.noncentrality = noncentrality
  }

  package func tails(at t: Double) -> TailProbability {
    guard !degreesOfFreedom.isNaN, !t.isNaN else { return .undefined }
    if t == .infinity { return TailProbability(upper: 0) }
    if t == -.infinity { return TailProbability(lower: 0) }
    if t == 0 { return Normal.standard.tails(at: -noncentrality) }
    return t > noncentrality
      ? TailProbability(logUpper: logTail(t, isUpper: true))
      : TailProbability(logLower: logTail(t, isUpper: false))
  }

  private func logTail(_ t: Double, isUpper: Bool) -> Double {
    let half = degreesOfFreedom / 2
    // s = log(v/ν); its density without the constant is ν/2 (s − e^s).
    let constant = half * log(half) - logGamma(half)
    return constant
      + logIntegral(
        ofConcave: { s in
          let z = t * exp(s / 2) - noncentrality
          let tail =
            isUpper ? Normal.standard.logSurvival(z) : Normal.standard.logCDF(z)
          return half * (s - exp(s)) + tail
        }, peakIn: -1_400...20)
  }

  package func quantile(_ p: Double) -> Double {
    guard !degreesOfFreedom.isNaN, p >= 0, p <= 1 else { return .nan }
    if p == 0 { return -.infinity }
    if p == 1 { return .infinity }
    return rootOfTail(p, isUpper: false, from: noncentrality, least: -.infinity)
  }

  package func inverseSurvival(_ p: Double) -> Double {
    guard !degreesOfFreedom.isNaN, p >= 0, p <= 1 else { return .nan }
    if p == 0 { return .infinity }
    if p == 1 { return -.infinity }
    return rootOfTail(p, isUpper: true, from: noncentrality, least: -.infinity)
  }
}

extension Distribution {
  /// The point with log P(X > x), or log P(X ≤ x), as given: by bracketing and bisection over the
  /// ordered bit patterns of doubles.
  func rootOfTail(_ p: Double, isUpper: Bool, from start: Double, least: Double) -> Double {
    // The nearer tail keeps the digits.
    let usesUpper = isUpper == (p <= 0.5)
    let target = p <= 0.5 ? log(p) : log1p(-p)
    // Rises with x.
    func isBeyond(_ x: Double) -> Bool {
      let tails = tails(at: x)
      return usesUpper ? tails.logUpper <= target : tails.logLower >= target
    }
    var (low, high) = (start, start)
    var step = max(1, abs(start))
    while !isBeyond(high), high < 1e300 {
      high += step
      step *= 2
    }
    step = max(1, abs(start))
    while low > least, isBeyond(low), low > -1e300 {
      low = max(least, low - step)
      step *= 2
    }
    var (a, b) = (key(of: low), key(of: high))
    while b - a > 1, a < b {
      let middle = a + (b - a) / 2
      if isBeyond(double(ofKey: middle)) { b = middle } else { a = middle }
    }
    return double(ofKey: b)
  }
}
