import Analysis
import MetricModel
import Rollouts
import Simulation
import Testing

@Suite struct RolloutReplayTests {
  private let end = ReplayFixture.start.advanced(by: .hours(1))

  private func run(_ port: @escaping QueryPort) throws -> ReplayResult {
    let replay = try #require(try ReplayFixture.replay([ReplayFixture.template()]))
    return replay.run(until: end, query: port)
  }

  private func check(_ name: String, _ result: ReplayResult) throws {
    let text = result.trace.text
    #expect(try text == ReplayFixture.golden("\(name).trace", text))
    let plots = TracePlots(result.trace)
    var lines = TimelineText(result.trace).lines + [""] + plots.schedule(until: end)
    for plot in plots.metrics { lines += [""] + plot.lines }
    let timeline = lines.joined(separator: "\n") + "\n"
    #expect(try timeline == ReplayFixture.golden("\(name).timeline", timeline))
    let widest = lines.map(\.count).max() ?? 0
    #expect(widest <= 100)
  }

  @Test func `a healthy canary is promoted on the recordings' schedule`() throws {
    let result = try run(ReplayFixture.port(accuracy: { 0.95 + 0.001 * ($0 / 10) }))
    guard case .promoted(let time) = result.ending else {
      Issue.record("\(result.ending)")
      return
    }
    // Four weights of five minutes' pause and three minutes from first to fourth measurement.
    let minutes = time.since(ReplayFixture.start).seconds / 60
    #expect(minutes >= 32 && minutes < 33)
    #expect(result.state.phase == .healthy)
    try check("healthy", result)
  }

  @Test func `a canary that gets worse is rolled back at the first bad measurement`() throws {
    let result = try run(ReplayFixture.port(accuracy: { $0 < 14 ? 0.95 : 0.85 }))
    guard case .rolledBack(let time, let reason) = result.ending else {
      Issue.record("\(result.ending)")
      return
    }
    #expect(time.since(ReplayFixture.start).seconds / 60 < 15)
    #expect(
      reason == "Step-based analysis phase error/failed: "
        + "Metric \"accuracy\" assessed Failed due to failed (1) > failureLimit (0)")
    #expect(result.state.phase == .degraded)
    #expect(result.trace.entries.last?.situation.canary == SetSize())
    #expect(result.trace.entries.last?.situation.stable == SetSize(available: 10, desired: 10))
    try check("worse", result)
  }

  @Test func `answers without series are errors that end the run`() throws {
    let result = try run(ReplayFixture.port(accuracy: { $0 > 21 ? nil : 0.95 }))
    guard case .rolledBack(_, let reason) = result.ending else {
      Issue.record("\(result.ending)")
      return
    }
    #expect(reason.contains("consecutiveErrors (5) > consecutiveErrorLimit (4)"))
    try check("no-data", result)
  }

  @Test func `an unknown template rolls back with its name`() throws {
    let replay = try #require(try ReplayFixture.replay([]))
    let result = replay.run(until: end, query: ReplayFixture.port(accuracy: { _ in 1 }))
    guard case .rolledBack(_, let reason) = result.ending else {
      Issue.record("\(result.ending)")
      return
    }
    #expect(
      reason == "Step-based analysis phase error/failed: Unable to start the run: "
        + "AnalysisTemplate \"ml-model-compare\" not found")
  }

  @Test func `a query that fails is told`() throws {
    let failing: QueryPort = { _, _ throws(QueryFailure) in throw QueryFailure("no such store") }
    let result = try run(failing)
    let notes = result.trace.entries.compactMap {
      if case .measured(let note) = $0.event { note } else { nil }
    }
    #expect(notes.first?.phase == .error)
    #expect(notes.first?.evidence == "no such store")
  }

  @Test func `a recording that ends early leaves the rollout unfinished`() throws {
    let replay = try #require(try ReplayFixture.replay([ReplayFixture.template()]))
    let result = replay.run(
      until: ReplayFixture.start.advanced(by: .minutes(20)),
      query: ReplayFixture.port(accuracy: { _ in 1 }))
    #expect(result.ending == .unfinished("CanaryPauseStep"))
  }

  @Test func `hashes of the recording reach the queries`() throws {
    var texts: Set<String> = []
    let inner = ReplayFixture.port(accuracy: { _ in 1 })
    let replay = try #require(try ReplayFixture.replay([ReplayFixture.template()]))
    _ = replay.run(until: end) { (request, now) throws(QueryFailure) in
      texts.insert(request.text)
      return try inner(request, now)
    }
    #expect(texts.contains("accuracy{hash=\"7c9f8d6b54\"}"))
  }

  @Test func `plain thresholds tell when they would have decided`() throws {
    let watch = AnalysisReplay(
      template: try ReplayFixture.template(end: "interval: 1m"), start: ReplayFixture.start)
    let report = watch.run(
      until: end,
      query: ReplayFixture.port(accuracy: { _ in 0.95 }, latency: { $0 < 10 ? 150 : 250 }))
    let expected = ReplayFixture.start.advanced(by: .minutes(11))
    #expect(
      report.decision
        == .ended(
          at: expected, phase: .failed,
          message: "Metric \"latency-p99\" assessed Failed due to failed (2) > failureLimit (1)"))
    #expect(
      report.readings(of: "latency-p99").map(\.value).prefix(11).allSatisfy { $0 == 150 } == false)
    #expect(report.readings(of: "accuracy").count == 12)
  }

  @Test func `plain thresholds that see nothing never decide`() throws {
    let watch = AnalysisReplay(
      template: try ReplayFixture.template(end: "interval: 1m"), start: ReplayFixture.start)
    let report = watch.run(until: end, query: ReplayFixture.port(accuracy: { _ in 0.91 }))
    #expect(report.decision == .never)
    #expect(report.measurements.count == 2 * 61)
  }
}
