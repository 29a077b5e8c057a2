import Glibc
import Statistics

/// Times the statistics. Prints one line per job: its name, and the median processor time in
/// milliseconds. `Reference/compare.py` runs it, times scipy, numpy and statsmodels on the same
/// jobs, and prints the ratios.
@main
enum StatisticsBenchmarks {
  static func main() throws {
    pinLinearAlgebraToOneThread()
    try ranks()
    try proportions()
    try resampling()
    try regression()
    try judging()
    try spending()
  }

  /// Keeps results that nobody reads from being optimised away.
  nonisolated(unsafe) private static var sink = 0.0

  private static func report(_ name: String, rounds: Int = 7, _ body: () throws -> Double) rethrows
  {
    let seconds = try ProcessorClock.median(rounds: rounds) { unsafe sink += try body() }
    print("\(name)\t\(seconds * 1e3)")
  }

  private static func normals(_ count: Int, seed: UInt64, mean: Double = 0) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in mean + generator.nextNormal() }
  }

  private static func ranks() throws {
    let (a, b) = (normals(1_000_000, seed: 1, mean: 0.01), normals(1_000_000, seed: 2))
    try report("mann_whitney_1e6") {
      try MannWhitneyTest(canary: a, baseline: b).logP(.twoSided)
    }
    let counts = (0..<50).map { Double(1_000 + 17 * $0) }
    let others = (0..<50).map { Double(9_000 + 150 * $0) }
    // A thousand at once: the clock ticks in microseconds.
    try report("mann_whitney_50_buckets_x1000") {
      var sum = 0.0
      for _ in 0..<1_000 {
        sum += try MannWhitneyTest(canaryCounts: counts, baselineCounts: others).logP(.twoSided)
      }
      return sum
    }
    let (c, d) = (normals(2_000, seed: 3, mean: 0.1), normals(2_000, seed: 4))
    try report("hodges_lehmann_2000") {
      let shift = try HodgesLehmannEstimate(canary: c, baseline: d)
      return shift.estimate + shift.interval(rank: shift.asymptoticRank(), level: 0.95).lower
    }
  }

  private static func proportions() throws {
    var generator = SeededGenerator(seed: 5)
    let pairs = try (0..<10_000).map { _ in
      try TwoProportionTest(
        canary: Proportion(events: (400 * generator.nextUnit()).rounded(), trials: 10_000),
        baseline: Proportion(events: 2_000 + (500 * generator.nextUnit()).rounded(), trials: 90_000)
      )
    }
    try report("two_proportions_10000") {
      var sum = 0.0
      for pair in pairs {
        sum += try pair.logP(.twoSided, method: .pooled)
        sum += try pair.newcombeInterval().upper
      }
      return sum
    }
  }

  private static func resampling() throws {
    let values = normals(100_000, seed: 6).map { exp($0) }
    try report("bootstrap_p99_1e5") {
      var generator = SeededGenerator(seed: 7)
      return try Bootstrap.quantile(of: values, at: 0.99, replicates: 10_000, using: &generator)
        .biasCorrected.upper
    }
  }

  private static func regression() throws {
    let n = 100_000
    var columns = [[Double](repeating: 1, count: n)]
    for seed in 0..<9 { columns.append(normals(n, seed: UInt64(10 + seed))) }
    let noise = normals(n, seed: 20)
    let responses = (0..<n).map { 1 + 0.5 * columns[1][$0] + noise[$0] }
    let clusters = (0..<n).map { $0 % 200 }
    try report("ols_cluster_1e5x10") {
      let fit = try LeastSquares(columns: columns, responses: responses)
      return try fit.standardErrors(.clustered(clusters, corrected: true))[1]
    }
    try report("ols_hc3_1e5x10") {
      let fit = try LeastSquares(columns: columns, responses: responses)
      return try fit.standardErrors(.hc3)[1]
    }
  }

  /// One scrape of a thousand metrics with 20 pods each.
  private static func judging() throws {
    let settings = try JudgeSettings(mode: .guard, alpha: 0.05 / 1_000)
    var judges = (0..<1_000).map { _ in CountJudge(settings) }
    var generator = SeededGenerator(seed: 8)
    func scrape() throws -> Scrape<Proportion> {
      func pod(_ id: Int) throws -> Scrape<Proportion>.Pod {
        let events = (3 * generator.nextUnit()).rounded()
        return .init(id: id, reading: try Proportion(events: events, trials: 75))
      }
      return Scrape(
        canary: try (0..<5).map { try pod($0) }, stable: try (5..<20).map { try pod($0) })
    }
    let scrapes = try (0..<1_000).map { _ in try scrape() }
    try report("judge_1000_metrics_20_pods", rounds: 31) {
      var sum = 0.0
      for index in judges.indices {
        try judges[index].observe(scrapes[index])
        sum += judges[index].logE
      }
      return sum
    }
    let plan = try LookPlan(stages: [
      .init(looks: 20, canaryShare: 0.1), .init(looks: 40, canaryShare: 0.25),
      .init(looks: 60, canaryShare: 0.5), .init(looks: 40, canaryShare: 0.75),
    ])
    let fast = try JudgeSettings(mode: .fast(plan), noise: .none)
    let counts = (0..<160).map { _ in
      (
        canary: (12 * generator.nextUnit()).rounded(), stable: (12 * generator.nextUnit()).rounded()
      )
    }
    try report("fast_rollout_160_looks") {
      var judge = CountJudge(fast)
      for count in counts {
        let canary = try Proportion(events: count.canary, trials: 750)
        let stable = try Proportion(events: count.stable, trials: 750)
        try judge.observe(
          Scrape(
            canary: [.init(id: 0, reading: canary)], stable: [.init(id: 1, reading: stable)]))
      }
      return judge.logE
    }
  }

  private static func spending() throws {
    let fractions = (1...40).map { Double($0) / 40 }
    try report("spending_bounds_40_looks") {
      try AlphaSpending.obrienFleming.bounds(alpha: 0.025, fractions: fractions).z[39]
    }
  }
}
