import Glibc

/// The comparison of two proportions: error ratios, accuracies, conversions.
///
/// ```swift
/// let test = try TwoProportionTest(
///   canary: Proportion(events: 31, trials: 1_000),
///   baseline: Proportion(events: 90, trials: 9_000))
/// try test.evidence(for: .greater)
/// ```
///
/// Assumes independent trials with one probability per arm. Pods that differ, retries and rates
/// that drift while the weight changes break that: stratify by scrape and add a noise floor.
package struct TwoProportionTest: Sendable, Hashable {
  /// The ways to a p-value.
  package enum Method: Sendable, Hashable {
    /// The z statistic with the variance under equality, (p₁ − p₂)/√(p̄ q̄ (1/n₁ + 1/n₂)); its
    /// square is Pearson's chi-squared.
    case pooled
    /// The z statistic with each arm's own variance, √(p₁q₁/n₁ + p₂q₂/n₂); Wald's test.
    case unpooled
    /// Fisher's exact test given the margins.
    case fisher
    /// Fisher's test where a cell of the table expects fewer than 5 (and there are fewer than 2^52
    /// trials), else pooled.
    case automatic
  }

  package let canary: Proportion
  package let baseline: Proportion

  /// - Throws: `emptyInput` when an arm has no trials.
  package init(canary: Proportion, baseline: Proportion) throws(NotComputable) {
    guard canary.trials > 0, baseline.trials > 0 else { throw .emptyInput }
    self.canary = canary
    self.baseline = baseline
  }

  /// The canary's proportion minus the baseline's.
  package var estimate: Double { crossDifference / (canary.trials * baseline.trials) }

  /// The canary's proportion over the baseline's; infinite or NaN without baseline events.
  package var riskRatio: Double { canary.fraction / baseline.fraction }

  /// The canary's odds over the baseline's; infinite or NaN where a cell is empty.
  package var oddsRatio: Double {
    (canary.events / canary.nonEvents) * (baseline.nonEvents / baseline.events)
  }

  /// The standard error with each arm's own variance.
  package var unpooledStandardError: Double {
    let (n1, n2) = (canary.trials, baseline.trials)
    let v1 = canary.fraction * (canary.nonEvents / n1) / n1
    let v2 = baseline.fraction * (baseline.nonEvents / n2) / n2
    return (v1 + v2).squareRoot()
  }

  /// The standard error under equal proportions.
  package var pooledStandardError: Double {
    let total = canary.trials + baseline.trials
    let p = (canary.events + baseline.events) / total
    let q = (canary.nonEvents + baseline.nonEvents) / total
    return (p * q * (1 / canary.trials + 1 / baseline.trials)).squareRoot()
  }

  /// The z statistic of a method.
  ///
  /// - Throws: `zeroVariance` where its standard error is 0.
  package func z(_ method: Method = .pooled) throws(NotComputable) -> Double {
    let error = method == .unpooled ? unpooledStandardError : pooledStandardError
    guard error > 0 else { throw .zeroVariance }
    return estimate / error
  }

  /// The pooled z statistic moved towards 0 by half a count (F. Yates, 1934); 0 within it.
  package func continuityCorrectedZ() throws(NotComputable) -> Double {
    let error = pooledStandardError
    guard error > 0 else { throw .zeroVariance }
    let correction = 0.5 * (1 / canary.trials + 1 / baseline.trials)
    let size = max(0, abs(estimate) - correction) / error
    return estimate < 0 ? -size : size
  }

  /// Fisher's exact test on the same counts.
  package var fisher: FisherExactTest { FisherExactTest(canary: canary, baseline: baseline) }

  /// The natural logarithm of the p-value.
  ///
  /// - Throws: `zeroVariance` where a z method has no standard error.
  package func logP(
    _ alternative: Alternative, method: Method = .automatic
  ) throws(NotComputable) -> Double {
    switch effective(method) {
    case .fisher: fisher.logP(alternative)
    case let zMethod: Normal.standard.tails(at: try z(zMethod)).logP(alternative)
    }
  }

  /// The comparison as evidence, with Newcombe's interval of the difference.
  ///
  /// - Throws: as `logP`; with `.automatic` not below 2^52 trials, since Fisher's test needs no
  ///   variance.
  package func evidence(
    for alternative: Alternative, level: Double = 0.95, method: Method = .automatic
  ) throws(NotComputable) -> Evidence {
    let method = effective(method)
    let name =
      switch method {
      case .fisher: "Fisher's exact test, Newcombe interval"
      case .unpooled: "two-proportion z test, unpooled, Newcombe interval"
      case .pooled, .automatic: "two-proportion z test, pooled, Newcombe interval"
      }
    let isLarge = smallestExpectedCount >= 5
    return Evidence(
      effect: Effect(name: "difference of proportions"), estimate: estimate,
      interval: try newcombeInterval(level: level),
      strength: .logP(try logP(alternative, method: method)), alternative: alternative,
      samples: SamplesPerArm(canary: canary.trials, baseline: baseline.trials), method: name,
      assumptions: [
        Assumption("independent trials, one probability per arm", .notChecked),
        Assumption(
          "at least 5 expected events and non-events per arm",
          method == .fisher || isLarge ? .holds : .violated),
      ])
  }

  /// The smallest of the four cells' counts expected under equal proportions.
  package var smallestExpectedCount: Double {
    let total = canary.trials + baseline.trials
    let events = canary.events + baseline.events
    return min(canary.trials, baseline.trials) * (min(events, total - events) / total)
  }

  private func effective(_ method: Method) -> Method {
    guard method == .automatic else { return method }
    let total = canary.trials + baseline.trials
    return smallestExpectedCount < 5 && total < 0x1p52 ? .fisher : .pooled
  }

  /// x₁ n₂ − x₂ n₁ without cancellation.
  private var crossDifference: Double {
    let left = exactProduct(canary.events, baseline.trials)
    let right = exactProduct(baseline.events, canary.trials)
    return (left.high - right.high) + (left.low - right.low)
  }
}
