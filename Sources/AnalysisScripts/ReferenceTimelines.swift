internal import Analysis
internal import Manifest
internal import MetricModel

/// Timelines of scripted measurements: `{"vectors": [{metrics, script, expect}, ...]}`, with metric
/// phases, counters, messages and summaries at each second.
///
/// The outcomes of a script stand for answers: a success for 1, a failure for -1, an inconclusive
/// one for 0, judged by the conditions `result > 0` and `result < 0`; an error is an answer that
/// failed. The last outcome repeats.
enum ReferenceTimelines {
  static func entries(_ vectors: [ManifestNode], file: String) -> [TestReport.Entry] {
    vectors.map { vector in
      let title = vector["title"]?.asText ?? "timeline"
      do {
        return TestReport.Entry(file: file, name: title, problems: try problems(vector))
      } catch {
        return TestReport.Entry(file: file, name: title, problems: ["\(error)"])
      }
    }
  }

  private static func problems(_ vector: ManifestNode) throws(ManifestError) -> [String] {
    let template = try AnalysisTemplate(template(for: vector))
    var taken: [String: Int] = [:]
    var driver = RunDriver(AnalysisRun(name: template.name, spec: template.spec)) { request, now in
      let outcomes = vector["script"]?[request.metric]?.asTexts ?? []
      let index = taken[request.metric, default: 0]
      taken[request.metric] = index + 1
      return answer(for: outcomes.isEmpty ? "" : outcomes[min(index, outcomes.count - 1)], at: now)
    }
    let stop = vector["terminateAt"]?.asInteger.map(time)
    driver.drive(from: time(0), until: time(100_000), terminateAt: stop)
    guard let expected = vector["expect"] else { return ["expect: is missing"] }
    var differences = Differences()
    compare(driver, taken, with: expected, &differences)
    return differences.problems
  }

  private static func compare(
    _ driver: RunDriver, _ taken: [String: Int], with expected: ManifestNode,
    _ differences: inout Differences
  ) {
    let timeline = expected["timeline"]?.asList ?? []
    for (pass, entry) in zip(driver.passes, timeline) {
      let name = "at \(pass.time.milliseconds / 1000) s"
      differences.compare("\(name), time", pass.time, time(entry["t"]?.asInteger ?? -1))
      let measured = entry["measured"]?.asList?.compactMap { $0.asTexts?.first } ?? []
      differences.compare("\(name), measured", pass.measured, measured)
      var phases: [String: String] = [:]
      for phase in entry["metricPhases"]?.entries ?? [] { phases[phase.key] = phase.value.asText }
      differences.compare("\(name), metric phases", pass.phases.mapValues(\.rawValue), phases)
      differences.compare("\(name), run", pass.runPhase.rawValue, entry["runPhase"]?.asText ?? "")
    }
    differences.compare("passes", driver.passes.count, timeline.count)
    let run = driver.run
    differences.compare("runPhase", run.phase.rawValue, expected["runPhase"]?.asText ?? "")
    differences.compare("runMessage", run.message, expected["runMessage"]?.asText ?? "")
    differences.compare(
      "completedAtSecond", run.completedAt, expected["completedAtSecond"]?.asInteger.map(time))
    for (name, count) in integers(expected["measurements"]) {
      differences.compare("measurements of \(name)", Int64(taken[name] ?? 0), count)
    }
    differences.compare("runSummary", counts(run.runSummary), integers(expected["runSummary"]))
    differences.compare(
      "dryRunSummary", counts(run.dryRunSummary), integers(expected["dryRunSummary"]))
    for entry in expected["counters"]?.entries ?? [] {
      let found = run.result(of: entry.key).map(counts) ?? [:]
      differences.compare("counters of \(entry.key)", found, integers(entry.value))
    }
  }

  private static func time(_ seconds: Int64) -> Timestamp {
    Timestamp(milliseconds: seconds.multipliedReportingOverflow(by: 1000).partialValue)
  }

  private static func integers(_ node: ManifestNode?) -> [String: Int64] {
    var result: [String: Int64] = [:]
    for entry in node?.entries ?? [] { result[entry.key] = entry.value.asInteger }
    return result
  }

  private static func counts(_ summary: RunSummary) -> [String: Int64] {
    [
      "count": Int64(summary.count), "successful": Int64(summary.successful),
      "failed": Int64(summary.failed), "inconclusive": Int64(summary.inconclusive),
      "error": Int64(summary.error),
    ]
  }

  private static func counts(_ result: MetricResult) -> [String: Int64] {
    [
      "count": result.count, "successful": result.successful, "failed": result.failed,
      "inconclusive": result.inconclusive, "error": result.error,
      "consecutiveError": result.consecutiveError, "consecutiveSuccess": result.consecutiveSuccess,
    ]
  }

  private static func answer(for phase: String, at now: Timestamp) -> MeasurementAnswer {
    switch phase {
    case "Successful": .answered([.scalar(ScalarPoint(time: now, value: 1))])
    case "Failed": .answered([.scalar(ScalarPoint(time: now, value: -1))])
    case "Inconclusive": .answered([.scalar(ScalarPoint(time: now, value: 0))])
    default: .failed("")
    }
  }

  /// The vector's metrics as the template they stand for; its durations are in seconds.
  private static func template(for vector: ManifestNode) -> ManifestNode {
    func text(_ text: String) -> ManifestNode { ManifestNode(.text(text)) }
    func map(_ fields: [(String, ManifestNode)]) -> ManifestNode {
      ManifestNode(.map(fields.map { ManifestEntry(key: $0, value: $1) }))
    }
    let metrics = (vector["metrics"]?.asList ?? []).map { metric in
      let given = metric.entries.map { entry -> (String, ManifestNode) in
        guard ["interval", "initialDelay"].contains(entry.key),
          let seconds = entry.value.asNumber
        else { return (entry.key, entry.value) }
        return (entry.key, text("\(NumberText.plain(seconds))s"))
      }
      return map(
        given + [
          ("successCondition", text("result > 0")), ("failureCondition", text("result < 0")),
          ("provider", map([("prometheus", map([("query", text("scripted"))]))])),
        ])
    }
    let rules = (vector["dryRun"]?.asTexts ?? []).map { map([("metricName", text($0))]) }
    return map([
      ("apiVersion", text(AnalysisTemplate.apiVersion)), ("kind", text("AnalysisTemplate")),
      ("metadata", map([("name", text(vector["title"]?.asText ?? ""))])),
      (
        "spec",
        map([
          ("metrics", ManifestNode(.list(metrics))), ("dryRun", ManifestNode(.list(rules))),
        ])
      ),
    ])
  }
}
