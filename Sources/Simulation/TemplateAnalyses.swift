package import Analysis
package import MetricModel
package import Rollouts

/// Answers a query about recorded data; the port to whatever evaluates PromQL.
package typealias QueryPort = (_ query: QueryRequest, _ now: Timestamp) throws(QueryFailure)
  -> QueryValue

/// Why a query has no answer.
package struct QueryFailure: Error, Equatable, Sendable, CustomStringConvertible {
  package var description: String

  package init(_ description: String) { self.description = description }
}

/// Real AnalysisRuns in virtual time: queries are answered at once by a port.
///
///     var runs = TemplateAnalyses(templates) { query, now in try evaluate(query, now) }
///     let outcomes = runs.start(start, at: now)
package struct TemplateAnalyses: SimulatedAnalyses {
  private let templates: [AnalysisTemplate]
  private let query: QueryPort
  private var runs: [String: AnalysisRun] = [:]

  package init(_ templates: [AnalysisTemplate], query: @escaping QueryPort) {
    self.templates = templates
    self.query = query
  }

  /// The state of a run, for those who want more than phase and message.
  package func run(_ name: String) -> AnalysisRun? { runs[name] }

  package mutating func start(_ start: AnalysisStart, at now: Timestamp) -> [AnalysisOutcome] {
    guard runs[start.name] == nil else { return [] }
    do {
      runs[start.name] = AnalysisRun(name: start.name, spec: try spec(of: start))
    } catch {
      let observed = ObservedRun(
        phase: .error, message: "Unable to start the run: \(error.description)")
      return [.phase(run: start.name, observed)]
    }
    return apply(.started, to: start.name, at: now)
  }

  package mutating func wake(_ run: String, at now: Timestamp) -> [AnalysisOutcome] {
    apply(.woken, to: run, at: now)
  }

  package mutating func terminate(_ run: String, at now: Timestamp) -> [AnalysisOutcome] {
    apply(.terminate, to: run, at: now)
  }

  private func spec(of start: AnalysisStart) throws(QueryFailure) -> AnalysisSpec {
    var named: [AnalysisTemplate] = []
    for reference in start.use.templates {
      guard let template = template(reference.name, reference.isClusterScoped) else {
        throw QueryFailure("AnalysisTemplate \"\(reference.name)\" not found")
      }
      named.append(template)
    }
    do {
      return try AnalysisSpec.merging(
        named, arguments: start.arguments.map { Argument($0.name, value: $0.value) },
        dryRun: start.use.dryRun.map { .init(metricName: $0) },
        measurementRetention: start.use.retention.map {
          .init(metricName: $0.metricName, limit: Int64($0.limit))
        }, budgetShare: start.budgetShare,
        find: { template($0.name, $0.isClusterScoped) })
    } catch {
      throw QueryFailure(error.description)
    }
  }

  private func template(_ name: String, _ isClusterScoped: Bool) -> AnalysisTemplate? {
    templates.first { $0.name == name && ($0.kind == .clusterTemplate) == isClusterScoped }
  }

  /// Lets an event happen and answers all queries it leads to.
  private mutating func apply(
    _ event: AnalysisEvent, to name: String, at now: Timestamp
  ) -> [AnalysisOutcome] {
    guard var run = runs[name], !run.phase.isCompleted else { return [] }
    var outcomes: [AnalysisOutcome] = []
    var wake: Timestamp?
    var events = [event]
    var next = 0
    while next < events.count {
      for effect in run.apply(events[next], at: now) {
        switch effect {
        case .measure(let request): events.append(.measured(request.id, answer(request, at: now)))
        case .wake(let time): wake = time
        case .finished: wake = nil
        }
      }
      if case .measured(let id, _) = events[next], let note = Self.note(on: id, in: run) {
        outcomes.append(.measured(note))
      }
      next += 1
    }
    runs[name] = run
    outcomes.append(.phase(run: name, ObservedRun(phase: run.phase, message: run.message)))
    if let wake { outcomes.append(.wake(run: name, at: wake)) }
    return outcomes
  }

  private func answer(_ request: MeasurementRequest, at now: Timestamp) -> MeasurementAnswer {
    var values: [QueryValue] = []
    for text in request.queries {
      do {
        values.append(try query(text, now))
      } catch {
        return .failed(error.description)
      }
    }
    return .answered(values)
  }

  private static func note(on id: MeasurementID, in run: AnalysisRun) -> MeasurementNote? {
    guard let result = run.result(of: id.metric),
      let measurement = result.measurements.last(where: { $0.id == id })
    else { return nil }
    return MeasurementNote(
      run: run.name, metric: id.metric, number: id.number, phase: measurement.phase,
      value: measurement.value, reading: reading(measurement.value),
      evidence: measurement.message, report: measurement.comparison)
  }

  /// A value as a number: `0.94`, and the one element of `[0.94]`.
  private static func reading(_ value: String) -> Double? {
    let isList = value.hasPrefix("[") && value.hasSuffix("]")
    let inner = isList ? String(value.dropFirst().dropLast()) : value
    return NumberText.parse(inner)
  }
}
