/// One arm of an experiment by unit: the outcome and a covariate known before it began.
package struct CovariateArm: Sendable, Hashable {
  package let outcomes: [Double]
  package let covariates: [Double]

  /// - Throws: `emptyInput`, `lengthMismatch`, `nanInput`, `nonFiniteInput`.
  package init(outcomes: [Double], covariates: [Double]) throws(NotComputable) {
    guard !outcomes.isEmpty else { throw .emptyInput }
    guard outcomes.count == covariates.count else { throw .lengthMismatch }
    for value in outcomes + covariates {
      if value.isNaN { throw .nanInput }
      if value.isInfinite { throw .nonFiniteInput }
    }
    self.outcomes = outcomes
    self.covariates = covariates
  }
}

/// CUPED: the difference of two means after taking out what a covariate predicts.
///
/// ```swift
/// let adjusted = try CovariateAdjustment(canary: canary, baseline: baseline)
/// adjusted.test.interval()    // of the adjusted difference
/// adjusted.varianceRatio      // 0.6: as good as 1/0.6 times the units
/// ```
///
/// θ = cov(y, x)/var(x) over both arms together; each outcome becomes y − θx and the means are
/// compared by Welch's test (A. Deng et al., "Improving the sensitivity of online controlled
/// experiments by utilizing pre-experiment data", WSDM 2013). The covariate must not be affected by
/// the treatment. A constant covariate adjusts nothing.
package struct CovariateAdjustment: Sendable {
  /// The slope of the adjustment.
  package let theta: Double
  /// The comparison of the adjusted means.
  package let test: WelchTest
  /// The summaries of the adjusted outcomes.
  package let canary: Moments
  package let baseline: Moments
  /// The variance of the adjusted difference over that of the plain one.
  package let varianceRatio: Double

  /// - Throws: as `WelchTest`.
  package init(
    canary: CovariateArm, baseline: CovariateArm
  ) throws(NotComputable) {
    let covariates = canary.covariates + baseline.covariates
    let outcomes = canary.outcomes + baseline.outcomes
    let (x, y) = (Moments(of: covariates), Moments(of: outcomes))
    let products = zip(covariates, outcomes).map { ($0 - x.mean) * ($1 - y.mean) }
    let theta =
      x.squaredDeviations > 0
      ? CompensatedSum(of: products).result / x.squaredDeviations : 0
    func adjusted(_ arm: CovariateArm) -> Moments {
      Moments(of: zip(arm.outcomes, arm.covariates).map { $0 - theta * $1 })
    }
    let (first, second) = (adjusted(canary), adjusted(baseline))
    let plain = try WelchTest(
      canary: Moments(of: canary.outcomes), baseline: Moments(of: baseline.outcomes))
    let test = try WelchTest(canary: first, baseline: second)
    let ratio = test.standardError / plain.standardError
    self.theta = theta
    self.test = test
    self.canary = first
    self.baseline = second
    varianceRatio = ratio * ratio
  }

  /// Lin's regression y ~ 1 + T + (x − x̄) + T (x − x̄): the coefficient of T and its HC2 standard
  /// error (W. Lin, Ann. Appl. Stat. 7, 2013). Its slopes may differ between the arms.
  ///
  /// - Throws: as `LeastSquares`; `rankDeficient` for a constant covariate.
  package static func regressionEffect(
    canary: CovariateArm, baseline: CovariateArm
  ) throws(NotComputable) -> (estimate: Double, standardError: Double) {
    let mean = Moments(of: canary.covariates + baseline.covariates).mean
    func rows(_ arm: CovariateArm, treated: Double) -> [[Double]] {
      arm.covariates.map { [1, treated, $0 - mean, treated * ($0 - mean)] }
    }
    let fit = try LeastSquares(
      rows: rows(canary, treated: 1) + rows(baseline, treated: 0),
      responses: canary.outcomes + baseline.outcomes)
    return (fit.coefficients[1], try fit.standardErrors(.hc2)[1])
  }
}
