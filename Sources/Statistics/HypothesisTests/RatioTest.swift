import Glibc

/// One arm of a ratio metric by unit: seconds per request by pod, revenue per order by user.
///
/// ```swift
/// let canary = try RatioArm(numerators: secondsByPod, denominators: requestsByPod)
/// canary.ratio  // Σ numerators / Σ denominators
/// ```
///
/// The unit that was randomised (user, pod) is the unit of the variance. With n units the delta
/// method gives var R = (s_y² − 2 R s_xy + R² s_x²) / (n x̄²), divisors n − 1 (A. Deng et al., KDD
/// 2018, section 3).
package struct RatioArm: Sendable, Hashable {
  package let ratio: Double
  /// The variance of the ratio.
  package let variance: Double
  /// The number of units.
  package let unitCount: Int

  init(ratio: Double, variance: Double, unitCount: Int) {
    self.ratio = ratio
    self.variance = variance
    self.unitCount = unitCount
  }

  /// - Throws: `lengthMismatch`, `emptyInput`, `nanInput`, `nonFiniteInput`;
  ///   `tooFewObservations` for fewer than two units; `zeroDenominator`.
  package init(numerators: [Double], denominators: [Double]) throws(NotComputable) {
    guard numerators.count == denominators.count else { throw .lengthMismatch }
    guard !numerators.isEmpty else { throw .emptyInput }
    for value in numerators + denominators {
      if value.isNaN { throw .nanInput }
      if value.isInfinite { throw .nonFiniteInput }
    }
    guard numerators.count > 1 else { throw .tooFewObservations }
    let sum = CompensatedSum(of: denominators).result
    guard sum != 0 else { throw .zeroDenominator }
    let n = Double(numerators.count)
    let ratio = CompensatedSum(of: numerators).result / sum
    // The residuals y − R x have mean 0, and their variance is the bracket of the formula.
    let residuals = zip(numerators, denominators).map { y, x in
      y.addingProduct(-ratio, x)
    }
    self.ratio = ratio
    variance = Moments(of: residuals).variance * n / (sum * sum)
    unitCount = numerators.count
  }
}

/// The comparison of two ratio metrics.
///
/// ```swift
/// let test = try RatioTest(canary: canary, baseline: baseline)
/// test.evidence(for: .greater)
/// test.fiellerInterval()   // of the canary's ratio over the baseline's
/// ```
///
/// Assumes independent units and enough of them (about 30) for sums to be nearly normal.
package struct RatioTest: Sendable, Hashable {
  package let canary: RatioArm
  package let baseline: RatioArm

  /// - Throws: `zeroVariance` where neither arm varies.
  package init(canary: RatioArm, baseline: RatioArm) throws(NotComputable) {
    guard canary.variance + baseline.variance > 0 else { throw .zeroVariance }
    self.canary = canary
    self.baseline = baseline
  }

  /// The canary's ratio minus the baseline's.
  package var estimate: Double { canary.ratio - baseline.ratio }

  package var standardError: Double { (canary.variance + baseline.variance).squareRoot() }

  package var z: Double { estimate / standardError }

  /// The natural logarithm of the p-value.
  package func logP(_ alternative: Alternative) -> Double {
    Normal.standard.tails(at: z).logP(alternative)
  }

  /// The interval of the difference.
  package func interval(level: Double = 0.95) -> ConfidenceInterval {
    let half = Normal.standard.inverseSurvival((1 - level) / 2) * standardError
    return ConfidenceInterval(level: level, lower: estimate - half, upper: estimate + half)
  }

  /// The canary's ratio over the baseline's, less 1.
  package var lift: Double { canary.ratio / baseline.ratio - 1 }

  /// The standard error of the lift by the delta method.
  package var liftError: Double {
    let quotient = canary.ratio / baseline.ratio
    let variance = canary.variance + quotient * quotient * baseline.variance
    return variance.squareRoot() / abs(baseline.ratio)
  }

  /// Fieller's g = z² var(R₂)/R₂²: the interval is bounded exactly when g < 1.
  package func fiellerG(level: Double = 0.95) -> Double {
    let z = Normal.standard.inverseSurvival((1 - level) / 2)
    return z * z * baseline.variance / (baseline.ratio * baseline.ratio)
  }

  /// Fieller's interval of the canary's ratio over the baseline's (E. Fieller, JRSS B 16, 1954);
  /// unbounded where the baseline's ratio is not clearly different from 0.
  package func fiellerInterval(level: Double = 0.95) -> ConfidenceInterval {
    let g = fiellerG(level: level)
    guard g < 1 else {
      return ConfidenceInterval(level: level, lower: -.infinity, upper: .infinity)
    }
    let z = Normal.standard.inverseSurvival((1 - level) / 2)
    let quotient = canary.ratio / baseline.ratio
    let inner = canary.variance * (1 - g) + quotient * quotient * baseline.variance
    let half = z / abs(baseline.ratio) * inner.squareRoot()
    return ConfidenceInterval(
      level: level, lower: (quotient - half) / (1 - g), upper: (quotient + half) / (1 - g))
  }

  /// The comparison as evidence; `unit` is the unit of the ratio.
  package func evidence(
    for alternative: Alternative, level: Double = 0.95, unit: String = ""
  ) -> Evidence {
    let units = min(canary.unitCount, baseline.unitCount)
    return Evidence(
      effect: Effect(name: "difference of ratios", unit: unit), estimate: estimate,
      interval: interval(level: level), strength: .logP(logP(alternative)),
      alternative: alternative,
      samples: SamplesPerArm(
        canary: Double(canary.unitCount), baseline: Double(baseline.unitCount)),
      method: "ratio of sums by the delta method",
      assumptions: [
        Assumption("independent units", .notChecked),
        Assumption("at least 30 units per arm", units >= 30 ? .holds : .violated),
      ])
  }
}
