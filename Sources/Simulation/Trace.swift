package import Analysis
package import MetricModel
package import Rollouts

/// What happened in a simulated rollout, in order; the same bytes for the same seed.
package struct Trace: Equatable, Sendable {
  /// Times are shown relative to this.
  package var start: Timestamp
  package var entries: [TraceEntry] = []

  package init(start: Timestamp) { self.start = start }
}

/// Something that happened, and how things stood then.
package struct TraceEntry: Equatable, Sendable {
  package var time: Timestamp
  package var event: TraceEvent
  /// After the event.
  package var situation: Situation
}

/// What can happen.
package enum TraceEvent: Equatable, Sendable {
  /// A new pod template: hash and images.
  case update(podHash: String, images: [String])
  case request(RolloutRequest)
  case podCrashed(podHash: String)
  /// An event as Kubernetes shows it.
  case told(RolloutEvent)
  /// The canary's share of traffic changed.
  case weight(Int)
  /// Pods became available or went away.
  case pods
  case runStarted(name: String, step: Int?)
  case measured(MeasurementNote)
  case runEnded(name: String, phase: AnalysisPhase, message: String)
  case phase(RolloutPhase, message: String)
}

/// How a rollout stands.
package struct Situation: Hashable, Sendable {
  /// The canary's share in percent; 100 after the promotion.
  package var weight = 0
  package var canary = SetSize()
  package var stable = SetSize()
  /// Steps done, and all of them.
  package var step = 0
  package var steps = 0
  package var phase = RolloutPhase.progressing

  package init() {}
}

/// Pods of one ReplicaSet.
package struct SetSize: Hashable, Sendable {
  package var available = 0
  package var desired = 0

  package init(available: Int = 0, desired: Int = 0) {
    self.available = available
    self.desired = desired
  }
}

extension Trace {
  /// One line for each entry.
  ///
  ///     R+05:02.113  10 %  canary 1/1  stable 9/9  step 3/13  Progressing  metric ...
  package var text: String {
    entries.map { line(for: $0) + "\n" }.joined()
  }

  private func line(for entry: TraceEntry) -> String {
    let now = entry.situation
    let columns = [
      Padded.right(RelativeTime.text(entry.time, from: start), 12),
      Padded.left("\(now.weight) %", 5),
      Padded.right("canary \(now.canary.available)/\(now.canary.desired)", 12),
      Padded.right("stable \(now.stable.available)/\(now.stable.desired)", 12),
      Padded.right("step \(now.step)/\(now.steps)", 10),
      Padded.right(now.phase.rawValue, 11),
    ]
    return columns.joined(separator: "  ") + "  " + entry.event.text
  }
}

extension TraceEvent {
  /// The event in words, on one line.
  package var text: String {
    switch self {
    case .update(let hash, let images):
      "update to \(hash)" + (images.isEmpty ? "" : " (\(images.joined(separator: ", ")))")
    case .request(let request): "request: \(request.rawValue)"
    case .podCrashed(let hash): "a pod of \(hash) crashed"
    case .told(let event): "\(event.reason): \(event.message)"
    case .weight(let weight): "weight \(weight)"
    case .pods: "pods"
    case .runStarted(let name, _): "run \(name) started"
    case .measured(let note):
      "\(note.metric) #\(note.number) = \(note.value) \(note.phase.rawValue)"
        + (note.evidence.isEmpty ? "" : ": \(note.evidence)")
    case .runEnded(let name, let phase, let message):
      "run \(name) \(phase.rawValue)" + (message.isEmpty ? "" : ": \(message)")
    case .phase(let phase, let message):
      "now \(phase.rawValue)" + (message.isEmpty ? "" : ": \(message)")
    }
  }
}

/// Times as a distance from the start.
package enum RelativeTime {
  /// `R+05:02`, with milliseconds where there are any, hours where there is more than one.
  package static func text(_ time: Timestamp, from start: Timestamp) -> String {
    let distance = time.since(start).count
    let magnitude = distance.magnitude
    let (hours, minutes) = (magnitude / 3_600_000, magnitude / 60_000)
    let (seconds, milliseconds) = (magnitude / 1000 % 60, magnitude % 1000)
    var text = distance < 0 ? "R-" : "R+"
    text += hours > 1 ? "\(hours):\(Padded.zeros(minutes % 60, 2))" : Padded.zeros(minutes, 2)
    text += ":\(Padded.zeros(seconds, 2))"
    return milliseconds == 0 ? text : "\(text).\(Padded.zeros(milliseconds, 3))"
  }
}

/// Text in columns.
enum Padded {
  /// Flush left.
  static func right(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  /// Flush right.
  static func left(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  static func zeros(_ number: UInt64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
