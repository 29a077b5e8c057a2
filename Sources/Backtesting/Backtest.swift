package import Analysis
package import MetricModel

/// A past deploy, or a window that might have been one.
package struct Deploy: Equatable, Sendable {
  package var name: String
  /// When the analysis would have begun.
  package var start: Timestamp
  /// When there is nothing more to see of it.
  package var end: Timestamp
  package var arguments: [Argument]
  /// Whether it was bad; nil where nobody knows.
  package var isBad: Bool?
  /// When the harm began, for the time to detection; the start where nobody knows.
  package var badSince: Timestamp?

  package init(
    name: String, start: Timestamp, end: Timestamp, arguments: [Argument] = [],
    isBad: Bool? = nil, badSince: Timestamp? = nil
  ) {
    self.name = name
    self.start = start
    self.end = end
    self.arguments = arguments
    self.isBad = isBad
    self.badSince = badSince
  }

  /// One at each step of a span, as long as there is room for a window.
  package static func windows(
    in span: TimeRange, every step: Milliseconds, length: Milliseconds, arguments: [Argument] = [],
    bad: TimeRange? = nil
  ) -> [Deploy] {
    guard step > .zero else { return [] }
    var deploys: [Deploy] = []
    var start = span.start
    while start.advanced(by: length) <= span.end, deploys.count < 100_000 {
      let end = start.advanced(by: length)
      var deploy = Deploy(name: start.rfc3339, start: start, end: end, arguments: arguments)
      if let bad {
        let overlaps = start < bad.end && bad.start < end
        deploy.isBad = overlaps
        deploy.badSince = overlaps ? max(start, bad.start) : nil
      }
      deploys.append(deploy)
      start = start.advanced(by: step)
    }
    return deploys
  }
}

/// What was decided about a deploy, or would have been.
package struct BacktestOutcome: Equatable, Sendable {
  package enum Decision: String, Sendable, Hashable {
    /// Promoted: the run passed, or had no objection to the end.
    case pass
    /// Rolled back.
    case stop
    /// Waits for a person.
    case undecided
  }

  package var deploy: Deploy
  package var decision: Decision
  /// Nil where it was still measuring at the end.
  package var decidedAt: Timestamp?
  package var reason: String
  /// Observations behind the decision, where comparisons count them.
  package var samples: Double?

  package init(
    deploy: Deploy, decision: Decision, decidedAt: Timestamp?, reason: String,
    samples: Double? = nil
  ) {
    self.deploy = deploy
    self.decision = decision
    self.decidedAt = decidedAt
    self.reason = reason
    self.samples = samples
  }

  package var isFalseAlarm: Bool { deploy.isBad == false && decision == .stop }
  package var isMiss: Bool { deploy.isBad == true && decision == .pass }

  /// From the beginning of the harm to the stop; nil unless a bad deploy was stopped after it.
  package var timeToDetection: Milliseconds? {
    guard deploy.isBad == true, decision == .stop, let decidedAt else { return nil }
    let harm = deploy.badSince ?? deploy.start
    return decidedAt >= harm ? decidedAt.since(harm) : nil
  }
}

/// Runs a template over what was recorded, for each of many deploys: what it would have decided.
///
///     let backtest = Backtest(templates: [template]) { queries.answer($0.queries) }
///     let summary = BacktestSummary(backtest.outcomes(of: deploys))
///     summary.falseAlarms          // of so many good ones
package struct Backtest {
  package typealias Answering = (MeasurementRequest) -> MeasurementAnswer

  private let templates: [AnalysisTemplate]
  private let answer: Answering

  package init(templates: [AnalysisTemplate], answer: @escaping Answering) {
    self.templates = templates
    self.answer = answer
  }

  package func outcomes(
    of deploys: [Deploy]
  ) throws(TemplateMergeError) -> [BacktestOutcome] {
    var outcomes: [BacktestOutcome] = []
    for deploy in deploys { outcomes.append(try outcome(of: deploy)) }
    return outcomes
  }

  private func outcome(of deploy: Deploy) throws(TemplateMergeError) -> BacktestOutcome {
    let spec = try AnalysisSpec.merging(templates, arguments: deploy.arguments)
    let answer = answer
    var driver = RunDriver(AnalysisRun(name: deploy.name, spec: spec)) { request, _ in
      answer(request)
    }
    driver.drive(from: deploy.start, until: deploy.end)
    let run = driver.run
    let reports = driver.measurements.compactMap(\.comparison)
    return BacktestOutcome(
      deploy: deploy, decision: Self.decision(run),
      decidedAt: run.phase.isCompleted ? driver.passes.last?.time : nil,
      reason: run.phase == .successful ? "" : run.verdict.reason,
      samples: reports.map { $0.canary.samples + $0.stable.samples }.max())
  }

  private static func decision(_ run: AnalysisRun) -> BacktestOutcome.Decision {
    switch run.phase {
    case .failed, .error: return .stop
    case .successful: return .pass
    case .inconclusive: return .undecided
    case .pending, .running:
      // Metrics without an end have no objection when the data end.
      return run.plans.contains { $0.spec.effectiveCount != nil } ? .undecided : .pass
    }
  }
}
