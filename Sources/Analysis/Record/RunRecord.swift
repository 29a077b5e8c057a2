package import Manifest
package import MetricModel

/// A run together with everything that happened to it: the evidence behind its verdict.
///
///     var record = RunRecord(run)
///     let effects = record.apply(.started, at: now)     // as AnalysisRun.apply, and remembered
///     let text = record.json.indented
///     let again = try Rejudgement(of: document)         // repeats it from the stored answers
///
/// Since a run is a pure machine, its events are all that its state rests on: queries' raw answers
/// among them, each with the time it came.
package struct RunRecord: Sendable {
  private var recorder: RunRecorder
  /// The run before the first event that is remembered.
  private var origin: JSONValue
  private var events: [JSONValue] = []
  /// Set when the record outgrew its bound and began anew from the state that the run had then.
  package private(set) var isCut = false

  /// The samples, and events, that a record holds at most.
  package static let samplesMax = 2_000_000
  package static let eventsMax = 100_000

  package init(_ run: AnalysisRun) {
    recorder = RunRecorder(run)
    origin = run.json
  }

  package var run: AnalysisRun { recorder.run }

  /// Lets an event happen and remembers it.
  package mutating func apply(_ event: AnalysisEvent, at now: Timestamp) -> [AnalysisEffect] {
    if recorder.sampleCount > Self.samplesMax || events.count >= Self.eventsMax {
      recorder = RunRecorder(run)
      (origin, events, isCut) = (run.json, [], true)
    }
    let (effects, entry) = recorder.apply(event, at: now)
    if let entry { events.append(entry) }
    return effects
  }

  /// The run's state with the events that led to it.
  package var json: JSONValue {
    var document = run.json
    document[AnalysisRun.recordField] = .object([
      "origin": origin, "events": .array(events), "cut": .bool(isCut),
    ])
    return document
  }

  /// Takes up a record where `json` was written, by letting its events happen again.
  ///
  /// - Throws: `ManifestError` for what isn't such a document.
  package init(
    restoring document: ManifestNode, secrets: [Argument.Origin: String] = [:],
    isForReading: Bool = false
  ) throws(ManifestError) {
    var root = try document.object(at: "")
    var record = try root.object(AnalysisRun.recordField)
    let node = try record.required("origin")
    try self.init(
      origin: node, events: try record.list("events"), secrets: secrets, isForReading: isForReading)
    isCut = try record.optionalBool("cut") ?? false
  }

  /// From an origin and events as a journal keeps them.
  package init(
    origin: ManifestNode, events: [(node: ManifestNode, path: String)],
    secrets: [Argument.Origin: String] = [:], isForReading: Bool = false
  ) throws(ManifestError) {
    recorder = RunRecorder(
      try AnalysisRun(restoring: origin, secrets: secrets, isForReading: isForReading))
    self.origin = JSONValue(origin)
    for (node, path) in events {
      _ = try recorder.replay(node, at: path)
      self.events.append(JSONValue(node))
    }
  }
}

extension AnalysisRun {
  /// Where a document keeps the events.
  static let recordField = "assayRecord"
}

/// One event of a record.
package struct RecordedEvent: Equatable, Sendable {
  package var time: Timestamp
  package var event: AnalysisEvent

  init(
    _ node: ManifestNode, at path: String, _ coding: inout AnswerCoding
  ) throws(ManifestError) {
    var object = try node.object(at: path)
    time = try object.required("at").time(at: object.path(of: "at"))
    let kind = try object.text("event")
    switch kind {
    case "started": event = .started
    case "woken": event = .woken
    case "terminate": event = .terminate
    case "measured":
      let id = MeasurementID(metric: try object.text("metric"), number: try object.count("number"))
      event = .measured(id, try Self.answer(&object, metric: id.metric, &coding))
    default:
      throw ManifestError(
        "found \"\(kind)\", expected started, woken, measured or terminate", at: node,
        path: object.path(of: "event"))
    }
  }

  private static func answer(
    _ object: inout ManifestObject, metric: String, _ coding: inout AnswerCoding
  ) throws(ManifestError) -> MeasurementAnswer {
    if let body = try object.optionalText("body") { return .body(body) }
    if let reason = try object.optionalText("failed") { return .failed(reason) }
    if object.optional("phase") != nil {
      return .concluded(
        try object.word("phase", as: AnalysisPhase.self), message: try object.text("message"))
    }
    _ = try object.required("values")
    var values: [QueryValue] = []
    for (index, (node, path)) in try object.list("values").enumerated() {
      values.append(try coding.value(node, at: path, metric: metric, query: index))
    }
    return .answered(values)
  }
}
