/// Limits and counts to phases, by Argo's rules (analysis.go, `assessMetricStatus`).
enum Assessment {
  /// A limit that was passed, with the words for it.
  struct Breach: Equatable {
    var phase: AnalysisPhase
    /// `failed (1) > failureLimit (0)`
    var reason: String
  }

  /// The limit that a metric has passed; the later of several in the order failed, inconclusive,
  /// error, as Argo has it.
  static func breach(of plan: MetricPlan, by result: MetricResult) -> Breach? {
    let limits = plan.spec.limits
    if result.consecutiveError > limits.consecutiveError {
      return Breach(
        phase: .error,
        reason: "consecutiveErrors (\(result.consecutiveError)) > consecutiveErrorLimit "
          + "(\(limits.consecutiveError))")
    }
    // Comparisons that can't tell yet go on, unless the template sets a limit itself.
    let limitsInconclusive = plan.plugin == nil || plan.spec.inconclusiveLimit != nil
    if limitsInconclusive, result.inconclusive > limits.inconclusive {
      let reason =
        "inconclusive (\(result.inconclusive)) > inconclusiveLimit (\(limits.inconclusive))"
      guard plan.spec.isCritical else { return Breach(phase: .inconclusive, reason: reason) }
      return Breach(phase: .failed, reason: "critical, and \(reason)")
    }
    if plan.spec.isCritical, let count = plan.spec.effectiveCount, result.count >= count,
      result.measurements.last?.phase == .inconclusive
    {
      return Breach(phase: .failed, reason: "critical, and the last measurement can't tell")
    }
    if limits.failure >= 0, result.failed > limits.failure {
      return Breach(
        phase: .failed, reason: "failed (\(result.failed)) > failureLimit (\(limits.failure))")
    }
    return nil
  }

  /// The phase of a metric that has been measured at least once.
  static func phase(
    of plan: MetricPlan, _ result: MetricResult, isTerminating: Bool
  ) -> AnalysisPhase {
    if result.phase.isCompleted { return result.phase }
    if result.isInFlight { return .running }
    if let breach = breach(of: plan, by: result) { return breach.phase }
    let limits = plan.spec.limits
    if limits.consecutiveSuccess > 0, result.consecutiveSuccess >= limits.consecutiveSuccess {
      return .successful
    }
    if let count = plan.spec.effectiveCount, result.count >= count {
      return phaseAtCount(of: plan, result)
    }
    return isTerminating ? phaseWhenStopped(plan) : .running
  }

  /// A metric that had measurements to come hasn't shown what it was meant to show; one without a
  /// count goes on until it is stopped, so that is its end. Argo calls both Successful.
  private static func phaseWhenStopped(_ plan: MetricPlan) -> AnalysisPhase {
    plan.spec.compatibility == .safe && plan.spec.effectiveCount != nil
      ? .inconclusive : .successful
  }

  /// All measurements are taken and no limit was passed.
  private static func phaseAtCount(of plan: MetricPlan, _ result: MetricResult) -> AnalysisPhase {
    if plan.plugin != nil, plan.spec.inconclusiveLimit == nil,
      result.measurements.last?.phase == .inconclusive
    {
      return .inconclusive
    }
    let limits = plan.spec.limits
    guard limits.consecutiveSuccess > 0 else { return .successful }
    return limits.failure >= 0 ? .inconclusive : .failed
  }

  /// What a metric counts as in the summary: by its limits alone, so that one that ran out of
  /// measurements without enough successes counts as successful there (analysis.go,
  /// `assessRunStatus`; pinned by the reference timelines).
  static func summaryPhase(of plan: MetricPlan, _ result: MetricResult) -> AnalysisPhase {
    breach(of: plan, by: result)?.phase ?? .successful
  }
}
