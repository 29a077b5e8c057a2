import Analysis
import MetricModel
import Testing

/// What counts of a counter: seen through the totals of a comparison's arms.
@Suite struct CounterRulesTests {
  /// A series of a pod from pairs of seconds and values.
  private static func series(
    _ name: String, _ version: String, pod: String = "p", _ points: [(Int64, Double)]
  ) -> Series {
    Series(
      labels: Labels([("__name__", name), ("version", version), ("pod", pod)]),
      samples: SampleColumns(timestamps: points.map { $0.0 * 1000 }, values: points.map(\.1)))
  }

  private static let steady: [Series] = [
    series("requests_total", "stable", [(0, 0), (15, 100), (30, 200), (45, 300)]),
    series("bad_total", "stable", [(0, 0), (15, 5), (30, 10), (45, 15)]),
  ]

  /// The canary's bad events and requests after one look at second 60.
  private static func counted(
    _ canary: [Series], warmup: String = "0s", at seconds: Int = 60
  ) throws -> (bad: Double, total: Double, report: ComparisonReport) {
    var fleet = ScrapedFleet([], until: 0, seed: 1)
    fleet.series = steady + canary
    let spec = try ComparisonTests.spec(
      "kind: proportion, bad: bad_total, total: requests_total, minimumSamples: 1, "
        + "warmup: \(warmup)", count: 1, rest: "initialDelay: \(seconds)s, ")
    let run = fleet.run(spec)
    let report = try #require(run.verdict.metrics[0].comparison, "\(run.message)")
    let pods = report.canary.pods
    return (pods.reduce(0) { $0 + $1.events }, pods.reduce(0) { $0 + $1.trials }, report)
  }

  @Test func `increases are counted between samples, nothing before the first`() throws {
    let found = try Self.counted([
      Self.series("requests_total", "canary", [(5, 1000), (20, 1030), (35, 1070)]),
      Self.series("bad_total", "canary", [(5, 50), (20, 52), (35, 55)]),
    ])
    #expect(found.total == 70 && found.bad == 5)
  }

  @Test func `a counter that falls was reset and has counted from zero since`() throws {
    let found = try Self.counted([
      Self.series("requests_total", "canary", [(5, 1000), (20, 1030), (35, 12), (50, 20)]),
      Self.series("bad_total", "canary", [(5, 50), (20, 52), (35, 1), (50, 1)]),
    ])
    #expect(found.total == 30 + 12 + 8 && found.bad == 2 + 1)
  }

  @Test func `pods are counted each by itself, so one leaving is no reset`() throws {
    let found = try Self.counted([
      Self.series("requests_total", "canary", pod: "a", [(5, 1000), (20, 1010)]),
      Self.series("requests_total", "canary", pod: "b", [(5, 10), (20, 20), (35, 30), (50, 40)]),
      Self.series("bad_total", "canary", pod: "b", [(5, 0), (20, 0), (35, 1), (50, 1)]),
    ])
    #expect(found.total == 10 + 30 && found.bad == 1)
    #expect(found.report.canary.pods.map(\.trials) == [10, 30])
  }

  @Test func `a scrape that only one of the two queries has seen waits for the next look`() throws {
    let requests = Self.series(
      "requests_total", "canary", [(5, 0), (20, 100), (35, 200), (50, 300)])
    // The scrape of second 50 was committed between the two answers.
    let found = try Self.counted([
      requests, Self.series("bad_total", "canary", [(5, 0), (20, 5), (35, 10)]),
    ])
    #expect(found.total == 200 && found.bad == 10)
    let other = try Self.counted([
      Self.series("requests_total", "canary", [(5, 0), (20, 100), (35, 200)]),
      Self.series("bad_total", "canary", [(5, 0), (20, 5), (35, 10), (50, 15)]),
    ])
    #expect(other.total == 200 && other.bad == 10)
    // Errors that are long behind have ended: nothing is to wait for.
    let ended = try Self.counted(
      [
        Self.series(
          "requests_total", "canary",
          [(5, 0), (20, 100), (35, 200), (50, 300), (65, 400), (80, 500), (95, 600)]),
        Self.series("bad_total", "canary", [(5, 0), (20, 5)]),
      ], at: 105)
    #expect(ended.total == 600 && ended.bad == 5)
  }

  @Test func `the first error of a living pod counts although its series is new`() throws {
    let found = try Self.counted([
      Self.series("requests_total", "canary", [(5, 0), (20, 50), (35, 90)]),
      Self.series("bad_total", "canary", [(35, 3)]),
    ])
    #expect(found.total == 90 && found.bad == 3)
  }

  @Test func `the minutes after a pod's birth can be left out`() throws {
    let canary = [
      Self.series("requests_total", "canary", [(5, 0), (20, 50), (35, 90), (50, 100)]),
      Self.series("bad_total", "canary", [(5, 0), (20, 20), (35, 21), (50, 22)]),
    ]
    let all = try Self.counted(canary)
    #expect(all.total == 100 && all.bad == 22)
    let warm = try Self.counted(canary, warmup: "15s")
    #expect(warm.total == 50 && warm.bad == 2)
  }

  @Test func `pods that are warm already count from the start of the window`() throws {
    let found = try Self.counted(
      [
        Self.series("requests_total", "canary", [(-20, 0), (-5, 10), (10, 30), (25, 60)]),
        Self.series("bad_total", "canary", [(-20, 0), (-5, 0), (10, 1), (25, 3)]),
      ], warmup: "20s")
    // The increment from -5 to 10 straddles the start and is left out.
    #expect(found.total == 30 && found.bad == 2)
  }

  @Test func `staleness markers and gaps are passed over`() throws {
    let found = try Self.counted([
      Self.series(
        "requests_total", "canary",
        [(5, 10), (20, StaleMarker.value), (35, 40), (50, .nan)]),
      Self.series("bad_total", "canary", [(5, 1), (35, 2)]),
    ])
    #expect(found.total == 30 && found.bad == 1)
  }

  @Test func `a stretch that isn't over at the look waits for the next`() throws {
    let canary = [
      Self.series("requests_total", "canary", [(5, 0), (20, 10), (35, 20), (50, 30)]),
      Self.series("bad_total", "canary", [(5, 0), (20, 1), (35, 1), (50, 1)]),
    ]
    #expect(try Self.counted(canary, at: 52).total == 20)
    #expect(try Self.counted(canary, at: 60).total == 30)
  }

  @Test func `whatever a server answers is judged or refused, never more`() throws {
    var generator = SplitMix(seed: 5)
    let values = [
      0, 1, -1, 5, 1e308, -1e308, .infinity, -.infinity, .nan, StaleMarker.value, 0.5, 1e15,
    ]
    let times: [Int64] = [.min, .max, 0, -1, 1, 15_000, 30_000, 45_000, 60_000, 1 << 53]
    let kinds = [
      "kind: proportion, bad: bad_total, total: requests_total",
      "kind: distribution, buckets: requests_total", "kind: mean, value: requests_total",
    ]
    for round in 0..<1500 {
      let spec = try ComparisonTests.spec(
        "\(kinds[round % 3]), minimumSamples: 1, margin: 0.1, warmup: 10s", count: 1,
        rest: "initialDelay: 60s, ")
      var run = AnalysisRun(name: "hostile", spec: spec)
      _ = run.apply(.started, at: Timestamp(milliseconds: 0))
      let effects = run.apply(.woken, at: Timestamp(milliseconds: 60_000))
      guard case .measure(let request)? = effects.first else {
        Issue.record("nothing was asked")
        return
      }
      let answers = request.queries.map { _ in
        QueryValue.matrix(
          (0..<(generator.next() % 4)).map { _ in
            var labels = [("pod", "p\(generator.next() % 3)")]
            if generator.next() % 4 > 0 {
              labels.append(("le", ["1", "2", "+Inf", "x"][Int(generator.next() % 4)]))
            }
            var samples = SampleColumns()
            for _ in 0..<(generator.next() % 6) {
              let time = times[Int(generator.next() % UInt64(times.count))]
              samples.append(
                Timestamp(milliseconds: time), values[Int(generator.next() % UInt64(values.count))])
            }
            return Series(labels: Labels(labels), samples: samples)
          })
      }
      _ = run.apply(.measured(request.id, .answered(answers)), at: Timestamp(milliseconds: 61_000))
      #expect(run.results.first?.taken == 1)
      #expect(!AnalysisReport(run).lines.isEmpty)
    }
  }

  @Test func `errors that run ahead of requests in a torn scrape don't exceed them`() throws {
    let found = try Self.counted([
      Self.series("requests_total", "canary", [(5, 0), (20, 10), (35, 20)]),
      Self.series("bad_total", "canary", [(5, 0), (20, 12), (35, 20)]),
    ])
    #expect(found.total == 20 && found.bad == 18)
  }
}
