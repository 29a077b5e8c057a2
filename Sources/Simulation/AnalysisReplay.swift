package import Analysis
package import MetricModel
internal import Rollouts

/// What a template alone, run from some time on, would have decided and when: one analysis of
/// recorded data, or the plain thresholds of old beside a rollout's verdict.
///
///     let replay = AnalysisReplay(template: tutorial, start: start)
///     let report = replay.run(until: end, query: port)
///     report.decision                               // .never, or .ended(at:, phase:, message:)
package struct AnalysisReplay: Sendable {
  package var template: AnalysisTemplate
  package var start: Timestamp
  /// Values for the template's arguments.
  package var arguments: [Argument]

  package init(template: AnalysisTemplate, start: Timestamp, arguments: [Argument] = []) {
    self.template = template
    self.start = start
    self.arguments = arguments
  }

  package enum Decision: Equatable, Sendable {
    /// Failed, Error or Inconclusive, or a run that had a count and is through.
    case ended(at: Timestamp, phase: AnalysisPhase, message: String)
    /// Still measuring: whatever the rollout did, the thresholds had no objection.
    case never
  }

  package struct Report: Sendable {
    package var decision: Decision
    /// Everything measured, with its time.
    package var measurements: [(time: Timestamp, note: MeasurementNote)]

    /// The readings of a metric, for plots.
    package func readings(of metric: String) -> [(time: Timestamp, value: Double)] {
      measurements.compactMap { time, note in
        note.metric == metric ? note.reading.map { (time, $0) } : nil
      }
    }
  }

  /// Measures at the template's own intervals until it decides or `end` has come.
  package func run(until end: Timestamp, query: @escaping QueryPort) -> Report {
    let name = "watch"
    var analyses = TemplateAnalyses([template], query: query)
    let reference = AnalysisSpec.TemplateReference(
      name: template.name, isClusterScoped: template.kind == .clusterTemplate)
    let use = AnalysisUse(templates: [reference])
    let given = arguments.compactMap { argument in
      argument.value.map { ResolvedArgument(name: argument.name, value: $0) }
    }
    var report = Report(decision: .never, measurements: [])
    var now = start
    var outcomes = analyses.start(
      AnalysisStart(name: name, placement: .background, use: use, arguments: given), at: now)
    while true {
      var wake: Timestamp?
      for outcome in outcomes {
        switch outcome {
        case .wake(_, let time): wake = time
        case .measured(let note): report.measurements.append((now, note))
        case .phase(_, let run) where run.isCompleted:
          report.decision = .ended(at: now, phase: run.phase, message: run.message)
        case .phase: break
        }
      }
      guard report.decision == .never, let wake, wake <= end else { return report }
      now = max(wake, now)
      outcomes = analyses.wake(name, at: now)
    }
  }
}
