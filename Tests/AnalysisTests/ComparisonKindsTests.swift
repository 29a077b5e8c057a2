import Analysis
import Manifest
import MetricModel
import Statistics
import Testing

/// Rates, quantiles and ratios; and what superiority and equivalence ask for.
@Suite struct ComparisonKindsTests {
  typealias Version = ScrapedFleet.Version

  static let stable = Version(name: "stable", pods: 9)
  static let rate = "kind: rate, events: bad_total, since: 5m"
  static let quantile = "kind: quantile, quantile: 0.99, buckets: latency_bucket, since: 5m"
  static let ratio = "kind: ratio, numerator: bad_total, denominator: requests_total, since: 5m"

  /// The phase and the finding of the last look.
  private static func outcome(
    _ fields: String, pods: Int = 3, _ change: (inout Version) -> Void = { _ in }
  ) throws -> (phase: AnalysisPhase, report: ComparisonReport?) {
    var canary = Version(name: "canary", pods: pods, born: -300)
    change(&canary)
    let fleet = ScrapedFleet([Self.stable, canary], until: 400, seed: 11)
    let run = fleet.run(try ComparisonTests.spec(fields))
    return (run.phase, run.result(of: "m")?.measurements.last?.comparison)
  }

  @Test func `rates of events are held against the time of pods`() throws {
    let same = try Self.outcome("\(Self.rate), margin: 1")
    #expect(same.phase == .successful && same.report?.outcome == .notWorse)
    let worse = try Self.outcome("\(Self.rate), margin: 0.3") { $0.badShare = 0.15 }
    #expect(worse.phase == .failed)
    let estimate = try #require(worse.report?.evidence?.estimate)
    #expect(estimate > 2.4 && estimate < 3.6)
    // Twice the traffic is twice the events: a rate knows no requests.
    #expect(try Self.outcome(Self.rate) { $0.rate = 20 }.phase == .failed)
    // Events per second and pod: 5 % of 10 requests.
    let level = try #require(same.report?.stable.level)
    #expect(abs(level - 0.5) < 0.05)
  }

  @Test func `a quantile is judged by the share beyond it`() throws {
    let same = try Self.outcome("\(Self.quantile), margin: 0.8")
    #expect(same.phase == .successful)
    let slow = try Self.outcome("\(Self.quantile), margin: 0.8") { $0.tailFactor = 3 }
    #expect(slow.phase == .failed)
    #expect(slow.report?.evidence?.effect.name == "ratio of quantiles")
    #expect(slow.report.map { $0.canary.level > 1.3 * $0.stable.level } == true)
  }

  @Test func `ratios of sums need pods, and see a change`() throws {
    let one = try Self.outcome(Self.ratio, pods: 1)
    #expect(one.phase == .inconclusive && one.report?.outcome == .notEnoughData)
    let same = try Self.outcome("\(Self.ratio), margin: 0.5", pods: 5)
    #expect(same.phase == .successful)
    let worse = try Self.outcome("\(Self.ratio), margin: 0.5", pods: 5) { $0.badShare = 0.2 }
    #expect(worse.phase == .failed)
  }

  @Test func `superiority asks for better, equivalence for neither better nor worse`() throws {
    let better: (inout Version) -> Void = { $0.badShare = 0.005 }
    let proportion = "kind: proportion, bad: bad_total, total: requests_total, since: 5m"
    #expect(
      try Self.outcome("\(proportion), test: superiority", better).phase == .successful)
    #expect(try Self.outcome("\(proportion), test: superiority").phase == .inconclusive)
    #expect(
      try Self.outcome("\(proportion), test: equivalence, margin: 0.03").phase == .successful)
    #expect(
      try Self.outcome("\(proportion), test: equivalence, margin: 0.03", better).phase
        == .inconclusive)
    #expect(throws: ManifestError.self) {
      try ComparisonTests.spec("\(proportion), test: equivalence")
    }
  }

  /// Samples in other units, bounds of histograms included.
  private static func scaled(_ fleet: ScrapedFleet, by factor: Double) -> ScrapedFleet {
    var fleet = fleet
    for index in fleet.series.indices {
      let labels = fleet.series[index].labels
      let name = labels.metricName
      if name == "latency_bucket", let le = labels["le"], let bound = NumberText.parse(le) {
        var builder = LabelsBuilder(labels)
        builder.set("le", NumberText.plain(bound * factor))
        fleet.series[index].labels = builder.labels
      } else if name == "seconds_total" || name == "queue" {
        for place in fleet.series[index].samples.values.indices {
          fleet.series[index].samples.values[place] *= factor
        }
      }
    }
    return fleet
  }

  @Test(
    arguments: [
      "kind: quantile, quantile: 0.9, buckets: latency_bucket, since: 5m, margin: 0.3",
      "kind: distribution, buckets: latency_bucket, since: 5m, margin: 0.2",
      "kind: ratio, numerator: seconds_total, denominator: requests_total, since: 5m, margin: 0.3",
      "kind: mean, value: queue, since: 5m, margin: MARGIN",
    ], [1.0, 1.4])
  func `units don't change a verdict`(fields: String, speed: Double) throws {
    var fleet = ScrapedFleet(
      [Self.stable, Version(name: "canary", pods: 4, median: 0.055 * speed, born: -300)],
      until: 400, seed: 21)
    // Seconds and queue lengths that go with the requests.
    var draw = Normals(seed: 5)
    for series in fleet.series where series.labels.metricName == "requests_total" {
      let slow = series.labels["version"] == "canary" ? speed : 1
      let (mean, level) = (0.06 * slow * (1 + 0.01 * draw.next()), 0.4 * slow + 0.01 * draw.next())
      for (name, values) in [
        ("seconds_total", series.samples.values.map { $0 * mean }),
        ("queue", series.samples.values.map { _ in level + 0.02 * draw.next() }),
      ] {
        var builder = LabelsBuilder(series.labels)
        builder.set("__name__", name)
        let columns = SampleColumns(timestamps: series.samples.timestamps, values: values)
        fleet.series.append(Series(labels: builder.labels, samples: columns))
      }
    }
    func outcome(_ factor: Double) throws -> (AnalysisPhase, String?) {
      let margin = NumberText.plain(0.1 * factor)
      let run = Self.scaled(fleet, by: factor).run(
        try ComparisonTests.spec(fields.replacing("MARGIN", with: margin)))
      let report = run.result(of: "m")?.measurements.last?.comparison
      return (run.phase, report?.evidence.map { PlainNumber4.text($0) })
    }
    let seconds = try outcome(1)
    let milliseconds = try outcome(1000)
    #expect(seconds.0 == milliseconds.0)
    #expect(seconds.0 == (speed > 1 ? .failed : .successful), "\(seconds)")
    if !fields.contains("mean") { #expect(seconds.1 == milliseconds.1) }
  }

  /// Evidence to four digits.
  private enum PlainNumber4 {
    static func text(_ evidence: Evidence) -> String {
      [evidence.estimate, evidence.interval.lower, evidence.interval.upper]
        .map { NumberText.plain(($0 * 1e4).rounded() / 1e4) }.joined(separator: " ")
    }
  }

  @Test func `a run spends its share of the rollout's budget`() throws {
    var spec = try ComparisonTests.spec("\(Self.rate), errorBudget: 0.04")
    spec.budgetShare = 0.25
    let fleet = ScrapedFleet(
      [Self.stable, Version(name: "canary", pods: 3, born: -300)], until: 400, seed: 11)
    let report = fleet.run(spec).result(of: "m")?.measurements.last?.comparison
    #expect(report?.errorBudget == 0.01)
    let run = AnalysisRun(name: "r", spec: spec)
    let restored = try AnalysisRun(restoring: run.json.manifestNode)
    #expect(restored.spec.budgetShare == 0.25)
  }

  @Test func `modes are judged on the same data, and fast needs a plan`() throws {
    for mode in ["guard", "fast", "fast, steps: [{weight: 10, duration: 5m}]"] {
      let same = try Self.outcome("\(Self.rate), mode: \(mode), margin: 1")
      #expect(same.phase == .successful, "\(mode)")
      let worse = try Self.outcome("\(Self.rate), mode: \(mode)") { $0.badShare = 0.15 }
      #expect(worse.phase == .failed)
      #expect(worse.report?.crossedAt != nil)
      #expect(worse.report?.isPlanned == mode.hasPrefix("fast"))
    }
    let template = try TestTemplates.template(
      metrics: [
        "{name: m, interval: 1m, provider: {plugin: {assay/compare: {\(Self.rate), mode: fast, "
          + "canary: 'version=\"canary\"', stable: 'version=\"stable\"'}}}}"
      ])
    #expect(TemplateValidation.findings(in: template).map(\.rule) == ["fast-without-plan"])
    #expect(throws: ManifestError.self) {
      try ComparisonTests.spec("\(Self.rate), steps: [{weight: 10, duration: 5m}]")
    }
  }

  @Test func `a critical metric fails where it can't tell at the last look`() throws {
    let idle = ScrapedFleet(
      [Self.stable, Version(name: "canary", pods: 1)], until: 600, seed: 6
    ) { _ in true }
    for (fields, phase) in [
      (Self.rate, AnalysisPhase.inconclusive), ("\(Self.rate), critical: true", .failed),
      ("\(ComparisonTests.errors), margin: 0.01, critical: true", .failed),
    ] {
      let run = idle.run(try ComparisonTests.spec(fields))
      #expect(run.phase == phase)
      let measurements = run.result(of: "m")?.measurements ?? []
      #expect(measurements.dropLast().allSatisfy { $0.phase == .inconclusive })
      #expect(measurements.count == 4)
    }
  }

  @Test(arguments: ["distribution", "quantile, quantile: 0.9"])
  func `native histograms are judged as classic ones are`(kind: String) throws {
    for speed in [1.0, 1.5] {
      let fleet = NativeFleet(canarySpeed: speed).fleet
      let run = fleet.run(
        try ComparisonTests.spec("kind: \(kind), histogram: latency, since: 5m, margin: 0.25"))
      let report = run.result(of: "m")?.measurements.last?.comparison
      #expect(run.phase == (speed > 1 ? .failed : .successful), "\(run.message)")
      let estimate = try #require(report?.evidence?.estimate)
      #expect(abs(estimate / speed - 1) < 0.12)
      #expect(report?.stable.pods.count == 4)
    }
  }
}
