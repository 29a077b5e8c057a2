import Analysis
import MetricModel
import Simulation

/// A replayed rollout for people: what was recorded, the timeline, plots, the verdict, and what
/// plain thresholds would have made of it.
struct ReplayText {
  let lines: [String]

  /// - Parameter curves: what the recording shows, as lines.
  init(
    _ result: ReplayResult, description: RecordingDescription, curves: [String],
    thresholds: AnalysisReplay.Report?
  ) {
    let end = result.trace.entries.last?.time ?? result.trace.start
    var lines = TimelineText.wrapped(description.text, columns: 100) + [""]
    lines += TimelineText(result.trace).lines
    lines.append("")
    lines += TracePlots(result.trace).schedule(until: end)
    lines += curves
    lines += ["", "Assay             " + Self.words(result, from: result.trace.start)]
    lines += Self.evidence(in: result)
    if let thresholds {
      lines.append("plain thresholds  " + Self.words(thresholds, from: result.trace.start))
    }
    self.lines = lines
  }

  private static func words(_ result: ReplayResult, from start: Timestamp) -> String {
    switch result.ending {
    case .promoted(let time): "promoted at \(minutes(time, from: start))"
    case .rolledBack(let time, _): "rolled back at \(minutes(time, from: start))"
    case .paused(let time, let reason):
      "waits for a person since \(minutes(time, from: start)): \(reason)"
    case .unfinished(let message): "unfinished when the recording was over: \(message)"
    }
  }

  /// What the measurements that failed rest on.
  private static func evidence(in result: ReplayResult) -> [String] {
    result.trace.entries.flatMap { entry -> [String] in
      guard case .measured(let note) = entry.event, note.phase == .failed || note.phase == .error
      else { return [] }
      let indent = String(repeating: " ", count: 18)
      return TimelineText.wrapped("\(note.metric): \(note.evidence)", columns: 80)
        .map { indent + $0 }
    }
  }

  private static func words(_ report: AnalysisReplay.Report, from start: Timestamp) -> String {
    switch report.decision {
    case .never: return "no objection to the end: promoted"
    case .ended(let time, let phase, let message):
      let end = minutes(time, from: start)
      switch phase {
      case .failed, .error:
        let values = report.measurements.filter { $0.time == time && $0.note.phase == phase }
          .map { "\($0.note.metric) = \($0.note.reading.map(ShortNumber.text) ?? $0.note.value)" }
        return "rolled back at \(end): "
          + (values.isEmpty ? message : values.joined(separator: ", "))
      default: return "\(phase.rawValue) at \(end) \(message)"
      }
    }
  }

  private static func minutes(_ time: Timestamp, from start: Timestamp) -> String {
    RelativeTime.text(Timestamp(milliseconds: time.milliseconds / 1000 * 1000), from: start)
  }
}
