internal import MetricModel

/// A run told in plain lines, for people and logs; drawing is the terminal's matter.
///
///     AnalysisReport(run).lines.joined(separator: "\n")
package struct AnalysisReport: Equatable, Sendable {
  /// `canary-1: Failed after 2m0s`
  package var headline: String
  /// Why, in a sentence; "" where the headline says it all.
  package var reason: String
  package var metrics: [MetricSection]

  /// One metric with its measurements.
  package struct MetricSection: Equatable, Sendable {
    package var name: String
    package var phase: String
    package var isDryRun: Bool
    /// `3 measured: 2 successful, 1 failed`
    package var tally: String
    package var rows: [Row]
  }

  /// One measurement.
  package struct Row: Equatable, Sendable {
    /// Since the start of the run, as `+1m0s`.
    package var time: String
    package var phase: String
    package var value: String
    package var note: String
  }

  package init(_ run: AnalysisRun) {
    let start = run.openedAt ?? Timestamp(milliseconds: 0)
    func elapsed(_ time: Timestamp) -> String {
      GoDuration(time.since(start)).description
    }
    let verdict = run.verdict
    let ending = run.completedAt.map { " after \(elapsed($0))" } ?? ""
    headline = "\(run.name): \(run.phase.rawValue)\(ending)"
    reason = run.phase == .successful && !run.isTerminated ? "" : verdict.reason
    metrics = run.plans.map { plan in
      let result = run.result(of: plan.name)
      return MetricSection(
        name: plan.name, phase: result?.phase.rawValue ?? "not measured", isDryRun: plan.isDryRun,
        tally: result.map(Self.tally) ?? "",
        rows: (result?.measurements ?? []).map { measurement in
          Row(
            time: "+" + elapsed(measurement.startedAt), phase: measurement.phase.rawValue,
            value: measurement.value, note: measurement.message)
        })
    }
  }

  private static func tally(_ result: MetricResult) -> String {
    let parts = [
      (result.successful, "successful"), (result.failed, "failed"),
      (result.inconclusive, "inconclusive"), (result.error, "errors"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return "\(result.count + result.error) measured: \(parts.joined(separator: ", "))"
  }

  /// The whole report, one line each, indented by level.
  package var lines: [String] {
    var lines = [headline]
    if !reason.isEmpty { lines.append("  \(reason)") }
    for metric in metrics {
      let mark = metric.isDryRun ? " (dry run)" : ""
      let tally = metric.tally.isEmpty ? "" : ", \(metric.tally)"
      lines.append("  \(metric.name)\(mark): \(metric.phase)\(tally)")
      for row in metric.rows {
        let value = row.value.isEmpty ? "" : "  \(row.value)"
        lines.append("    \(row.time)  \(row.phase)\(value)")
        if !row.note.isEmpty { lines.append("      \(row.note)") }
      }
    }
    return lines
  }
}
