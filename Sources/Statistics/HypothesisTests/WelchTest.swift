import Glibc

/// Student's t test for the difference of two means, with Welch's or the pooled standard error.
///
/// ```swift
/// let test = try WelchTest(canary: Moments(of: [12.1, 11.4, 13.0]), baseline: Moments(of: stable))
/// test.estimate               // mean of the canary minus mean of the baseline
/// test.logP(.greater)         // log of P(T > t)
/// test.interval(level: 0.95)
/// ```
///
/// With s² the variances (divisor n − 1) and v = s₁²/n₁ + s₂²/n₂: t = (x̄₁ − x̄₂)/√v on
/// v² / ((s₁²/n₁)²/(n₁ − 1) + (s₂²/n₂)²/(n₂ − 1)) degrees of freedom (B. Welch, Biometrika 34,
/// 1947, eq. 28). Pooled: one variance from both arms on n₁ + n₂ − 2.
///
/// Assumes independent observations and means that are nearly normal. Not for counts with few
/// events, for heavy tails, or for scraped rates (they are not independent).
package struct WelchTest: Sendable, Hashable {
  /// How the standard error is formed.
  package enum Variances: Sendable, Hashable {
    /// The arms may vary differently (Welch).
    case unequal
    /// The arms share one variance (Student).
    case pooled
  }

  /// The canary's mean minus the baseline's.
  package let estimate: Double
  package let standardError: Double
  package let degreesOfFreedom: Double
  package let samples: SamplesPerArm
  package let variances: Variances
  /// The difference in units of the pooled standard deviation; infinite where that is 0.
  package let cohenD: Double

  /// - Throws: `nanInput`, `nonFiniteInput`, `emptyInput`; `tooFewObservations` with fewer than
  ///   two values in an arm; `zeroVariance` when both arms are constant, even if they differ.
  package init(
    canary: Moments, baseline: Moments, variances: Variances = .unequal
  ) throws(NotComputable) {
    try Self.check(canary)
    try Self.check(baseline)
    let (n1, n2) = (canary.count, baseline.count)
    let (v1, v2) = (canary.variance / n1, baseline.variance / n2)
    guard v1 + v2 > 0 else { throw .zeroVariance }
    let pooled = (canary.squaredDeviations + baseline.squaredDeviations) / (n1 + n2 - 2)
    estimate = canary.meanDifference(from: baseline)
    switch variances {
    case .unequal:
      standardError = (v1 + v2).squareRoot()
      // Shares of the variance, so that tiny and huge units do not underflow.
      let (w1, w2) = (v1 / (v1 + v2), v2 / (v1 + v2))
      degreesOfFreedom = 1 / (w1 * w1 / (n1 - 1) + w2 * w2 / (n2 - 1))
    case .pooled:
      standardError = (pooled * (1 / n1 + 1 / n2)).squareRoot()
      degreesOfFreedom = n1 + n2 - 2
    }
    cohenD = estimate / pooled.squareRoot()
    samples = SamplesPerArm(canary: n1, baseline: n2)
    self.variances = variances
  }

  /// The difference in standard errors.
  package var t: Double { estimate / standardError }

  /// The tails of the t distribution at `t`, or at the t statistic against another difference.
  package func tails(against difference: Double = 0) -> TailProbability {
    StudentT(degreesOfFreedom: degreesOfFreedom)
      .tails(at: (estimate - difference) / standardError)
  }

  /// The natural logarithm of the p-value.
  package func logP(_ alternative: Alternative) -> Double { tails().logP(alternative) }

  /// The confidence interval of the difference.
  package func interval(level: Double = 0.95) -> ConfidenceInterval {
    let t = StudentT(degreesOfFreedom: degreesOfFreedom).inverseSurvival((1 - level) / 2)
    return ConfidenceInterval(
      level: level, lower: estimate - t * standardError, upper: estimate + t * standardError)
  }

  /// The comparison as evidence; `unit` is the unit of the values.
  package func evidence(
    for alternative: Alternative, level: Double = 0.95, unit: String = ""
  ) -> Evidence {
    let smallest = min(samples.canary, samples.baseline)
    return Evidence(
      effect: Effect(name: "difference of means", unit: unit), estimate: estimate,
      interval: interval(level: level), strength: .logP(logP(alternative)),
      alternative: alternative, samples: samples,
      method: variances == .unequal ? "Welch's t test" : "Student's t test",
      assumptions: [
        Assumption("independent observations", .notChecked),
        Assumption("at least 10 values per arm", smallest >= 10 ? .holds : .violated),
      ])
  }

  private static func check(_ arm: Moments) throws(NotComputable) {
    guard arm.nanCount == 0, !arm.mean.isNaN || arm.count == 0 else { throw .nanInput }
    guard arm.infiniteCount == 0 else { throw .nonFiniteInput }
    guard arm.count > 0 else { throw .emptyInput }
    guard arm.count >= 2 else { throw .tooFewObservations }
    guard arm.variance.isFinite else { throw .nonFiniteInput }
  }
}
