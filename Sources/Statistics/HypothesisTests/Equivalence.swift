/// The question a rollout asks: not "do the arms differ" but "is the canary not worse by a margin".
///
/// ```swift
/// let latency = try WelchTest(canary: canary, baseline: baseline)
/// // Proven when the canary is slower by less than 20 ms.
/// latency.logP(notWorseBy: 0.020, higherIsBetter: false)
/// ```
package struct EquivalenceResult: Sendable, Hashable {
  /// log p for "the difference is above the lower margin".
  package let logPLower: Double
  /// log p for "the difference is below the upper margin".
  package let logPUpper: Double
  /// The interval at level 1 − 2α that lies inside the margins exactly when p < α.
  package let interval: ConfidenceInterval

  /// log p for "the difference lies between the margins": the larger of the two.
  package var logP: Double { max(logPLower, logPUpper) }
}

extension WelchTest {
  /// Two one-sided tests (D. Schuirmann, J. Pharmacokin. Biopharm. 15, 1987): is the difference of
  /// means between two margins?
  ///
  /// - Throws: `invalidMargin` unless `low` < `high`.
  package func equivalence(
    within low: Double, _ high: Double, alpha: Double = 0.05
  ) throws(NotComputable) -> EquivalenceResult {
    guard low < high else { throw .invalidMargin }
    return EquivalenceResult(
      logPLower: tails(against: low).logUpper, logPUpper: tails(against: high).logLower,
      interval: interval(level: 1 - 2 * alpha))
  }

  /// log p for "the canary's mean is not worse by the margin".
  ///
  /// - Throws: `invalidMargin` unless the margin is positive.
  package func logP(
    notWorseBy margin: Double, higherIsBetter: Bool
  ) throws(NotComputable) -> Double {
    guard margin > 0 else { throw .invalidMargin }
    return higherIsBetter ? tails(against: -margin).logUpper : tails(against: margin).logLower
  }
}

extension TwoProportionTest {
  /// The z statistic of non-inferiority with the unpooled standard error: large positive values
  /// speak for "not worse" when higher is better, large negative ones when lower is better.
  ///
  /// - Throws: `invalidMargin` unless the margin is positive; `zeroVariance`.
  package func z(
    notWorseBy margin: Double, higherIsBetter: Bool
  ) throws(NotComputable) -> Double {
    guard margin > 0 else { throw .invalidMargin }
    guard unpooledStandardError > 0 else { throw .zeroVariance }
    return (estimate + (higherIsBetter ? margin : -margin)) / unpooledStandardError
  }

  /// log p for "the canary's proportion is not worse by the margin".
  package func logP(
    notWorseBy margin: Double, higherIsBetter: Bool
  ) throws(NotComputable) -> Double {
    let z = try z(notWorseBy: margin, higherIsBetter: higherIsBetter)
    let tails = Normal.standard.tails(at: z)
    return higherIsBetter ? tails.logUpper : tails.logLower
  }

  /// Two one-sided z tests: is the difference of proportions between two margins?
  ///
  /// - Throws: `invalidMargin` unless `low` < `high`; `zeroVariance`.
  package func equivalence(
    within low: Double, _ high: Double, alpha: Double = 0.05
  ) throws(NotComputable) -> EquivalenceResult {
    guard low < high else { throw .invalidMargin }
    guard unpooledStandardError > 0 else { throw .zeroVariance }
    let error = unpooledStandardError
    return EquivalenceResult(
      logPLower: Normal.standard.logSurvival((estimate - low) / error),
      logPUpper: Normal.standard.logCDF((estimate - high) / error),
      interval: try waldInterval(level: 1 - 2 * alpha))
  }
}
