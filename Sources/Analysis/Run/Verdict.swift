/// What a run has come to, in more words than a phase: also that there was nothing to judge by.
package struct Verdict: Equatable, Sendable {
  /// From good to bad as one reads it, not as phases are ordered.
  package enum Outcome: String, Sendable, Hashable {
    case running
    case pass
    /// Stopped before its end; what was decided until then was good.
    case stopped
    case inconclusive
    /// Data were there, and they could not tell.
    case notEnoughEvidence
    /// Fewer observations than the template asks for.
    case notEnoughData
    /// No traffic, or no series.
    case noData
    case fail
    case error
  }

  package var outcome: Outcome
  /// A sentence; for a failure the metric that decided and why.
  package var reason: String
  package var metrics: [MetricVerdict]
}

/// What one metric has come to.
package struct MetricVerdict: Equatable, Sendable {
  package var metric: String
  package var outcome: Verdict.Outcome
  package var isDryRun: Bool
  /// The latest value as text.
  package var value: String
  package var reason: String
  /// Comparisons only: the look that decided, or the latest.
  package var comparison: ComparisonReport?
}

extension AnalysisRun {
  /// The verdict so far.
  package var verdict: Verdict {
    let metrics = plans.map { verdict(of: $0) }
    let counting = metrics.filter { !$0.isDryRun }
    let outcome: Verdict.Outcome =
      switch phase {
      case .pending, .running: .running
      case .successful: isTerminated ? .stopped : .pass
      case .failed: .fail
      case .error: .error
      case .inconclusive:
        counting.map(\.outcome)
          .first { [.noData, .notEnoughData, .notEnoughEvidence].contains($0) }
          ?? (isTerminated && !counting.contains { $0.outcome == .inconclusive }
            ? .stopped : .inconclusive)
      }
    let decisive = counting.first { $0.outcome == outcome && !$0.reason.isEmpty }
    let reason =
      decisive.map { "\($0.metric): \($0.reason)" } ?? (message.isEmpty ? phase.rawValue : message)
    return Verdict(outcome: outcome, reason: reason, metrics: metrics)
  }

  private func verdict(of plan: MetricPlan) -> MetricVerdict {
    guard let result = result(of: plan.name), let last = result.measurements.last else {
      return MetricVerdict(
        metric: plan.name, outcome: phase.isCompleted ? .stopped : .running,
        isDryRun: plan.isDryRun, value: "", reason: "never measured")
    }
    return MetricVerdict(
      metric: plan.name, outcome: outcome(of: plan, result, last), isDryRun: plan.isDryRun,
      value: last.value, reason: reason(of: plan, result, last), comparison: last.comparison)
  }

  private func outcome(
    of plan: MetricPlan, _ result: MetricResult, _ last: Measurement
  ) -> Verdict.Outcome {
    switch result.phase {
    case .pending, .running: return .running
    case .failed: return .fail
    case .error: return .error
    case .successful, .inconclusive:
      switch last.shortfall {
      case .noData: return .noData
      case .notEnoughData: return .notEnoughData
      case .notEnoughEvidence: return .notEnoughEvidence
      case nil: break
      }
      if result.phase == .inconclusive {
        return last.phase == .successful ? .stopped : .inconclusive
      }
      let isCut = plan.spec.effectiveCount.map { result.count < $0 } ?? true
      let isEarly = plan.spec.limits.consecutiveSuccess > 0
      return isCut && !isEarly ? .stopped : .pass
    }
  }

  private func reason(
    of plan: MetricPlan, _ result: MetricResult, _ last: Measurement
  ) -> String {
    let breach = Assessment.breach(of: plan, by: result)?.reason
    if plan.plugin != nil { return last.message.isEmpty ? breach ?? "" : last.message }
    guard let breach else { return "" }
    let detail = last.message.isEmpty ? last.value : last.message
    return detail.isEmpty ? breach : "\(breach), last \(detail)"
  }
}
