internal import Analysis
internal import MetricModel
internal import Rollouts

/// A trace for people: what happened when, with the traffic as a bar and each measurement with its
/// evidence, at most 100 columns wide.
///
///     for line in TimelineText(result.trace).lines { print(line) }
///
///     R+00:03    10 % █░░░░░░░░░  1 + 9    Rollout step 1/13 completed (setWeight: 10)
///     R+05:03                              ✗ accuracy #1 = 0.0412 Failed
///                                            canary 0.912 beside stable 0.953 ...
package struct TimelineText: Sendable {
  package var trace: Trace
  package var width: Int

  package init(_ trace: Trace, width: Int = 100) {
    self.trace = trace
    self.width = min(max(width, 60), 100)
  }

  /// Head and rows. Time, share and pods are shown where they change; good measurements that others
  /// of their metric follow share a row without their evidence.
  package var lines: [String] {
    var rows = Rows(start: trace.start, width: width)
    let last = lastMeasurements
    var good: [TraceEntry] = []
    for (index, entry) in trace.entries.enumerated() {
      if let first = good.first, first.time != entry.time {
        rows.addTogether(good)
        good = []
      }
      if case .measured(let note) = entry.event, note.phase == .successful,
        last[note.key] != note.number
      {
        good.append(entry)
        continue
      }
      rows.addTogether(good)
      good = []
      rows.add(entry, isLast: index == trace.entries.count - 1)
    }
    rows.addTogether(good)
    let head =
      Padded.right("time", 10) + Padded.right("canary's share", 18) + Padded.right("new + old", 12)
    return [head + "what"] + rows.lines
  }

  /// Broken at spaces; a word longer than a line is cut.
  package static func wrapped(_ text: String, columns: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
      var rest = Substring(word)
      while rest.count > columns {
        if !line.isEmpty { lines.append(line) }
        lines.append(String(rest.prefix(columns)))
        line = ""
        rest = rest.dropFirst(columns)
      }
      if !line.isEmpty, line.count + 1 + rest.count > columns {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? String(rest) : " \(rest)"
    }
    return line.isEmpty ? lines : lines + [line]
  }

  /// The number of the last measurement of each metric in each run.
  private var lastMeasurements: [MeasurementNote.Key: Int] {
    var result: [MeasurementNote.Key: Int] = [:]
    for case .measured(let note) in trace.entries.map(\.event) { result[note.key] = note.number }
    return result
  }
}

extension MeasurementNote {
  fileprivate struct Key: Hashable {
    var run: String
    var metric: String
  }

  fileprivate var key: Key { Key(run: run, metric: metric) }
}

/// Rows in the making, and what was said last.
private struct Rows {
  let start: Timestamp
  let width: Int
  private(set) var lines: [String] = []
  private var lastTime = ""
  private var lastPods = ""
  private var lastEvidence: [String: String] = [:]

  init(start: Timestamp, width: Int) {
    self.start = start
    self.width = width
  }

  /// Measurements of one time of which there is nothing to say but that they are good.
  mutating func addTogether(_ entries: [TraceEntry]) {
    let notes = entries.compactMap { entry in
      if case .measured(let note) = entry.event { note } else { nil }
    }
    guard let first = notes.first, let entry = entries.first else { return }
    let names = notes.map(\.metric).joined(separator: ", ")
    add("\(mark(.successful)) #\(first.number) \(names)", [], at: entry)
  }

  mutating func add(_ entry: TraceEntry, isLast: Bool) {
    guard let (text, details) = words(for: entry.event, isLast: isLast) else { return }
    add(text, details, at: entry)
  }

  private mutating func add(_ text: String, _ details: [String], at entry: TraceEntry) {
    let now = entry.situation
    let whole = Timestamp(milliseconds: entry.time.milliseconds / 1000 * 1000)
    let time = Padded.right(RelativeTime.text(whole, from: start), 10)
    let pods =
      Padded.left("\(now.weight) %", 5) + " " + TextPlot.bar(Double(now.weight) / 100, width: 10)
      + "  " + Padded.right("\(now.canary.available) + \(now.stable.available)", 12)
    let blank = String(repeating: " ", count: 40)
    let prefix =
      time == lastTime && pods == lastPods
      ? blank : time + (pods == lastPods ? blank.dropFirst(10) : pods[...])
    (lastTime, lastPods) = (time, pods)
    let first = TimelineText.wrapped(text, columns: width - 40)
    lines.append(prefix + (first.first ?? ""))
    lines += first.dropFirst().map { blank + $0 }
    for detail in details {
      lines += TimelineText.wrapped(detail, columns: width - 42).map { blank + "  " + $0 }
    }
  }

  /// What a person wants to know of an event; nil for those that only a machine wants.
  private mutating func words(
    for event: TraceEvent, isLast: Bool
  ) -> (text: String, details: [String])? {
    switch event {
    case .update, .request, .podCrashed: return (event.text, [])
    case .weight(let weight): return weight == 0 ? ("all traffic to the old pods", []) : nil
    case .pods: return isLast ? ("pods settled", []) : nil
    case .runStarted(let name, _): return ("analysis \(name) starts", [])
    case .measured(let note):
      let isNew = lastEvidence.updateValue(note.evidence, forKey: note.metric) != note.evidence
      return (measurement(note), isNew && !note.evidence.isEmpty ? [note.evidence] : [])
    case .runEnded(_, let phase, let message):
      let isTold = phase == .failed || phase == .error
      return (
        "\(mark(phase)) analysis \(phase.rawValue)", isTold || message.isEmpty ? [] : [message]
      )
    case .told(let told): return words(for: told)
    case .phase(.healthy, _): return ("Healthy", [])
    case .phase(.paused, let message):
      return message == "CanaryPauseStep" ? nil : ("waits for a person: \(message)", [])
    case .phase(.degraded, let message):
      return message.hasPrefix("RolloutAborted") ? nil : ("Degraded", [message])
    case .phase(.progressing, _): return nil
    }
  }

  private func words(for told: RolloutEvent) -> (text: String, details: [String])? {
    switch told.reason {
    case "RolloutStepCompleted", "SkipSteps", "RolloutRetry": (told.message, [])
    case "RolloutAborted": ("ROLLED BACK", [Self.withoutEvidence(told.message)])
    case "RolloutCompleted": ("PROMOTED", [told.message])
    default: nil
    }
  }

  /// The reason without the message of the measurement, which stands above.
  private static func withoutEvidence(_ message: String) -> String {
    guard let quote = message.firstRange(of: ": \"Error Message: ") else { return message }
    return String(message[..<quote.lowerBound])
  }

  private func measurement(_ note: MeasurementNote) -> String {
    let value = note.reading.map { ShortNumber.text($0) } ?? note.value
    return "\(mark(note.phase)) \(note.metric) #\(note.number) = \(value) "
      + note.phase.rawValue
  }

  private func mark(_ phase: AnalysisPhase) -> String {
    switch phase {
    case .successful: "✓"
    case .failed: "✗"
    case .error: "!"
    case .inconclusive: "?"
    case .pending, .running: "…"
    }
  }
}
