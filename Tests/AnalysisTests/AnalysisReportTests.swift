import Analysis
import MetricModel
import Testing

@Suite struct AnalysisReportTests {
  private static func run(_ metrics: [String], _ script: [String]) throws -> AnalysisRun {
    var outcomes = script[...]
    var driver = RunDriver(
      AnalysisRun(name: "canary-1", spec: try TestTemplates.template(metrics: metrics).spec)
    ) { _, now in TestTemplates.answer(for: outcomes.popFirst() ?? "Successful", at: now) }
    driver.drive(
      from: Timestamp(milliseconds: 0), until: Timestamp(milliseconds: 10_000_000))
    return driver.run
  }

  @Test func `a failed run is told with its reason and every measurement`() throws {
    let run = try Self.run(
      [TestTemplates.scripted("name: error-rate, count: 3, interval: 1m")],
      ["Successful", "Failed"])
    #expect(
      AnalysisReport(run).lines == [
        "canary-1: Failed after 1m0s",
        "  error-rate: failed (1) > failureLimit (0), last -1",
        "  error-rate: Failed, 2 measured: 1 successful, 1 failed",
        "    +0s  Successful  1",
        "    +1m0s  Failed  -1",
      ])
    #expect(run.verdict.outcome == .fail)
  }

  @Test func `a passed run needs no reason`() throws {
    let run = try Self.run([TestTemplates.scripted("name: m")], [])
    #expect(
      AnalysisReport(run).lines == [
        "canary-1: Successful after 0s", "  m: Successful, 1 measured: 1 successful",
        "    +0s  Successful  1",
      ])
    #expect(run.verdict.outcome == .pass)
  }

  @Test func `a stopped run says that it was stopped`() throws {
    let template = try TestTemplates.template(
      metrics: [TestTemplates.scripted("name: m, interval: 1m, initialDelay: 5m")])
    var run = AnalysisRun(name: "canary-1", spec: template.spec)
    _ = run.apply(.started, at: Timestamp(milliseconds: 0))
    _ = run.apply(.terminate, at: Timestamp(milliseconds: 60_000))
    #expect(run.verdict.outcome == .stopped)
    #expect(
      AnalysisReport(run).lines == [
        "canary-1: Successful after 1m0s", "  m: never measured", "  m: not measured",
      ])
  }

  @Test func `a comparison is explained in a sentence`() throws {
    let fleet = ScrapedFleet(
      [ComparisonTests.stable, ComparisonTests.changed { $0.badShare = 0.09 }], until: 180, seed: 1,
      hasLatency: false)
    let run = fleet.run(try ComparisonTests.spec("\(ComparisonTests.errors), margin: 0.02"))
    let lines = AnalysisReport(run).lines
    #expect(lines[0] == "fleet: Failed after 0s")
    let sentence = try #require(lines.last)
    #expect(
      sentence
        == "      canary 8.19 % bad of 2,968, stable 4.84 % of 25,383; difference 3.35 points "
        + "(2.52 to 4.24); worse: evidence e = 6.5e9, 20 needed")
    let metadata = run.results[0].measurements[0].metadata
    #expect(metadata["verdict"] == "worse")
    #expect(metadata["method"]?.hasPrefix("mixture e-process") == true)
    #expect(metadata["logE"] != nil && metadata["requiredLogE"] != nil)
  }

  @Test func `the order of verdicts tells lack of data from lack of evidence`() throws {
    let spec = try ComparisonTests.spec(ComparisonTests.errors)
    let idle = ScrapedFleet(
      [ComparisonTests.stable, ComparisonTests.canary], until: 180, seed: 1, hasLatency: false
    ) { _ in true }
    #expect(idle.run(spec).verdict.outcome == .noData)
    let busy = ScrapedFleet(
      [ComparisonTests.stable, ComparisonTests.canary], until: 180, seed: 1, hasLatency: false)
    #expect(busy.run(spec).verdict.outcome == .notEnoughEvidence)
  }
}
