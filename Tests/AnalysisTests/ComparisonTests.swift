import Analysis
import Manifest
import MetricModel
import Statistics
import Testing

@Suite struct ComparisonTests {
  typealias Version = ScrapedFleet.Version

  static func spec(
    _ fields: String, count: Int? = 4, rest: String = ""
  ) throws -> AnalysisSpec {
    let limits = count.map { "count: \($0), " } ?? ""
    return try TestTemplates.template(
      metrics: [
        "{name: m, \(limits)interval: 1m, \(rest)provider: {plugin: {assay/compare: "
          + "{\(fields), canary: 'version=\"canary\"', stable: 'version=\"stable\"'}}}}"
      ]
    ).spec
  }

  static let errors = "kind: proportion, bad: bad_total, total: requests_total, since: 5m"
  static let latency = "kind: distribution, buckets: latency_bucket, since: 5m"
  static let stable = Version(name: "stable", pods: 9)
  static let canary = Version(name: "canary", pods: 1, born: -300)

  static func changed(_ change: (inout Version) -> Void) -> Version {
    var version = canary
    change(&version)
    return version
  }

  @Test func `raw samples of both arms are asked for, never rates`() throws {
    let spec = try Self.spec(
      "kind: proportion, bad: 'bad_total{app=\"a\"}', total: requests_total, since: 5m, warmup: 30s"
    )
    var run = AnalysisRun(name: "q", spec: spec)
    let effects = run.apply(.started, at: Timestamp(milliseconds: 0))
    guard case .measure(let request)? = effects.first else {
      Issue.record("nothing was asked")
      return
    }
    #expect(
      request.queries.map(\.text) == [
        "bad_total{app=\"a\",version=\"canary\"}[5m30s1ms]",
        "requests_total{version=\"canary\"}[5m30s1ms]",
        "bad_total{app=\"a\",version=\"stable\"}[5m30s1ms]",
        "requests_total{version=\"stable\"}[5m30s1ms]",
      ])
  }

  @Test func `a comparison from the start of the run waits for an interval of data`() throws {
    let spec = try Self.spec("kind: proportion, bad: bad_total, total: requests_total")
    var run = AnalysisRun(name: "q", spec: spec)
    let effects = run.apply(.started, at: Timestamp(milliseconds: 0))
    #expect(effects == [.wake(at: Timestamp(milliseconds: 60_000))])
  }

  @Test func `a canary that is worse is stopped at the first look`() throws {
    let fleet = ScrapedFleet(
      [Self.stable, Self.changed { $0.badShare = 0.09 }], until: 600, seed: 1)
    let run = fleet.run(try Self.spec("\(Self.errors), margin: 0.02"))
    #expect(run.phase == .failed)
    #expect(run.results[0].count == 1)
    #expect(run.verdict.outcome == .fail)
    let report = try #require(run.results[0].measurements.last?.comparison)
    #expect(report.outcome == .worse)
    #expect(abs((report.evidence?.estimate ?? 0) - 0.04) < 0.015)
    #expect((report.evidence?.strength.logE ?? 0) >= (report.requiredLogE ?? .infinity))
    #expect(report.canary.pods.count == 1 && report.stable.pods.count == 9)
    #expect(
      run.message.hasPrefix("Metric \"m\" assessed Failed due to failed (1) > failureLimit (0)"))
    #expect(run.message.contains("worse: evidence e = "))
  }

  @Test func `a canary that is alike passes when the last look shows it`() throws {
    let fleet = ScrapedFleet([Self.stable, Self.canary], until: 600, seed: 2)
    let run = fleet.run(try Self.spec("\(Self.errors), margin: 0.02"))
    #expect(run.phase == .successful)
    #expect(run.results[0].count == 4)
    #expect(run.verdict.outcome == .pass)
    let report = try #require(run.verdict.metrics[0].comparison)
    #expect(report.outcome == .notWorse)
    #expect((report.evidence?.interval.upper ?? 1) < 0.02)
  }

  @Test func `good events are turned into bad ones`() throws {
    let worse = ScrapedFleet(
      [Self.stable, Self.changed { $0.badShare = 0.02 }], until: 600, seed: 3)
    // The counter holds bad events; called good, a canary with fewer of them is the worse one.
    let run = worse.run(
      try Self.spec("kind: proportion, good: bad_total, total: requests_total, since: 5m"))
    #expect(run.phase == .failed)
    let report = try #require(run.verdict.metrics[0].comparison)
    #expect(report.canary.level > 0.97)
  }

  @Test func `too little to tell goes on, and ends Inconclusive`() throws {
    let fleet = ScrapedFleet(
      [Version(name: "stable", pods: 2, rate: 0.3), Version(name: "canary", pods: 1, rate: 0.3)],
      until: 600, seed: 15)
    let run = fleet.run(try Self.spec("\(Self.errors), margin: 0.005"))
    #expect(run.phase == .inconclusive, "\(run.results[0].measurements.map(\.message))")
    #expect(run.results[0].count == 4 && run.results[0].inconclusive == 4)
    #expect(run.verdict.outcome == .notEnoughEvidence)
    #expect(run.message.contains("not enough evidence yet"))
  }

  @Test func `an arm below the minimum of samples decides nothing`() throws {
    let fleet = ScrapedFleet(
      [Self.stable, Self.changed { ($0.badShare, $0.rate) = (1, 0.02) }], until: 600, seed: 5)
    let run = fleet.run(try Self.spec("\(Self.errors), minimumSamples: 100"))
    #expect(run.phase == .inconclusive)
    #expect(run.verdict.metrics[0].comparison?.outcome == .notEnoughData)
    #expect(run.message.contains("100 are needed before anything is decided"))
  }

  @Test func `an idle window is no evidence, never a failure`() throws {
    let fleet = ScrapedFleet([Self.stable, Self.canary], until: 600, seed: 6) { _ in true }
    let run = fleet.run(try Self.spec("\(Self.errors), margin: 0.02"))
    #expect(run.phase == .inconclusive)
    #expect(run.verdict.outcome == .noData)
    #expect(run.message.contains("the canary had no events since the window began"))
  }

  @Test func `an arm without series says which matchers found nothing`() throws {
    let fleet = ScrapedFleet([Self.stable], until: 600, seed: 7)
    let run = fleet.run(try Self.spec(Self.errors))
    #expect(run.verdict.outcome == .noData)
    #expect(run.message.contains("no series of the canary match {version=\"canary\"}"))
  }

  @Test func `evidence from before an idle gap still counts`() throws {
    let fleet = ScrapedFleet(
      [Self.stable, Self.changed { $0.badShare = 0.12 }], until: 600, seed: 8
    ) { $0 > -100 }
    let run = fleet.run(try Self.spec("\(Self.errors), margin: 0.02"))
    #expect(run.phase == .failed)
  }

  @Test func `a difference that is proven and within the margin passes`() throws {
    let fleet = ScrapedFleet(
      [
        Version(name: "stable", pods: 9, rate: 400, badShare: 0.05),
        Version(name: "canary", pods: 9, rate: 400, badShare: 0.06),
      ], until: 600, seed: 9)
    let within = fleet.run(try Self.spec("\(Self.errors), margin: 0.03"))
    #expect(within.phase == .successful)
    let beyond = fleet.run(try Self.spec("\(Self.errors), margin: 0.005"))
    #expect(beyond.phase == .failed)
  }

  @Test func `limits of the template apply to comparisons too`() throws {
    let fleet = ScrapedFleet(
      [Self.stable, Self.changed { $0.badShare = 0.09 }], until: 600, seed: 10)
    let tolerant = fleet.run(try Self.spec(Self.errors, rest: "failureLimit: 1, "))
    #expect(tolerant.phase == .failed && tolerant.results[0].count == 2)
    let idle = ScrapedFleet([Self.stable, Self.canary], until: 600, seed: 10) { _ in true }
    let strict = idle.run(try Self.spec(Self.errors, rest: "inconclusiveLimit: 1, "))
    #expect(strict.phase == .inconclusive && strict.results[0].count == 2)
    let early = ScrapedFleet([Self.stable, Self.canary], until: 600, seed: 2).run(
      try Self.spec("\(Self.errors), margin: 0.04", rest: "consecutiveSuccessLimit: 2, "))
    #expect(early.phase == .successful && early.results[0].count == 2)
  }

  @Test func `a shift of all latencies and a longer tail are both seen`() throws {
    for version in [
      Self.changed { $0.median = 0.075 },
      Self.changed { ($0.tailFactor, $0.rate) = (2.5, 20) },
    ] {
      let fleet = ScrapedFleet([Self.stable, version], until: 600, seed: 11)
      let run = fleet.run(try Self.spec("\(Self.latency), margin: 0.1"))
      #expect(run.phase == .failed, "\(run.message)")
    }
  }

  @Test func `equal latencies pass, and fewer slow ones are no harm`() throws {
    for median in [0.055, 0.045] {
      let fleet = ScrapedFleet(
        [Self.stable, Self.changed { $0.median = median }], until: 600, seed: 12)
      let run = fleet.run(try Self.spec("\(Self.latency), margin: 0.1"))
      #expect(run.phase == .successful, "\(run.message)")
    }
    let faster = ScrapedFleet(
      [Self.stable, Self.changed { $0.median = 0.035 }], until: 600, seed: 12)
    let watched = faster.run(try Self.spec("\(Self.latency), direction: decrease"))
    #expect(watched.phase == .failed)
  }

  @Test func `different buckets can't be compared`() throws {
    var fleet = ScrapedFleet([Self.stable, Self.canary], until: 600, seed: 13)
    fleet.series.removeAll { $0.labels["version"] == "canary" && $0.labels["le"] == "0.1" }
    let run = fleet.run(try Self.spec(Self.latency))
    #expect(run.phase == .error)
    #expect(run.message.contains("canary and stable have different bucket bounds"))
    fleet.series.removeAll { $0.labels["le"] == "+Inf" }
    let total = fleet.run(try Self.spec(Self.latency))
    #expect(total.message.contains("the histogram has no bucket le=\"+Inf\""))
  }

  @Test func `gauges are compared pod by pod`() throws {
    func fleet(_ canaryLevel: Double) -> ScrapedFleet {
      var fleet = ScrapedFleet([], until: 0, seed: 14)
      var draw = Normals(seed: 14)
      for (version, pods, level) in [("stable", 8, 5.0), ("canary", 4, canaryLevel)] {
        for pod in 0..<pods {
          var samples = SampleColumns()
          let own = level + 0.1 * draw.next()
          for second in stride(from: -600, through: 600, by: 15) {
            samples.append(Timestamp(milliseconds: Int64(second) * 1000), own + draw.next())
          }
          let labels = [("__name__", "queue"), ("version", version), ("pod", "\(version)-\(pod)")]
          fleet.series.append(Series(labels: Labels(labels), samples: samples))
        }
      }
      return fleet
    }
    let spec = try Self.spec("kind: mean, value: queue, since: 5m, margin: 1")
    #expect(fleet(5).run(spec).phase == .successful)
    #expect(fleet(8).run(spec).phase == .failed)
    let one = ScrapedFleet([], until: 0, seed: 1).run(spec)
    #expect(one.verdict.outcome == .noData)
  }
}
