import Analysis
import MetricModel
import Simulation

/// A replayed rollout for people: what was recorded, the timeline, plots, the verdict, and what
/// plain thresholds would have made of it.
struct ReplayText {
  let lines: [String]

  init(
    _ result: ReplayResult, description: RecordingDescription, thresholds: ThresholdWatch.Report?
  ) {
    let plots = TracePlots(result.trace)
    let end = result.trace.entries.last?.time ?? result.trace.start
    var lines = [description.text, ""]
    lines += TimelineText(result.trace).lines
    lines.append("")
    lines += plots.schedule(until: end)
    for plot in plots.metrics { lines += [""] + plot.lines }
    lines += ["", "Assay:            \(Self.words(result.ending, from: result.trace.start))"]
    if let thresholds {
      lines.append("plain thresholds: \(Self.words(thresholds.decision, from: result.trace.start))")
    }
    self.lines = lines
  }

  private static func words(_ ending: ReplayEnding, from start: Timestamp) -> String {
    switch ending {
    case .promoted(let time): "promoted at \(RelativeTime.text(time, from: start))"
    case .rolledBack(let time, let reason):
      "rolled back at \(RelativeTime.text(time, from: start)): \(reason)"
    case .paused(let time, let reason):
      "waits for a person since \(RelativeTime.text(time, from: start)): \(reason)"
    case .unfinished(let message): "unfinished when the recording was over: \(message)"
    }
  }

  private static func words(_ decision: ThresholdWatch.Decision, from start: Timestamp) -> String {
    switch decision {
    case .never: "no objection to the end: promoted"
    case .ended(let time, let phase, let message):
      switch phase {
      case .failed, .error:
        "rolled back at \(RelativeTime.text(time, from: start)): \(message)"
      default: "\(phase.rawValue) at \(RelativeTime.text(time, from: start)) \(message)"
      }
    }
  }
}
