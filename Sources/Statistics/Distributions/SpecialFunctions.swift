import Glibc

/// Log of the square root of 2π.
let logSqrtTwoPi = 0.918938533204672741780329736406

/// `log(1 + u) − u` without cancellation near 0.
///
/// With v = u / (2 + u), log(1 + u) = 2 artanh v, so the value is v (2 (v²/3 + v⁴/5 + …) − u)
/// (D. Loader, "Fast and accurate computation of binomial probabilities", 2000, section 2).
/// Relative error about 4 ulp. −∞ at −1, NaN below.
func log1pMinusX(_ u: Double) -> Double {
  guard u > -0.6, u < 1.5 else { return log1p(u) - u }
  let v = u / (2 + u)
  return v * (2 * artanhTail(v * v) - u)
}

/// `exp(s) − 1 − s` without cancellation near 0, by Taylor's series below 0.6.
func expm1MinusX(_ s: Double) -> Double {
  guard abs(s) < 0.6 else { return expm1(s) - s }
  var term = s * s * 0.5
  var sum = term
  var divisor = 3.0
  while abs(term) > 1e-18 * abs(sum) {
    term *= s / divisor
    sum += term
    divisor += 1
  }
  return sum
}

/// v²/3 + v⁴/5 + v⁶/7 + …, given v²: what `artanh(v) / v` exceeds 1 by.
private func artanhTail(_ square: Double) -> Double {
  var power = square
  var sum = square / 3
  var divisor = 5.0
  while true {
    power *= square
    let next = sum + power / divisor
    if next == sum { return sum }
    sum = next
    divisor += 2
  }
}

/// The deviance part x log(x / m) + m − x, at least 0, given x, m and d = x − m.
///
/// It is the exponent of binomial, Poisson, beta and gamma densities (Loader 2000, eq. 5, `bd0`).
/// The deviation is passed apart because the caller can know it far better than x − m: its
/// relative error becomes that of the result. m at x = 0. The relative error is about 8 ulp.
func deviancePart(_ x: Double, expected m: Double, deviation d: Double) -> Double {
  guard x > 0 else { return m }
  let v = d / (x + m)
  guard abs(v) < 0.5 else { return x * log(x / m) - d }
  return v * (d + 2 * x * artanhTail(v * v))
}

/// The error of Stirling's formula: log Γ(z) − ((z − ½) log z − z + log √2π), for z > 0.
///
/// Asymptotic series with Bernoulli numbers from 10 on (NIST DLMF 5.11.1), the difference below.
/// The absolute error is below 5e-15, which is what matters to sums of such terms.
func stirlingError(_ z: Double) -> Double {
  guard z < 10 else {
    let w = 1 / (z * z)
    let outer = 1.0 / 1188 - w * (691.0 / 360_360 - w * (1.0 / 156 - w * (3617.0 / 122_400)))
    let inner = 1.0 / 1260 - w * (1.0 / 1680 - w * outer)
    return (1.0 / 12 - w * (1.0 / 360 - w * inner)) / z
  }
  return logGamma(z + 1) - (z + 0.5) * log(z) + z - logSqrtTwoPi
}

/// The logarithm of |Γ(z)|, from the C library.
func logGamma(_ z: Double) -> Double { lgamma(z).0 }

/// log(exp(a) + exp(b)), also where the exponentials over- or underflow.
func logSumExp(_ a: Double, _ b: Double) -> Double {
  let (small, large) = a < b ? (a, b) : (b, a)
  guard large.isFinite else { return large }
  return large + log1p(exp(small - large))
}

/// log Σ exp(terms), −∞ for an empty list.
package func logSumExp(_ terms: [Double]) -> Double {
  let largest = terms.max() ?? -.infinity
  guard largest.isFinite else { return largest }
  var sum = CompensatedSum()
  for term in terms { sum.add(exp(term - largest)) }
  return largest + log(sum.result)
}

/// log(1 − exp(x)) for x ≤ 0 (M. Mächler, "Accurately computing log(1 − exp(−|a|))", 2012).
func log1mExp(_ x: Double) -> Double {
  x > -0.693147180559945309 ? log(-expm1(x)) : log1p(-exp(x))
}
