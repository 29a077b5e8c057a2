import Foundation
import Statistics
import Testing

/// Judges of histograms and gauges.
@Suite struct BucketAndMeanJudgeTests {
  static let bounds = (0..<24).map { 0.01 * pow(2, Double($0) / 3) } + [.infinity]

  /// One pod's latencies, log-normal, as bucket counts.
  static func draw(
    _ count: Int, factor: Double, tail: Double = 1, _ generator: inout SeededGenerator
  ) -> [Double] {
    var counts = [Double](repeating: 0, count: bounds.count)
    for _ in 0..<count {
      let normal = generator.nextNormal()
      let value = 0.05 * exp(0.6 * normal) * factor * (normal > 1.645 ? tail : 1)
      counts[bounds.firstIndex { value <= $0 } ?? bounds.count - 1] += 1
    }
    return counts
  }

  static func isStopped(
    _ mode: VerdictMode, factor: Double, tail: Double = 1, looks: Int, seed: UInt64
  ) throws -> Bool {
    var generator = SeededGenerator(seed: seed)
    var judge = try BucketJudge(JudgeSettings(mode: mode, noise: .none), upperBounds: bounds)
    for _ in 0..<looks {
      let canary = draw(100, factor: factor, tail: tail, &generator)
      let stable = draw(300, factor: 1, &generator)
      let verdict = try judge.observe(
        Scrape(canary: [.init(id: 0, reading: canary)], stable: [.init(id: 1, reading: stable)]))
      if verdict == .worse { return true }
    }
    return false
  }

  static func modes(looks: Int) throws -> [VerdictMode] {
    [.guard, .fast(try LookPlan(stages: [.init(looks: looks, canaryShare: 0.25)]))]
  }

  @Test func equalHistogramsAreSeldomStopped() throws {
    for mode in try Self.modes(looks: 12) {
      let stopped = try (0..<100).count {
        try Self.isStopped(mode, factor: 1, looks: 12, seed: UInt64($0 + 1))
      }
      #expect(stopped <= plausibleCounts(0.05, of: 100).upperBound, "\(mode)")
    }
  }

  @Test(arguments: [(1.25, 1.0), (1.0, 1.8)])
  func slowerCanariesAreFound(change: (factor: Double, tail: Double)) throws {
    for mode in try Self.modes(looks: 30) {
      let stopped = try (0..<20).count {
        try Self.isStopped(
          mode, factor: change.factor, tail: change.tail, looks: 30, seed: UInt64($0 + 1))
      }
      #expect(stopped >= 19, "\(mode)")
    }
  }

  @Test func theFactorIsEstimated() throws {
    var generator = SeededGenerator(seed: 5)
    var judge = try BucketJudge(JudgeSettings(noise: .none), upperBounds: Self.bounds)
    for _ in 0..<40 {
      try judge.observe(
        Scrape(
          canary: [.init(id: 0, reading: Self.draw(200, factor: 1.1, &generator))],
          stable: [.init(id: 1, reading: Self.draw(400, factor: 1, &generator))]))
    }
    let evidence = judge.evidence()
    #expect(evidence.interval.contains(1.1))
    #expect(evidence.interval.upper < 1.2)
    #expect(judge.detectableFactor < 1.1)
  }

  @Test func foreignBucketsAreRefused() throws {
    var judge = try BucketJudge(JudgeSettings(), upperBounds: [1, 2, .infinity])
    let short = Scrape<[Double]>(canary: [.init(id: 0, reading: [1, 2])], stable: [])
    #expect(throws: NotComputable.lengthMismatch) { try judge.observe(short) }
    let negative = Scrape<[Double]>(canary: [.init(id: 0, reading: [1, -2, 0])], stable: [])
    #expect(throws: NotComputable.negativeCount) { try judge.observe(negative) }
    #expect(throws: NotComputable.nonMonotoneBuckets) {
      try BucketJudge(JudgeSettings(), upperBounds: [2, 1])
    }
  }

  @Test func gaugesAreJudgedPodByPod() throws {
    func stops(_ shift: Double, of runs: Int) throws -> Int {
      try (0..<runs).count { seed in
        var generator = SeededGenerator(seed: UInt64(seed + 1))
        var judge = try MeanJudge(JudgeSettings(mode: .guard))
        let natures = (0..<12).map { _ in generator.nextNormal() }
        for _ in 0..<20 {
          func pod(_ id: Int, _ mean: Double) -> Scrape<Double>.Pod {
            .init(id: id, reading: mean + natures[id] + generator.nextNormal())
          }
          let verdict = try judge.observe(
            Scrape(
              canary: (0..<4).map { pod($0, 100 + shift) }, stable: (4..<12).map { pod($0, 100) }))
          if verdict == .worse { return true }
        }
        return false
      }
    }
    #expect(try stops(0, of: 150) <= plausibleCounts(0.05, of: 150).upperBound)
    #expect(try stops(6, of: 20) >= 19)
  }

  @Test func aSinglePodOfAGaugeIsNotEnoughWithoutHistory() throws {
    let scrape = Scrape<Double>(
      canary: [.init(id: 0, reading: 500)], stable: (1..<9).map { .init(id: $0, reading: 100) })
    var judge = try MeanJudge(JudgeSettings())
    for _ in 0..<20 { #expect(try judge.observe(scrape) == .undecided) }
    #expect(throws: NotComputable.tooFewObservations) { try judge.evidence() }
    var informed = try MeanJudge(
      JudgeSettings(noise: .history(try NoiseFloor(podDeviation: 10, timeDeviation: 5))))
    for _ in 0..<5 { try informed.observe(scrape) }
    #expect(informed.verdict == .worse)
  }
}
