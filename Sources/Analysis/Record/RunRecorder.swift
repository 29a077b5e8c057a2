package import Manifest
package import MetricModel

/// A run whose events are written down as they happen, for journals and records.
///
///     var recorder = RunRecorder(run)
///     let (effects, entry) = recorder.apply(.started, at: now)
///     // store the entry, then perform the effects
package struct RunRecorder: Sendable {
  package private(set) var run: AnalysisRun
  private var coding = AnswerCoding()

  package init(_ run: AnalysisRun) {
    self.run = run
  }

  /// The samples written out so far, for those who bound a record.
  package var sampleCount: Int { coding.sampleCount }

  /// Lets an event happen; `entry` is what to store of it, nil for an event that changes nothing.
  package mutating func apply(
    _ event: AnalysisEvent, at now: Timestamp
  ) -> (effects: [AnalysisEffect], entry: JSONValue?) {
    let entry = run.phase.isCompleted ? nil : json(event, at: now)
    return (run.apply(event, at: now), entry)
  }

  /// Lets a stored event happen again; entries must come in their order.
  ///
  /// - Throws: `ManifestError` for what isn't one.
  package mutating func replay(
    _ entry: ManifestNode, at path: String = ""
  ) throws(ManifestError) -> RecordedEvent {
    let event = try RecordedEvent(entry, at: path, &coding)
    _ = run.apply(event.event, at: event.time)
    return event
  }

  private mutating func json(_ event: AnalysisEvent, at now: Timestamp) -> JSONValue? {
    var fields: [String: JSONValue] = ["at": JSONValue(now)]
    switch event {
    case .started: fields["event"] = .string("started")
    case .woken: fields["event"] = .string("woken")
    case .terminate: fields["event"] = .string("terminate")
    case .measured(let id, let answer):
      guard run.awaits(id) else { return nil }
      fields["event"] = .string("measured")
      fields["metric"] = .string(id.metric)
      fields["number"] = .integer(Int64(id.number))
      if case .queries(let queries)? = run.question(of: id) {
        fields["queries"] = .array(queries.map { .string(run.arguments.redacted($0.text)) })
      }
      for (name, value) in json(answer, metric: id.metric) { fields[name] = value }
    }
    return .object(fields)
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
}

extension AnalysisRun {
  /// Whether an answer to this measurement is waited for.
  func awaits(_ id: MeasurementID) -> Bool {
    guard let last = result(of: id.metric)?.measurements.last else { return false }
    return last.id == id && last.finishedAt == nil
  }

  /// What a measurement that is waited for asks.
  func question(of id: MeasurementID) -> MetricQuestion? {
    guard awaits(id), let plan = plans.first(where: { $0.name == id.metric }),
      let started = result(of: id.metric)?.measurements.last?.startedAt
    else { return nil }
    return try? plan.question(at: started, runStart: openedAt ?? started)
  }

  /// The values of the secrets among the arguments, to take the run up again by; never written
  /// down.
  package var secretValues: [Argument.Origin: String] {
    var result: [Argument.Origin: String] = [:]
    for argument in spec.arguments {
      guard let origin = argument.origin, case .secret = origin else { continue }
      result[origin] = arguments.values["args.\(argument.name)"]
    }
    return result
  }

  /// What a run that was taken up again wants done: the measurements that it waits for, or to be
  /// woken. Nothing for one that wasn't started, or has ended.
  package func outstandingEffects(at now: Timestamp) -> [AnalysisEffect] {
    guard phase == .running else { return [] }
    let waiting = results.compactMap(\.measurements.last).filter { $0.finishedAt == nil }
    let effects = waiting.compactMap { measurement in
      question(of: measurement.id).map {
        AnalysisEffect.measure(
          MeasurementRequest(id: measurement.id, metric: measurement.id.metric, question: $0))
      }
    }
    // A wake while answers are awaited does no harm.
    return effects + (nextPass(after: now).map { [.wake(at: $0)] } ?? [])
  }
}
