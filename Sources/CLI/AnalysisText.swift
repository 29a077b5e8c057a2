import Analysis
import MetricModel
import Simulation

/// A run of analyses for people: every measurement with its evidence, then the verdict.
struct AnalysisText {
  let lines: [String]

  /// - Parameter start: what times count from.
  init(_ report: AnalysisReplay.Report, start: Timestamp) {
    var lines: [String] = []
    for (time, note) in report.measurements {
      let reading = note.reading.map { ShortNumber.text($0) } ?? note.value
      lines.append(
        "\(RelativeTime.text(time, from: start))  \(note.metric) #\(note.number) = \(reading)  "
          + note.phase.rawValue)
      if !note.evidence.isEmpty { lines.append("           \(note.evidence)") }
    }
    switch report.decision {
    case .ended(let time, let phase, let message):
      lines.append("")
      lines.append(
        "\(phase.rawValue) at \(RelativeTime.text(time, from: start))"
          + (message.isEmpty ? "" : ": \(message)"))
    case .never:
      lines.append("")
      lines.append("still measuring when the data ended: nothing was decided")
    }
    self.lines = lines
  }
}
