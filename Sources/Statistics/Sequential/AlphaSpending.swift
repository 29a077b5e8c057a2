import Glibc

/// How much of the error budget may be spent by a fraction of the planned information.
///
/// ```swift
/// let bounds = try AlphaSpending.obrienFleming
///   .bounds(alpha: 0.025, fractions: [0.25, 0.5, 0.75, 1])
/// bounds.z   // one upper bound per look for the z statistic
/// ```
package enum AlphaSpending: Sendable, Hashable, Codable {
  /// 2(1 − Φ(z_{α/2}/√t)): late (K. Lan, D. DeMets, Biometrika 70, 1983).
  case obrienFleming
  /// α ln(1 + (e − 1) t): even.
  case pocock
  /// α t^ρ (K. Kim, D. DeMets, Biometrika 74, 1987).
  case power(Double)
  /// α (1 − e^(−γt)) / (1 − e^(−γ)) (I. Hwang, W. Shih, J. de Cani, Stat. Med. 9, 1990).
  case hwangShihDeCani(Double)

  /// The error that may be spent by the fraction t of the information.
  package func spent(alpha: Double, at t: Double) -> Double {
    guard t > 0 else { return 0 }
    let fraction = min(1, t)
    switch self {
    case .obrienFleming:
      let z = Normal.standard.inverseSurvival(alpha / 2)
      return 2 * Normal.standard.survival(z / fraction.squareRoot())
    case .pocock: return alpha * log1p(expm1(1) * fraction)
    case .power(let rho): return alpha * pow(fraction, rho)
    case .hwangShihDeCani(let gamma):
      return gamma == 0 ? alpha * fraction : alpha * expm1(-gamma * fraction) / expm1(-gamma)
    }
  }

  /// The one-sided upper bounds for looks at these information fractions, unequal and late as they
  /// come.
  ///
  /// - Throws: `nonIncreasingInformation` unless fractions increase, by 1e-4 or more, within (0,
  ///   1];
  ///   `invalidProbability` for α outside (0, ½); `emptyInput`.
  package func bounds(
    alpha: Double, fractions: [Double]
  ) throws(NotComputable) -> (z: [Double], spent: [Double]) {
    guard !fractions.isEmpty else { throw .emptyInput }
    guard alpha > 0, alpha < 0.5 else { throw .invalidProbability }
    try GroupSequentialDesign.check(fractions)
    var walk = StoppedWalk()
    var (bounds, cumulative) = ([Double](), [Double]())
    for t in fractions {
      let total = spent(alpha: alpha, at: t)
      let z = walk.upperBound(spending: total - (cumulative.last ?? 0), at: t)
      walk.advance(to: t, below: z, above: -.infinity)
      bounds.append(z)
      cumulative.append(total)
    }
    return (bounds, cumulative)
  }
}

/// Classic designs: equally spaced looks, symmetric two-sided bounds.
package enum GroupSequentialDesign: Sendable, Hashable {
  /// The same bound at each look (S. Pocock, Biometrika 64, 1977).
  case pocock
  /// Bounds c √(K/k) (P. O'Brien, T. Fleming, Biometrics 35, 1979).
  case obrienFleming

  /// The constant c for K looks at a two-sided error α.
  ///
  /// - Throws: `emptyInput` without looks; `invalidProbability` for α outside (0, 1).
  package func constant(looks: Int, alpha: Double) throws(NotComputable) -> Double {
    guard looks > 0 else { throw .emptyInput }
    guard alpha > 0, alpha < 1 else { throw .invalidProbability }
    let start = Normal.standard.inverseSurvival(alpha / 2)
    // The bound lies between that of one look and Bonferroni's.
    var (low, high) = (start, Normal.standard.inverseSurvival(alpha / 2 / Double(looks)) + 1e-9)
    var (atLow, atHigh) = (excess(low, looks, alpha), excess(high, looks, alpha))
    if looks == 1 { return start }
    // Regula falsi with Illinois' modification on the logarithm of the error.
    for _ in 0..<60 where high - low > 1e-13 {
      let middle = (low * atHigh - high * atLow) / (atHigh - atLow)
      let value = excess(middle, looks, alpha)
      if abs(value) < 1e-14 { return middle }
      if value > 0 {
        (low, atLow) = (middle, value)
        atHigh /= 2
      } else {
        (high, atHigh) = (middle, value)
        atLow /= 2
      }
    }
    return (low + high) / 2
  }

  /// The bound of look k of K, given the constant.
  package func bound(look: Int, of looks: Int, constant: Double) -> Double {
    self == .pocock ? constant : constant * (Double(looks) / Double(look)).squareRoot()
  }

  private func excess(_ constant: Double, _ looks: Int, _ alpha: Double) -> Double {
    var walk = StoppedWalk()
    for look in 1...looks {
      let z = bound(look: look, of: looks, constant: constant)
      walk.advance(to: Double(look) / Double(looks), below: z, above: -z)
    }
    return log((1 - walk.remaining) / alpha)
  }

  static func check(_ fractions: [Double]) throws(NotComputable) {
    var previous = 0.0
    for t in fractions {
      guard t - previous >= 1e-4, t <= 1 else { throw .nonIncreasingInformation }
      previous = t
    }
  }
}
