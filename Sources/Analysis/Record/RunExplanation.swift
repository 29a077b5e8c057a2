internal import Glibc
internal import MetricModel
internal import Statistics

/// A run's story in plain words: what was asked, what each look saw, which boundary was crossed,
/// what was missing, by which method and on what assumptions.
///
///     let story = RunExplanation(try Rejudgement(of: document))
///     story.lines.joined(separator: "\n")
///     story.charts[0].svg
package struct RunExplanation: Sendable {
  package private(set) var lines: [String] = []
  /// One for each metric whose looks have values.
  package private(set) var charts: [LookChart] = []

  package init(_ again: Rejudgement) {
    let run = again.repeated
    let report = AnalysisReport(run)
    lines.append(report.headline)
    if !report.reason.isEmpty { lines.append("  because \(report.reason)") }
    if !again.agrees {
      lines.append("  The stored verdict does not follow from the stored answers:")
      lines += again.differences.prefix(10).map { "    \($0)" }
    }
    let start = run.openedAt ?? Timestamp(milliseconds: 0)
    for plan in run.plans {
      let looks = again.steps.compactMap(\.finished).filter { $0.id.metric == plan.name }
      lines.append("")
      lines += metric(plan, run, looks, again, since: start)
      if let chart = LookChart(plan, looks, since: start) { charts.append(chart) }
    }
  }

  private func metric(
    _ plan: MetricPlan, _ run: AnalysisRun, _ looks: [Measurement], _ again: Rejudgement,
    since start: Timestamp
  ) -> [String] {
    let phase = run.result(of: plan.name)?.phase.rawValue ?? "not measured"
    let dry = plan.isDryRun ? " (dry run: doesn't count)" : ""
    var lines = ["\(plan.name): \(phase)\(dry)"]
    lines.append("  asks \(plan.spec.provider?.name ?? "nothing"), " + schedule(of: plan))
    if let condition = conditions(of: plan) { lines.append("  \(condition)") }
    if let evidence = looks.last?.comparison?.evidence {
      lines.append("  method: \(evidence.method)")
      for assumption in evidence.assumptions {
        lines.append("  assumes \(assumption.statement): \(words(assumption.finding))")
      }
    }
    for look in looks {
      let time = GoDuration(look.startedAt.since(start))
      let value = look.value.isEmpty ? "no value" : look.value
      lines.append("  +\(time)  #\(look.id.number) \(look.phase.rawValue): \(value)")
      if !look.message.isEmpty { lines.append("    \(look.message)") }
      if let boundary = boundary(look.comparison) { lines.append("    \(boundary)") }
      if let report = look.comparison { lines += samples(report).map { "    \($0)" } }
    }
    let lost = again.steps.filter { step in
      guard case .measured(let id, .failed) = step.event.event else { return false }
      return id.metric == plan.name
    }
    if !lost.isEmpty { lines.append("  \(lost.count) of the questions had no answer") }
    return lines
  }

  private func schedule(of plan: MetricPlan) -> String {
    let interval = plan.spec.interval.map { "every \($0.text)" } ?? "once"
    let count = plan.spec.effectiveCount.map { ", \($0) times" } ?? ", until it is stopped"
    return interval + (plan.spec.interval == nil ? "" : count)
  }

  private func conditions(of plan: MetricPlan) -> String? {
    let parts = [
      plan.spec.successCondition.isEmpty ? nil : "passes if \(plan.spec.successCondition)",
      plan.spec.failureCondition.isEmpty ? nil : "fails if \(plan.spec.failureCondition)",
    ].compactMap { $0 }
    guard !parts.isEmpty else { return nil }
    let mode = plan.spec.compatibility == .safe ? "" : " (by Argo's rules)"
    return parts.joined(separator: ", ") + mode
  }

  private func words(_ finding: Assumption.Finding) -> String {
    switch finding {
    case .holds: "the data agree"
    case .violated: "the data disagree"
    case .notChecked: "not checked"
    }
  }

  private func boundary(_ report: ComparisonReport?) -> String? {
    guard let report, let evidence = report.evidence else { return nil }
    if let logE = evidence.strength.logE, let required = report.requiredLogE {
      let side = logE >= required ? "crossed" : "not reached"
      return "boundary for worse: e = \(PlainNumber.exponential(required)), "
        + "found \(PlainNumber.exponential(logE)): \(side)"
    }
    guard let required = report.requiredLogP else { return nil }
    let side = evidence.strength.logP <= required ? "crossed" : "not reached"
    return "boundary for worse: p = \(PlainNumber.exponential(required)), "
      + "found \(PlainNumber.exponential(evidence.strength.logP)): \(side)"
  }

  /// Who contributed what.
  private func samples(_ report: ComparisonReport) -> [String] {
    [("canary", report.canary), ("stable", report.stable)].map { name, arm in
      let silent = arm.pods.filter { $0.trials == 0 }.count
      let missing = silent > 0 ? ", \(silent) of them without any" : ""
      return
        "\(name): \(PlainNumber.count(arm.samples)) samples of \(arm.pods.count) pods\(missing)"
    }
  }
}
