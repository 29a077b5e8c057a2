package import Manifest
package import MetricModel

/// How a template did over many deploys.
package struct BacktestSummary: Equatable, Sendable {
  package let outcomes: [BacktestOutcome]

  package init(_ outcomes: [BacktestOutcome]) {
    self.outcomes = outcomes
  }

  package var good: Int { outcomes.count { $0.deploy.isBad == false } }
  package var bad: Int { outcomes.count { $0.deploy.isBad == true } }
  package var falseAlarms: Int { outcomes.count(where: \.isFalseAlarm) }
  package var misses: Int { outcomes.count(where: \.isMiss) }
  package var stopped: Int { outcomes.count { $0.decision == .stop } }
  package var undecided: Int { outcomes.count { $0.decision == .undecided } }

  /// The middle one of the times to detection; nil without any.
  package var medianTimeToDetection: Milliseconds? {
    let times = outcomes.compactMap(\.timeToDetection).sorted()
    return times.isEmpty ? nil : times[times.count / 2]
  }

  /// `4 deploys (2 good, 2 bad): 0 false alarms, 1 missed, 1 undecided; detected after 5m, ...`
  package var sentence: String {
    var text = "\(outcomes.count) deploys"
    if good + bad > 0 {
      text += " (\(good) good, \(bad) bad): \(falseAlarms) false alarms of \(good), "
      text += "\(misses) missed of \(bad)"
    } else {
      text += ": \(stopped) stopped"
    }
    text += ", \(undecided) undecided"
    if let time = medianTimeToDetection {
      text += "; detected after \(Self.minutes(time)) (median)"
    }
    return text
  }

  /// One row a deploy, columns padded.
  package var table: [String] {
    let header = ["deploy", "truth", "decision", "after", "samples", "why"]
    let rows = outcomes.map { outcome -> [String] in
      [
        outcome.deploy.name, outcome.deploy.isBad.map { $0 ? "bad" : "good" } ?? "unknown",
        word(for: outcome),
        outcome.decidedAt.map { Self.minutes($0.since(outcome.deploy.start)) } ?? "-",
        outcome.samples.map { NumberText.plain($0.rounded()) } ?? "-", outcome.reason,
      ]
    }
    return Self.aligned([header] + rows)
  }

  private func word(for outcome: BacktestOutcome) -> String {
    if outcome.isFalseAlarm { return "stop (false alarm)" }
    if outcome.isMiss { return "pass (missed)" }
    return outcome.decision.rawValue
  }

  static func minutes(_ length: Milliseconds) -> String {
    Milliseconds(length.count / 1000 * 1000).description
  }

  static func aligned(_ rows: [[String]]) -> [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      row.enumerated().map { index, cell in
        index == row.count - 1
          ? cell : cell + String(repeating: " ", count: widths[index] - cell.count)
      }.joined(separator: "  ")
    }
  }

  /// For other programs.
  package var json: JSONValue {
    .object([
      "good": .integer(Int64(good)), "bad": .integer(Int64(bad)),
      "falseAlarms": .integer(Int64(falseAlarms)), "misses": .integer(Int64(misses)),
      "undecided": .integer(Int64(undecided)),
      "medianSecondsToDetection": medianTimeToDetection.map { .number($0.seconds) } ?? .null,
      "deploys": .array(
        outcomes.map { outcome in
          .object([
            "name": .string(outcome.deploy.name),
            "start": .string(outcome.deploy.start.rfc3339),
            "bad": outcome.deploy.isBad.map(JSONValue.bool) ?? .null,
            "decision": .string(outcome.decision.rawValue),
            "decidedAt": outcome.decidedAt.map { .string($0.rfc3339) } ?? .null,
            "samples": outcome.samples.map(JSONValue.number) ?? .null,
            "reason": .string(outcome.reason),
          ])
        }),
    ])
  }
}
