internal import Analysis
internal import Manifest
internal import MetricModel

/// A finished run against what a test expects of it.
struct RunComparison {
  private(set) var problems: [String] = []

  init(_ run: AnalysisRun, measurements: [Measurement], _ expected: ExpectedRun) {
    var differences = Differences()
    if let phase = expected.phase {
      differences.compare("phase", run.phase.rawValue, phase.rawValue)
    }
    if let verdict = expected.verdict {
      differences.compare("verdict", run.verdict.outcome.rawValue, verdict)
    }
    if let message = expected.message { differences.compare("message", run.message, message) }
    if let endedAt = expected.endedAt {
      differences.compare(
        "ended at", run.completedAt.map(Self.text) ?? "never", Self.text(endedAt))
    }
    if let endedBy = expected.endedBy, run.completedAt.map({ $0 > endedBy }) ?? true {
      differences.add(
        "ended: found \(run.completedAt.map(Self.text) ?? "never"), expected by "
          + Self.text(endedBy))
    }
    for (name, fields) in expected.metrics {
      Self.compare(run, name, fields, &differences)
    }
    Self.compare(measurements, expected.measurements, &differences)
    if !differences.problems.isEmpty {
      differences.add("the run: \(run.phase.rawValue), \(run.verdict.reason)")
    }
    problems = differences.problems
  }

  private static func text(_ time: Timestamp) -> String {
    Milliseconds(time.milliseconds).description
  }

  private static func compare(
    _ run: AnalysisRun, _ name: String, _ fields: ManifestNode, _ differences: inout Differences
  ) {
    guard let result = run.result(of: name) else {
      return differences.add("metric \(name): was never measured")
    }
    let verdict = run.verdict.metrics.first { $0.metric == name }
    let counts = [
      "count": result.count, "successful": result.successful, "failed": result.failed,
      "inconclusive": result.inconclusive, "error": result.error,
    ]
    for entry in fields.entries {
      let title = "metric \(name), \(entry.key)"
      switch entry.key {
      case "phase":
        differences.compare(title, result.phase.rawValue, entry.value.asText ?? "")
      case "verdict":
        differences.compare(title, verdict?.outcome.rawValue ?? "", entry.value.asText ?? "")
      default:
        guard let found = counts[entry.key], let wanted = entry.value.asInteger else {
          differences.add(
            "\(title): expected one of phase, verdict, count, successful, failed, inconclusive, "
              + "error")
          continue
        }
        differences.compare(title, found, wanted)
      }
    }
  }

  /// All measurements of the metrics that the list names, in order.
  private static func compare(
    _ found: [Measurement], _ expected: [ExpectedMeasurement], _ differences: inout Differences
  ) {
    guard !expected.isEmpty else { return }
    let names = Set(expected.map(\.metric))
    let listed = found.filter { names.contains($0.id.metric) }
    for (index, (measurement, wanted)) in zip(listed, expected).enumerated() {
      let title = "measurement \(index + 1) (\(measurement.id.metric))"
      differences.compare("\(title), metric", measurement.id.metric, wanted.metric)
      if let time = wanted.time {
        differences.compare("\(title), at", text(measurement.startedAt), text(time))
      }
      if let phase = wanted.phase {
        differences.compare("\(title), phase", measurement.phase.rawValue, phase)
      }
      if let value = wanted.value {
        differences.compare("\(title), value", measurement.value, value)
      }
      if let finding = wanted.finding {
        let outcome = measurement.comparison?.outcome.rawValue
        differences.compare(
          "\(title), finding", outcome ?? measurement.shortfall?.rawValue ?? "", finding)
      }
      if let part = wanted.message, !measurement.message.contains(part) {
        differences.add(
          "\(title), message: found \"\(measurement.message)\", expected it to hold \"\(part)\"")
      }
    }
    if listed.count != expected.count {
      differences.add("measurements: found \(listed.count), expected \(expected.count)")
    }
  }
}
