package import Manifest
package import MetricModel

/// A run together with everything that happened to it: the evidence behind its verdict.
///
///     var record = RunRecord(run)
///     let effects = record.apply(.started, at: now)     // as AnalysisRun.apply, and remembered
///     let text = record.json.indented
///     let found = try RunRecord.rejudged(document)      // repeats it from the stored answers
///
/// Since a run is a pure machine, its events are all that its state rests on: queries' raw answers
/// among them, each with the time it came.
package struct RunRecord: Sendable {
  package private(set) var run: AnalysisRun
  /// The run before its first event.
  private let origin: AnalysisRun
  private var events: [JSONValue] = []
  private var coding = AnswerCoding()
  /// Set when the record outgrew its bound: the run goes on, and can't be judged again.
  package private(set) var isCut = false

  /// The samples that a record holds at most.
  package static let samplesMax = 2_000_000
  static let eventsMax = 100_000

  package init(_ run: AnalysisRun) {
    self.run = run
    origin = run
  }

  /// Lets an event happen and remembers it.
  package mutating func apply(_ event: AnalysisEvent, at now: Timestamp) -> [AnalysisEffect] {
    if !run.phase.isCompleted { remember(event, at: now) }
    return run.apply(event, at: now)
  }

  private mutating func remember(_ event: AnalysisEvent, at now: Timestamp) {
    guard !isCut else { return }
    guard coding.sampleCount < Self.samplesMax, events.count < Self.eventsMax else {
      isCut = true
      return
    }
    var fields: [String: JSONValue] = ["at": JSONValue(now)]
    switch event {
    case .started: fields["event"] = .string("started")
    case .woken: fields["event"] = .string("woken")
    case .terminate: fields["event"] = .string("terminate")
    case .measured(let id, let answer):
      guard run.awaits(id) else { return }
      fields["event"] = .string("measured")
      fields["metric"] = .string(id.metric)
      fields["number"] = .integer(Int64(id.number))
      fields["question"] = run.question(of: id)
      for (name, value) in json(answer, metric: id.metric) { fields[name] = value }
    }
    events.append(.object(fields))
  }

  private mutating func json(
    _ answer: MeasurementAnswer, metric: String
  ) -> [String: JSONValue] {
    switch answer {
    case .answered(let values):
      var list: [JSONValue] = []
      for (index, value) in values.enumerated() {
        list.append(coding.json(value, metric: metric, query: index))
      }
      return ["values": .array(list)]
    case .body(let text): return ["body": .string(run.arguments.redacted(text))]
    case .concluded(let phase, let message):
      return [
        "phase": .string(phase.rawValue), "message": .string(run.arguments.redacted(message)),
      ]
    case .failed(let reason): return ["failed": .string(run.arguments.redacted(reason))]
    }
  }

  /// The run's state with the events that led to it.
  package var json: JSONValue {
    var document = run.json
    document[AnalysisRun.recordField] = .object([
      "origin": origin.json, "events": .array(events), "cut": .bool(isCut),
    ])
    return document
  }

  /// Takes up a record where `json` was written.
  ///
  /// - Throws: `ManifestError` for what isn't such a document.
  package init(
    restoring document: ManifestNode, secrets: [Argument.Origin: String] = [:],
    isForReading: Bool = false
  ) throws(ManifestError) {
    run = try AnalysisRun(restoring: document, secrets: secrets, isForReading: isForReading)
    var root = try document.object(at: "")
    var record = try root.object(AnalysisRun.recordField)
    let originNode = try record.required("origin")
    origin = try AnalysisRun(restoring: originNode, secrets: secrets, isForReading: isForReading)
    isCut = try record.optionalBool("cut") ?? false
    for (node, path) in try record.list("events") {
      // Read once, so that what comes later knows the samples before it.
      _ = try RecordedEvent(node, at: path, &coding)
      events.append(JSONValue(node))
    }
  }
}

extension AnalysisRun {
  /// Where a document keeps the events.
  static let recordField = "assayRecord"

  /// Whether an answer to this measurement is waited for.
  func awaits(_ id: MeasurementID) -> Bool {
    guard let last = result(of: id.metric)?.measurements.last else { return false }
    return last.id == id && last.finishedAt == nil
  }

  /// What a measurement asks, for people who read the record; nil where that is plain from the spec.
  fileprivate func question(of id: MeasurementID) -> JSONValue? {
    guard let plan = plans.first(where: { $0.name == id.metric }),
      let started = result(of: id.metric)?.measurements.last?.startedAt,
      case .queries(let queries)? = try? plan.question(at: started, runStart: openedAt ?? started)
    else { return nil }
    return .array(queries.map { .string(arguments.redacted($0.text)) })
  }
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
