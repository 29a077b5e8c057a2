import Glibc

/// Always-valid inference from an estimate and its standard error at each look.
///
/// ```swift
/// let look = try MixtureSPRT(estimate: 0.02, standardError: 0.005)
/// look.logE(priorVariance: 1e-4)
/// look.interval(alpha: 0.05, priorVariance: 1e-4)
/// ```
///
/// The mixture sequential probability ratio test with effects N(0, τ²) (R. Johari et al., "Always
/// valid inference", Oper. Res. 70, 2022, eq. 8): with V = se²,
/// log e = −½ log(1 + τ²/V) + estimate² τ² / (2V(V + τ²)). Asymptotic: valid once the estimate is
/// nearly normal; exact e-processes for counts are `StratifiedEProcess`.
package struct MixtureSPRT: Sendable, Hashable {
  package let estimate: Double
  package let standardError: Double

  /// - Throws: `nanInput`; `zeroVariance` unless the standard error is positive.
  package init(estimate: Double, standardError: Double) throws(NotComputable) {
    if estimate.isNaN || standardError.isNaN { throw .nanInput }
    guard standardError > 0, standardError.isFinite else { throw .zeroVariance }
    self.estimate = estimate
    self.standardError = standardError
  }

  /// The natural logarithm of the e-value against "no effect".
  package func logE(priorVariance: Double) -> Double {
    let variance = standardError * standardError
    let gain = estimate * estimate * (priorVariance / (variance + priorVariance))
    return -0.5 * log1p(priorVariance / variance) + gain / (2 * variance)
  }

  /// The effects that are not rejected: a confidence sequence at level 1 − α.
  package func interval(alpha: Double, priorVariance: Double) -> ConfidenceInterval {
    let variance = standardError * standardError
    let bound = 2 * log(1 / alpha) + log1p(priorVariance / variance)
    let half = (variance * (variance + priorVariance) / priorVariance * bound).squareRoot()
    return ConfidenceInterval(
      level: 1 - alpha, lower: estimate - half, upper: estimate + half)
  }
}

/// The asymptotic confidence sequence of I. Waudby-Smith et al. ("Time-uniform central limit theory
/// and asymptotic confidence sequences", Ann. Stat. 52, 2024, theorem 2.2), tuned as GrowthBook
/// does.
///
/// After n observations with variance s² = se² n, half-width √(2 s² (nρ² + 1)/(nρ)² log(√(nρ² +
/// 1)/α)) around the estimate, with ρ chosen to be tightest near n = N*. One-sided: α → 2α in ρ,
/// and the logarithm is log(1 + √(nρ² + 1)/(2α)).
package struct AsymptoticConfidenceSequence: Sendable, Hashable {
  private let look: MixtureSPRT
  private let count: Double
  private let tunedCount: Double
  private let alpha: Double

  /// - Parameters:
  ///   - count: n, observations so far in both arms.
  ///   - tunedCount: N*, where the sequence is to be tightest.
  /// - Throws: as `MixtureSPRT`; `emptyInput` unless both counts are positive;
  ///   `invalidProbability` unless 0 < α < ½.
  package init(
    estimate: Double, standardError: Double, count: Double, tunedCount: Double = 5_000,
    alpha: Double = 0.05
  ) throws(NotComputable) {
    look = try MixtureSPRT(estimate: estimate, standardError: standardError)
    guard count > 0, tunedCount > 0 else { throw .emptyInput }
    guard alpha > 0, alpha < 0.5 else { throw .invalidProbability }
    self.count = count
    self.tunedCount = tunedCount
    self.alpha = alpha
  }

  /// ρ for the two-sided sequence, or for the one-sided one.
  package func rho(_ sides: Alternative = .twoSided) -> Double {
    let level = sides == .twoSided ? alpha : 2 * alpha
    return ((-2 * log(level) + log1p(-2 * log(level))) / tunedCount).squareRoot()
  }

  /// The two-sided interval now.
  package var interval: ConfidenceInterval {
    let growth = growth(.twoSided)
    let half = width(.twoSided) * (0.5 * log(growth) - log(alpha)).squareRoot()
    return ConfidenceInterval(
      level: 1 - alpha, lower: look.estimate - half, upper: look.estimate + half)
  }

  /// The bound of a one-sided sequence: a lower bound for `.greater`, an upper one for `.less`; the
  /// nearer end of the interval for `.twoSided`.
  package func bound(_ side: Alternative) -> Double {
    let half = width(side) * log1p(growth(side).squareRoot() / (2 * alpha)).squareRoot()
    switch side {
    case .greater: return look.estimate - half
    case .less: return look.estimate + half
    case .twoSided: return look.estimate > 0 ? interval.lower : interval.upper
    }
  }

  /// log of one over the α at which the two-sided sequence with this ρ would just exclude 0.
  package var logE: Double {
    let unit = width(.twoSided)
    let scaled = look.estimate / unit
    return scaled * scaled - 0.5 * log(growth(.twoSided))
  }

  /// n ρ² + 1.
  private func growth(_ sides: Alternative) -> Double {
    let rho = rho(sides)
    return count * rho * rho + 1
  }

  /// √(2 s² (nρ² + 1)) / (nρ), what the root of the logarithm is multiplied by.
  private func width(_ sides: Alternative) -> Double {
    look.standardError * (2 * growth(sides) / count).squareRoot() / rho(sides)
  }
}
