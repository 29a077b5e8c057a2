import Analysis
import Manifest
import MetricModel
import Testing

/// Drift, experiments, and Kayenta's judge as metrics.
@Suite struct PluginTests {
  private static func run(
    _ plugin: String, count: Int = 2, _ answer: @escaping (QueryRequest) -> QueryValue
  ) throws -> AnalysisRun {
    let template = try TestTemplates.template(
      metrics: ["{name: m, interval: 1m, count: \(count), provider: {plugin: {\(plugin)}}}"])
    let errors = TemplateValidation.findings(in: template).filter(\.isError)
    #expect(errors == [])
    var driver = RunDriver(AnalysisRun(name: "r", spec: template.spec)) { request, _ in
      .answered(request.queries.map(answer))
    }
    driver.drive(
      from: Timestamp(milliseconds: 0), until: Timestamp(milliseconds: 1_000_000))
    #expect(try Rejudgement(of: driver.record.json.manifestNode).differences == [])
    return driver.run
  }

  /// A counter that grows evenly, scraped every 15 s for an hour before and after 0.
  private static func counter(_ labels: [(String, String)], perScrape: Double) -> Series {
    var samples = SampleColumns()
    for index in -240...8 {
      samples.append(
        Timestamp(milliseconds: Int64(index) * 15_000), Double(index + 240) * perScrape)
    }
    return Series(labels: Labels(labels), samples: samples)
  }

  private static func classes(_ request: QueryRequest, canary: [Double]) -> QueryValue {
    let shares = request.text.contains("\"canary\"") ? canary : [50, 30, 20]
    return .matrix(
      shares.enumerated().map { index, share in
        counter([("class", "c\(index)"), ("pod", "p")], perScrape: share)
      })
  }

  private static let drift =
    "assay/drift: {counts: predictions_total, label: class, canary: 'v=\"canary\"', "
    + "stable: 'v=\"stable\"', since: 10m"

  @Test(arguments: ["psi", "js", "ks", "chi-square"])
  func `drift of classes fails beyond the limit and passes below`(measure: String) throws {
    let same = try Self.run("\(Self.drift), measure: \(measure)}") {
      Self.classes($0, canary: [50, 30, 20])
    }
    #expect(same.phase == .successful)
    let moved = try Self.run("\(Self.drift), measure: \(measure)}") {
      Self.classes($0, canary: [10, 30, 60])
    }
    #expect(moved.phase == .failed)
    #expect(moved.verdict.reason.hasPrefix("m: drifted: \(measure) "))
  }

  @Test func `few samples and none are verdicts of their own`() throws {
    let none = try Self.run("\(Self.drift)}") { request in
      request.text.contains("\"canary\"") ? .matrix([]) : Self.classes(request, canary: [])
    }
    #expect(none.phase == .inconclusive && none.verdict.outcome == .noData)
    let few = try Self.run("\(Self.drift), minimumSamples: 1e9}") {
      Self.classes($0, canary: [50, 30, 20])
    }
    #expect(few.verdict.outcome == .notEnoughData)
  }

  /// Twenty units an arm whose levels differ much, and stay what they were before.
  private static func units(
    _ request: QueryRequest, lift: Double, treated: Double = 10
  ) -> QueryValue {
    let isCanary = request.text.contains("\"b\"")
    if request.text.hasPrefix("exposures") {
      return .matrix([counter([("pod", "p")], perScrape: isCanary ? treated : 10)])
    }
    return .matrix(
      (0..<20).map { unit in
        let level = 2 + Double(unit * 7 % 20) * 0.3
        let isOrders = request.text.hasPrefix("orders")
        var series = counter(
          [("bucket", "\(unit)"), ("pod", "p")], perScrape: isOrders ? level : 100)
        if isOrders {
          // The treatment acts from the start of the window on, ten minutes before 0; units stray.
          for index in series.samples.values.indices {
            let after = max(0, Double(index) - 200)
            let stray = Double(unit % 5 - 2) * 0.01
            series.samples.values[index] += after * ((isCanary ? lift * 0.5 : 0) + stray)
          }
        }
        return series
      })
  }

  private static let experiment =
    "assay/experiment: {canary: 'v=\"b\"', stable: 'v=\"a\"', unit: bucket, "
    + "exposures: exposures_total, since: 10m, prePeriod: 40m, metrics: ["
    + "{name: orders, numerator: orders_total, denominator: visits_total, role: ROLE, "
    + "direction: decrease}]}"

  @Test func `an experiment finds what is better once the past is taken out`() throws {
    let plugin = Self.experiment.replacing("ROLE", by: "success")
    let better = try Self.run(plugin) { Self.units($0, lift: 1) }
    #expect(better.phase == .successful)
    #expect(better.verdict.metrics[0].reason.contains("better: orders"))
    let same = try Self.run(plugin) { Self.units($0, lift: 0) }
    #expect(same.phase == .inconclusive && same.verdict.outcome == .notEnoughEvidence)
  }

  @Test func `a guardrail that got worse fails the experiment`() throws {
    let worse = try Self.run(Self.experiment.replacing("ROLE", by: "guardrail")) {
      Self.units($0, lift: -1)
    }
    #expect(worse.phase == .failed)
    #expect(worse.verdict.reason.contains("guardrail orders got worse"))
  }

  @Test func `a broken split fails the experiment whatever its metrics say`() throws {
    let broken = try Self.run(Self.experiment.replacing("ROLE", by: "success")) {
      Self.units($0, lift: 1, treated: 6)
    }
    #expect(broken.phase == .failed)
    #expect(broken.verdict.reason.contains("the split is broken"))
  }

  @Test(arguments: [(1.0, AnalysisPhase.successful), (2.0, .failed)])
  func `Kayenta's judge scores metrics of range queries`(
    factor: Double, phase: AnalysisPhase
  ) throws {
    let plugin =
      "assay/kayenta: {step: 15s, lookback: 10m, metrics: [{name: p99, direction: increase, "
      + "control: stable_p99, experiment: canary_p99}]}"
    let run = try Self.run(plugin, count: 1) { request in
      guard case .range = request.evaluation else { return .matrix([]) }
      var samples = SampleColumns()
      for index in 0..<40 {
        let value = 100 + Double(index * 37 % 11)
        samples.append(
          Timestamp(milliseconds: Int64(index) * 15_000),
          request.text == "canary_p99" ? value * factor : value)
      }
      return .matrix([Series(labels: .empty, samples: samples)])
    }
    #expect(run.phase == phase)
    #expect(run.verdict.metrics[0].value == (factor == 1 ? "100" : "0"))
  }

  @Test(arguments: [
    ("assay/drift: {counts: c, canary: 'a=\"1\"', stable: 'a=\"2\"'}", "label"),
    ("assay/drift: {canary: 'a=\"1\"', stable: 'a=\"2\"'}", "buckets"),
    ("assay/kayenta: {metrics: []}", "at least one metric"),
    (
      "assay/experiment: {canary: 'a=\"1\"', stable: 'a=\"2\"', unit: u, exposures: e, "
        + "allocation: 2, metrics: []}", "allocation"
    ),
    ("assay/magic: {}", "known are assay/compare, assay/drift, assay/experiment, assay/kayenta"),
  ])
  func `what a plugin can't do without is asked for`(plugin: String, part: String) {
    let error = #expect(throws: ManifestError.self) {
      try TestTemplates.template(metrics: ["{name: m, provider: {plugin: {\(plugin)}}}"])
    }
    #expect(error.map { "\($0)".contains(part) } == true)
  }
}

extension String {
  fileprivate func replacing(_ part: String, by other: String) -> String {
    guard let range = self.firstRange(of: part) else { return self }
    return String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
  }
}
