import Analysis
import Manifest
import MetricModel
import Testing

/// What differs between the two modes, each row of the table in `Compatibility`.
@Suite struct CompatibilityTests {
  private static func template(
    _ mode: Compatibility, _ metrics: [String], rest: String = ""
  ) throws -> AnalysisTemplate {
    let list = metrics.map { "  - \($0)\n" }.joined()
    return try TestTemplates.template(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: AnalysisTemplate
      metadata: {name: sample, annotations: {assay.dev/compatibility: \(mode.rawValue)}}
      spec:
      \(rest.isEmpty ? "" : "  \(rest)\n")  metrics:
      \(list)
      """)
  }

  private static func metric(_ condition: String, _ rest: String = "") -> String {
    let (field, text) = (condition.prefix { $0 != ":" }, condition.drop { $0 != ":" }.dropFirst(2))
    return "{name: m, \(field): '\(text)'\(rest), provider: {prometheus: {query: q}}}"
  }

  private static func vector(_ values: [Double]) -> MeasurementAnswer {
    .answered([
      .vector(
        values.map {
          VectorSample(labels: .empty, time: Timestamp(milliseconds: 0), value: $0)
        })
    ])
  }

  private static func phase(
    _ mode: Compatibility, _ condition: String, _ values: [Double]
  ) throws -> AnalysisPhase? {
    var run = AnalysisRun(
      name: "r", spec: try template(mode, [metric(condition)]).spec)
    let now = Timestamp(milliseconds: 0)
    for effect in run.apply(.started, at: now) {
      guard case .measure(let request) = effect else { continue }
      _ = run.apply(.measured(request.id, vector(values)), at: now)
    }
    return run.result(of: "m")?.measurements.last?.phase
  }

  /// A run of three looks at the values, by the safe rules.
  private static func ended(
    _ critical: String, _ values: [Double], rest: String = ""
  ) throws -> AnalysisRun {
    let template = try TestTemplates.template(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: AnalysisTemplate
      metadata:
        name: sample
        annotations: {assay.dev/compatibility: safe, assay.dev/critical: "\(critical)"}
      spec:
        metrics:
        - {name: other, successCondition: 'result[0] > 0', provider: {prometheus: {query: q}}}
        - name: m
          interval: 1m
          count: 3
          successCondition: result[0] < 1
          provider: {prometheus: {query: q}}
          \(rest)
      """)
    var driver = RunDriver(AnalysisRun(name: "r", spec: template.spec)) { request, _ in
      request.metric == "other" ? vector([1]) : vector([values[request.id.number - 1]])
    }
    let start = Timestamp(milliseconds: 0)
    driver.drive(from: start, until: start.advanced(by: .minutes(9)))
    let restored = try AnalysisRun(restoring: driver.run.json.manifestNode)
    #expect(restored.json == driver.run.json)
    return restored
  }

  @Test func `a critical metric that can't tell has failed`() throws {
    let plain = try Self.ended("", [.nan])
    #expect(plain.phase == .inconclusive)
    let critical = try Self.ended("other, m ", [.nan])
    #expect(critical.phase == .failed)
    #expect(critical.message.contains("critical, and inconclusive (1) > inconclusiveLimit (0)"))
    let tolerant = "inconclusiveLimit: 2"
    #expect(try Self.ended("other", [.nan, 0, .nan], rest: tolerant).phase == .successful)
    let last = try Self.ended("m", [.nan, 0, .nan], rest: tolerant)
    #expect(last.phase == .failed)
    #expect(last.message.contains("critical, and the last measurement can't tell"))
    #expect(try Self.ended("m", [.nan, .nan, 0], rest: tolerant).phase == .successful)
    let fault = #expect(throws: ManifestError.self) { try Self.ended("m, gone", [0]) }
    #expect(
      fault?.message == "found \"gone\", expected names of metrics out of other, m")
  }

  @Test(arguments: [
    ("failureCondition: result[0] > 0.1", [Double.nan], "Successful", "Inconclusive"),
    ("successCondition: result[0] < 0.1", [.nan], "Failed", "Inconclusive"),
    ("successCondition: isNaN(result[0]) || result[0] < 1", [.nan], "Successful", "Successful"),
    ("failureCondition: isNaN(result[0])", [.nan], "Failed", "Failed"),
    ("successCondition: result[0] < 0.1", [], "Error", "Inconclusive"),
    ("successCondition: result < 0.1", [], "Error", "Error"),
    ("successCondition: len(result) == 0 || result[0] < 1", [], "Successful", "Successful"),
    ("successCondition: result[0] < 0.1", [0.5], "Failed", "Failed"),
    ("successCondition: result[0] < 0.1", [0.05], "Successful", "Successful"),
    ("successCondition: default(result[3], 7) == 7", [1], "Error", "Successful"),
    ("successCondition: default(result[0], 7) == 1", [1], "Failed", "Successful"),
    ("successCondition: isNil({\"a\": 1}.b)", [1], "Failed", "Successful"),
  ])
  func `measurements without data`(
    condition: String, values: [Double], argo: String, safe: String
  ) throws {
    #expect(try Self.phase(.argo, condition, values)?.rawValue == argo)
    #expect(try Self.phase(.safe, condition, values)?.rawValue == safe)
  }

  @Test func `no data is a verdict of its own`() throws {
    var run = AnalysisRun(
      name: "r",
      spec: try Self.template(.safe, [Self.metric("successCondition: result[0] < 1")]).spec)
    let now = Timestamp(milliseconds: 0)
    for effect in run.apply(.started, at: now) {
      guard case .measure(let request) = effect else { continue }
      _ = run.apply(.measured(request.id, Self.vector([.nan])), at: now)
    }
    #expect(run.phase == .inconclusive)
    #expect(run.verdict.outcome == .noData)
  }

  @Test(arguments: [
    (Compatibility.argo, "", "Successful"), (.safe, "", "Inconclusive"),
    (.safe, "endless", "Successful"),
  ])
  func `a metric that is stopped`(mode: Compatibility, kind: String, phase: String) throws {
    let count = kind == "endless" ? "" : ", count: 5"
    let template = try Self.template(
      mode, [Self.metric("successCondition: result[0] < 1", ", interval: 10s\(count)")])
    var driver = RunDriver(AnalysisRun(name: "r", spec: template.spec)) { _, _ in
      Self.vector([0.5])
    }
    driver.drive(
      from: Timestamp(milliseconds: 0), until: Timestamp(milliseconds: 100_000),
      terminateAt: Timestamp(milliseconds: 20_000))
    #expect(driver.run.phase.rawValue == phase)
    #expect(driver.run.verdict.outcome == .stopped)
  }

  @Test(arguments: [(Compatibility.argo, [true, true]), (.safe, [true, false])])
  func `names in dry runs`(mode: Compatibility, isDry: [Bool]) throws {
    let template = try Self.template(
      mode,
      [
        "{name: slow, provider: {prometheus: {query: q}}}",
        "{name: slow-tail, provider: {prometheus: {query: q}}}",
      ],
      rest: "dryRun: [{metricName: slow}]")
    #expect(AnalysisRun(name: "r", spec: template.spec).plans.map(\.isDryRun) == isDry)
  }

  @Test func `templates with our plugins are safe unless they say otherwise`() throws {
    let plugin =
      "{name: m, interval: 1m, count: 2, provider: {plugin: {assay/compare: "
      + "{kind: mean, value: up, canary: 'a=\"1\"', stable: 'a=\"2\"'}}}}"
    let plain = try TestTemplates.template(metrics: [TestTemplates.scripted("name: m")])
    #expect(plain.spec.metrics[0].compatibility == .argo)
    let extended = try TestTemplates.template(metrics: [plugin])
    #expect(extended.spec.metrics[0].compatibility == .safe)
    #expect(try Self.template(.argo, [plugin]).spec.metrics[0].compatibility == .argo)
    #expect(throws: ManifestError.self) {
      try TestTemplates.template(
        """
        apiVersion: argoproj.io/v1alpha1
        kind: AnalysisTemplate
        metadata: {name: x, annotations: {assay.dev/compatibility: strict}}
        spec: {metrics: []}
        """)
    }
  }
}
