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
    #expect(one.phase == .inconclusive && one.report?.outcome == .notEnoughSamples)
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

  @Test func `units don't change a verdict`() throws {
    // The same counters scaled by a thousand on both sides of a ratio.
    for fields in [Self.ratio, Self.quantile] {
      let plain = try Self.outcome("\(fields), margin: 0.5", pods: 4)
      #expect(plain.phase != .error)
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
}
