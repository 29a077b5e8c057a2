package import MetricModel

/// A run in virtual time, its measurements answered at once: the loop of replays, tests and
/// backtests.
///
///     var driver = RunDriver(run) { request, now in answer(request, now) }
///     driver.drive(from: start, until: end)
///     driver.run.verdict
package struct RunDriver {
  package typealias Answering = (MeasurementRequest, Timestamp) -> MeasurementAnswer

  /// What was seen after an event.
  package struct Pass: Equatable, Sendable {
    package var time: Timestamp
    /// The metrics measured, in the order in which they were asked for.
    package var measured: [String]
    /// By metric.
    package var phases: [String: AnalysisPhase]
    package var runPhase: AnalysisPhase
  }

  /// The run with everything that happened to it.
  package private(set) var record: RunRecord
  package private(set) var passes: [Pass] = []
  /// Everything asked for.
  package private(set) var requests: [MeasurementRequest] = []
  /// Everything measured, in order of time, also what the run didn't retain.
  package private(set) var measurements: [Measurement] = []
  private let answer: Answering

  package init(_ run: AnalysisRun, answer: @escaping Answering) {
    record = RunRecord(run)
    self.answer = answer
  }

  package var run: AnalysisRun { record.run }

  /// Starts the run and goes on until it has ended or asks to be woken after `end`; false where
  /// that takes more passes than are wanted, and the rest was left out.
  @discardableResult
  package mutating func drive(
    from start: Timestamp, until end: Timestamp, terminateAt: Timestamp? = nil,
    passesMax: Int = .max
  ) -> Bool {
    var wake = deliver(.started, at: start)
    while let time = wake, time <= end {
      guard passes.count < passesMax else { return false }
      if let terminateAt, terminateAt <= time, !run.isTerminated {
        wake = deliver(.terminate, at: terminateAt)
      } else {
        wake = deliver(.woken, at: time)
      }
    }
    return true
  }

  /// Applies an event and answers all measurements; gives the next time to wake.
  @discardableResult
  package mutating func deliver(_ event: AnalysisEvent, at now: Timestamp) -> Timestamp? {
    var effects = record.apply(event, at: now)
    var names: [String] = []
    var wake: Timestamp?
    while !effects.isEmpty {
      var next: [AnalysisEffect] = []
      for effect in effects {
        switch effect {
        case .measure(let request):
          names.append(request.metric)
          requests.append(request)
          next += record.apply(.measured(request.id, answer(request, now)), at: now)
          if let last = run.result(of: request.metric)?.measurements.last, last.id == request.id {
            measurements.append(last)
          }
        case .wake(let time): wake = time
        case .finished: wake = nil
        }
      }
      effects = next
    }
    passes.append(
      Pass(
        time: now, measured: names,
        phases: Dictionary(
          run.results.map { ($0.name, $0.phase) }, uniquingKeysWith: { first, _ in first }),
        runPhase: run.phase))
    return wake
  }
}
