package import Manifest
internal import MetricModel

/// A run judged again from its record, and where the outcome differs from the recorded one.
///
///     let again = try Rejudgement(of: document)
///     again.agrees                     // or again.differences: what is no longer the same
///
/// Agreement means that the stored verdict follows from the stored answers by the rules of this
/// program; it says nothing of whether the answers were right.
package struct Rejudgement: Sendable {
  /// What was recorded.
  package let recorded: AnalysisRun
  /// What the same events lead to now.
  package let repeated: AnalysisRun
  /// The run after each event, for those who tell its story.
  package let steps: [Step]
  /// `status.metricResults[0].phase: recorded Failed, now Successful`; none when they agree.
  package let differences: [String]

  package struct Step: Sendable {
    package var event: RecordedEvent
    /// The measurement that this event finished.
    package var finished: Measurement?
    package var phase: AnalysisPhase
  }

  /// - Throws: `ManifestError` for a document that isn't a record.
  package init(of document: ManifestNode) throws(ManifestError) {
    recorded = try AnalysisRun(restoring: document, isForReading: true)
    var root = try document.object(at: "")
    var record = try root.object(AnalysisRun.recordField)
    var recorder = RunRecorder(
      try AnalysisRun(restoring: try record.required("origin"), isForReading: true))
    var steps: [Step] = []
    for (node, path) in try record.list("events") {
      let event = try recorder.replay(node, at: path)
      var finished: Measurement?
      if case .measured(let id, _) = event.event {
        finished = recorder.run.result(of: id.metric)?.measurements.last { $0.id == id }
      }
      steps.append(Step(event: event, finished: finished, phase: recorder.run.phase))
    }
    self.steps = steps
    repeated = recorder.run
    differences = Self.differences(recorded.json, repeated.json, path: "")
  }

  package var agrees: Bool { differences.isEmpty }

  /// The places where two documents differ, in the order of their names.
  private static func differences(
    _ recorded: JSONValue, _ repeated: JSONValue, path: String
  ) -> [String] {
    switch (recorded, repeated) {
    case (.object(let first), .object(let second)):
      return Set(first.keys).union(second.keys).sorted().flatMap { key in
        differences(
          first[key] ?? .null, second[key] ?? .null, path: path.isEmpty ? key : "\(path).\(key)")
      }
    case (.array(let first), .array(let second)) where first.count == second.count:
      return zip(first, second).enumerated().flatMap { index, pair in
        differences(pair.0, pair.1, path: "\(path)[\(index)]")
      }
    default:
      if recorded == repeated { return [] }
      if let first = recorded.asNumber, let second = repeated.asNumber, first == second {
        return []
      }
      return ["\(path): recorded \(recorded.spelled), now \(repeated.spelled)"]
    }
  }
}
