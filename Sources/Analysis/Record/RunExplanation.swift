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
    if let budget = budget(of: plan, run, looks) { lines.append("  \(budget)") }
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
      if let boundary = boundary(look.comparison, since: start) { lines.append("    \(boundary)") }
      if let report = look.comparison {
        if let reach = reach(report) { lines.append("    \(reach)") }
        lines += samples(report).map { "    \($0)" }
      }
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

  /// How the chance of a false stop was handed down to this metric.
  private func budget(
    of plan: MetricPlan, _ run: AnalysisRun, _ looks: [Measurement]
  ) -> String? {
    guard let comparison = plan.comparison, let report = looks.last?.comparison else { return nil }
    let share = run.spec.budgetShare ?? 1
    let comparisons = run.plans.count { $0.plugin?.spendsBudget == true && !$0.isDryRun }
    var text = "may stop a good canary with a chance of \(PlainNumber.short(report.errorBudget)): "
    text += "the rollout's \(PlainNumber.short(comparison.errorBudget))"
    if share < 1 { text += ", of which this run has \(PlainNumber.short(share))" }
    if comparisons > 1 { text += ", shared by \(comparisons) comparisons" }
    return text + (report.isPlanned ? ", spent as planned" : ", over all looks together")
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

  private func boundary(_ report: ComparisonReport?, since start: Timestamp) -> String? {
    guard let report, let evidence = report.evidence else { return nil }
    let found =
      evidence.strength.logE.map { "e = \(PlainNumber.exponential($0))" }
      ?? "p = \(PlainNumber.exponential(evidence.strength.logP))"
    let side =
      report.crossedAt.map { "crossed \(moment($0, since: start))" } ?? "not reached"
    let needed = report.requiredLogE.map { "e = \(PlainNumber.exponential($0))" }
    return "boundary for worse: \(needed ?? "as planned"), found \(found): \(side)"
  }

  /// `at +4m0s`, or how long before the run.
  private func moment(_ time: Timestamp, since start: Timestamp) -> String {
    let elapsed = time.since(start)
    guard elapsed < .zero else { return "at +\(GoDuration(elapsed))" }
    return "\(GoDuration(start.since(time))) before the run began"
  }

  /// What the look could have shown, and what was allowed for.
  private func reach(_ report: ComparisonReport) -> String? {
    guard report.outcome == .notEnoughEvidence || report.outcome == .notWorse,
      let factor = report.detectable, factor.isFinite, factor > 0
    else { return nil }
    return "a canary \(PlainNumber.short(factor)) times as bad would likely have been found by now"
  }

  /// Who contributed what.
  private func samples(_ report: ComparisonReport) -> [String] {
    [("canary", report.canary), ("stable", report.stable)].map { name, arm in
      let silent = arm.pods.filter { $0.trials == 0 }.count
      let missing = silent > 0 ? ", \(silent) of them without any" : ""
      let pods = arm.pods.count == 1 ? "1 pod" : "\(arm.pods.count) pods"
      return "\(name): \(PlainNumber.count(arm.samples)) samples of \(pods)\(missing)"
    }
  }
}
