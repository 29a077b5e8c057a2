package import MetricModel

/// Verdicts as series, so that dashboards and alerts follow them in PromQL:
///
///     assay_verdict{analysis="shop-1", metric="error-rate", outcome="fail"}  1
///
/// The series of an outcome that no longer holds ends with a staleness marker. `metric` is "" for
/// the run as a whole.
package struct VerdictSeries: Sendable {
  package static let name = "assay_verdict"
  /// The outcomes that hold, by run and metric.
  private var outcomes: [String: [String: Verdict.Outcome]] = [:]

  package init() {}

  /// The samples of a run's verdict at a time; a run that has ended is let go of.
  package mutating func batch(for run: AnalysisRun, at now: Timestamp) -> SampleBatch {
    var batch = SampleBatch()
    add(run, at: now, to: &batch)
    return batch
  }

  /// The same beside those of other runs.
  package mutating func add(_ run: AnalysisRun, at now: Timestamp, to batch: inout SampleBatch) {
    let verdict = run.verdict
    var current = ["": verdict.outcome]
    for metric in verdict.metrics { current[metric.metric] = metric.outcome }
    let before = outcomes[run.name] ?? [:]
    for (metric, outcome) in current.sorted(by: { $0.key < $1.key }) {
      if let old = before[metric], old != outcome {
        batch.append(
          series: batch.addSeries(Self.labels(run, metric, old)), now, StaleMarker.value)
      }
      batch.append(series: batch.addSeries(Self.labels(run, metric, outcome)), now, 1)
    }
    outcomes[run.name] = run.phase.isCompleted ? nil : current
  }

  private static func labels(
    _ run: AnalysisRun, _ metric: String, _ outcome: Verdict.Outcome
  ) -> Labels {
    Labels([
      (Labels.metricName, name), ("analysis", run.name), ("metric", metric),
      ("outcome", outcome.rawValue),
    ])
  }
}
