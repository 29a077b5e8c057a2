import Analysis
import Foundation
import Manifest
import MetricModel
import Testing

@Suite struct RunTimelineTests {
  @Test(.enabled(if: SharedFolder.isThere, SharedFolder.skipReason))
  func `the 31 reference timelines are followed step by step`() throws {
    let file = SharedFolder.folder.appending(path: "derived/analysis-run-phases.json")
    let document = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
    let list = try #require((document as? [String: Any])?["vectors"] as? [[String: Any]])
    #expect(list.count == 31)
    for vector in list { try Self.check(vector) }
  }

  private static func check(_ vector: [String: Any]) throws {
    let title = vector["title"] as? String ?? ""
    let metrics = vector["metrics"] as? [[String: Any]] ?? []
    let script = vector["script"] as? [String: [String]] ?? [:]
    let dryRun = (vector["dryRun"] as? [String] ?? []).map { "{metricName: \($0)}" }
    let template = try TestTemplates.template(
      metrics: metrics.map { TestTemplates.scripted(fields(of: $0)) },
      rest: dryRun.isEmpty ? "" : "dryRun: [\(dryRun.joined(separator: ", "))]")
    var taken: [String: Int] = [:]
    var driver = RunDriver(AnalysisRun(name: title, spec: template.spec)) { request, now in
      let outcomes = script[request.metric] ?? []
      let index = taken[request.metric, default: 0]
      taken[request.metric] = index + 1
      return TestTemplates.answer(for: outcomes[min(index, outcomes.count - 1)], at: now)
    }
    let stop = (vector["terminateAt"] as? Int).map { Timestamp(milliseconds: Int64($0) * 1000) }
    driver.drive(terminateAt: stop, limit: Timestamp(milliseconds: 100_000_000))

    let expected = try #require(vector["expect"] as? [String: Any])
    let timeline = try #require(expected["timeline"] as? [[String: Any]])
    let passes = timeline.map { entry in
      RunDriver.Pass(
        seconds: entry["t"] as? Int ?? -1,
        measured: (entry["measured"] as? [[String]] ?? []).map { $0[0] },
        phases: (entry["metricPhases"] as? [String: Any] ?? [:]).compactMapValues { $0 as? String },
        runPhase: entry["runPhase"] as? String ?? "")
    }
    #expect(driver.passes == passes, "\(title)")
    #expect(driver.run.phase.rawValue == expected["runPhase"] as? String, "\(title)")
    #expect(driver.run.message == expected["runMessage"] as? String, "\(title)")
    let completed = driver.run.completedAt.map { Int($0.milliseconds / 1000) }
    #expect(completed == expected["completedAtSecond"] as? Int, "\(title)")
    #expect(taken == expected["measurements"] as? [String: Int], "\(title)")
    #expect(
      driver.run.runSummary == summary(expected["runSummary"]), "\(title)")
    #expect(driver.run.dryRunSummary == summary(expected["dryRunSummary"]), "\(title)")
    for (name, counters) in expected["counters"] as? [String: [String: Int]] ?? [:] {
      let result = try #require(driver.run.result(of: name))
      let found = [
        "count": result.count, "successful": result.successful, "failed": result.failed,
        "inconclusive": result.inconclusive, "error": result.error,
        "consecutiveError": result.consecutiveError,
        "consecutiveSuccess": result.consecutiveSuccess,
      ]
      #expect(found.mapValues { Int($0) } == counters, "\(title)")
    }
  }

  private static func fields(of metric: [String: Any]) -> String {
    metric.sorted { $0.key < $1.key }.map { key, value in
      key == "interval" || key == "initialDelay" ? "\(key): \(value)s" : "\(key): \(value)"
    }.joined(separator: ", ")
  }

  private static func summary(_ any: Any?) -> RunSummary? {
    guard let counts = any as? [String: Int] else { return nil }
    var summary = RunSummary()
    summary.count = counts["count"] ?? -1
    summary.successful = counts["successful"] ?? -1
    summary.failed = counts["failed"] ?? -1
    summary.inconclusive = counts["inconclusive"] ?? -1
    summary.error = counts["error"] ?? -1
    return summary
  }
}
