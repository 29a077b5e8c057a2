import Foundation
import Statistics
import Testing

/// Sequential judges: what they promise, in small studies with binomial bounds.
@Suite struct JudgeTests {
  /// A rollout of four stages, 10 to 75 %, a third as long as the tutorial's.
  static let stages = [(7, 0.10, 1), (13, 0.25, 3), (20, 0.50, 5), (13, 0.75, 8)]

  static func plan() throws -> LookPlan {
    try LookPlan(stages: stages.map { .init(looks: $0.0, canaryShare: $0.1) })
  }

  /// What happens in a simulated rollout.
  struct World {
    var stableRate = 0.02
    var canaryRate = 0.02
    /// The standard deviation of pods' log rates.
    var podDeviation = 0.0
    /// What the rates grow to by the end, as a factor.
    var drift = 1.0
    var requestsPerScrape = 600.0
  }

  /// Runs a rollout; how many canary requests it took to stop it, nil where it went through.
  static func stopped(_ world: World, _ settings: JudgeSettings, seed: UInt64) throws -> Double? {
    var generator = SeededGenerator(seed: seed)
    var judge = CountJudge(settings)
    let natures = (0..<20).map { _ in exp(world.podDeviation * generator.nextNormal()) }
    var (served, look) = (0.0, 0)
    for (looks, weight, canaryPods) in stages {
      for _ in 0..<looks {
        let grown = 1.0 + (world.drift - 1) * Double(look) / 53
        func pods(
          _ ids: Range<Int>, _ share: Double, _ rate: Double
        ) throws -> [Scrape<Proportion>.Pod] {
          let trials = (world.requestsPerScrape * share / Double(ids.count)).rounded()
          return try ids.map { id in
            let chance = min(0.9, rate * grown * natures[id])
            let events = generator.binomial(Int(trials), chance)
            return .init(id: id, reading: try Proportion(events: events, trials: trials))
          }
        }
        let scrape = Scrape(
          canary: try pods(0..<canaryPods, weight, world.canaryRate),
          stable: try pods(10..<20 - canaryPods, 1 - weight, world.stableRate))
        served += world.requestsPerScrape * weight
        look += 1
        if try judge.observe(scrape) == .worse { return served }
      }
    }
    return nil
  }

  /// The share of a few hundred rollouts that were stopped.
  static func stops(_ world: World, _ settings: JudgeSettings, of runs: Int) throws -> Int {
    try (0..<runs).count { try stopped(world, settings, seed: UInt64(7_919 * $0 + 3)) != nil }
  }

  @Test(arguments: [
    World(), World(stableRate: 0.1, canaryRate: 0.1),
    World(stableRate: 0.01, canaryRate: 0.01, drift: 3),
  ])
  func aCanaryThatIsNotWorseIsSeldomStopped(world: World) throws {
    let bound = plausibleCounts(0.05, of: 150).upperBound
    let modes = [VerdictMode.guard, .fast(try Self.plan())]
    for mode in modes {
      let settings = try JudgeSettings(mode: mode, noise: .none)
      #expect(try Self.stops(world, settings, of: 150) <= bound, "\(mode)")
    }
  }

  @Test func podsThatDifferAreNotAVersion() throws {
    let world = World(podDeviation: 0.4)
    let known = NoiseSource.history(try NoiseFloor(podDeviation: 0.4))
    let bound = plausibleCounts(0.05, of: 120).upperBound
    for mode in [VerdictMode.guard, .fast(try Self.plan())] {
      let careful = try JudgeSettings(mode: mode, noise: known)
      #expect(try Self.stops(world, careful, of: 120) <= bound, "\(mode)")
    }
    // Without the floor a third of rollouts and more would be stopped.
    let naive = try JudgeSettings(mode: .fast(try Self.plan()), noise: .none)
    #expect(try Self.stops(world, naive, of: 120) > bound)
  }

  @Test func aWorseCanaryIsFoundAndSoonerInTheFastMode() throws {
    let world = World(canaryRate: 0.04)
    var means: [Double] = []
    for mode in [VerdictMode.guard, .fast(try Self.plan())] {
      let settings = try JudgeSettings(mode: mode, noise: .none)
      let requests = try (0..<60).compactMap {
        try Self.stopped(world, settings, seed: UInt64($0 + 1))
      }
      #expect(requests.count >= 58, "\(mode)")
      means.append(requests.reduce(0, +) / Double(max(1, requests.count)))
    }
    #expect(means[1] < means[0])
  }

  @Test func theConfidenceSequenceCoversTheRatio() throws {
    var covered = 0
    for seed in 0..<120 {
      var generator = SeededGenerator(seed: UInt64(seed + 1))
      var judge = try CountJudge(JudgeSettings(noise: .none))
      var isInside = true
      for look in 0..<40 {
        try judge.observe(
          Scrape(
            canary: [
              .init(
                id: 0, reading: try Proportion(events: generator.binomial(100, 0.03), trials: 100))
            ],
            stable: [
              .init(
                id: 1, reading: try Proportion(events: generator.binomial(300, 0.02), trials: 300))
            ]))
        // The ratio of odds, a little above that of the rates.
        if look % 8 == 7, !judge.evidence().interval.contains(1.5155) { isInside = false }
      }
      if isInside { covered += 1 }
    }
    #expect(covered >= plausibleCounts(0.95, of: 120).lowerBound)
  }

  @Test func rootsOfBothDirectionsMirrorEachOther() throws {
    func verdict(_ alternative: Alternative, _ canary: Double, _ stable: Double) throws -> Double {
      var judge = try CountJudge(
        JudgeSettings(mode: .fast(try Self.plan()), alternative: alternative, noise: .none))
      for look in 1...12 {
        try judge.observe(
          Scrape(
            canary: [.init(id: 0, reading: try Proportion(events: canary, trials: 200))],
            stable: [.init(id: 1, reading: try Proportion(events: stable, trials: 200))]))
        if judge.verdict == .worse { return Double(look) }
      }
      return .infinity
    }
    #expect(try verdict(.greater, 12, 4) == verdict(.less, 4, 12))
    #expect(try verdict(.greater, 12, 4) < 12)
    #expect(try verdict(.greater, 4, 12) == .infinity)
  }

  @Test func largeCountsAreJudgedInCells() throws {
    var judge = try CountJudge(JudgeSettings(mode: .fast(try Self.plan()), noise: .none))
    for look in 0..<20 {
      let events = 5e7 + Double(look)
      let verdict = try judge.observe(
        Scrape(
          canary: [.init(id: 0, reading: try Proportion(events: events, trials: 1e9))],
          stable: [.init(id: 1, reading: try Proportion(events: 4.5e8, trials: 9e9))]))
      #expect(verdict == .undecided)
    }
    let verdict = try judge.observe(
      Scrape(
        canary: [.init(id: 0, reading: try Proportion(events: 5.02e7, trials: 1e9))],
        stable: [.init(id: 1, reading: try Proportion(events: 4.5e8, trials: 9e9))]))
    #expect(verdict == .worse)
  }

  @Test func youngPodsAreLeftOut() throws {
    var judge = try CountJudge(JudgeSettings(warmUpSeconds: 180))
    for look in 0..<40 {
      let age = Double(15 * look)
      let events = age < 180 ? 60.0 : 2
      try judge.observe(
        Scrape(
          canary: [
            .init(id: 0, ageSeconds: age, reading: try Proportion(events: events, trials: 100))
          ],
          stable: [.init(id: 1, reading: try Proportion(events: 18, trials: 900))]))
    }
    #expect(judge.verdict == .undecided)
    #expect(judge.looks == 28)
  }

  @Test func emptyAndOddScrapesSayNothing() throws {
    var judge = try CountJudge(JudgeSettings(mode: .fast(try Self.plan())))
    let none = Scrape<Proportion>(canary: [], stable: [])
    #expect(try judge.observe(none) == .undecided)
    let empty = try Proportion(events: 0, trials: 0)
    let idle = Scrape(
      canary: [.init(id: 1, reading: empty)], stable: [.init(id: 1, reading: empty)])
    #expect(try judge.observe(idle) == .undecided)
    let all = try Proportion(events: 50, trials: 50)
    let saturated = Scrape(
      canary: [.init(id: 1, reading: all)], stable: [.init(id: 2, reading: all)])
    #expect(try judge.observe(saturated) == .undecided)
    #expect(judge.evidence().interval.upper == .infinity)
    #expect(judge.detectableRatio == .infinity)
  }

  @Test func ratesOverExposuresAreJudged() throws {
    for mode in [VerdictMode.guard, .fast(try Self.plan())] {
      var judge = try CountJudge(JudgeSettings(mode: mode))
      for _ in 0..<30 {
        try judge.observe(
          Scrape(
            canary: [.init(id: 0, reading: try EventRate(events: 2, exposure: 10))],
            stable: [.init(id: 1, reading: try EventRate(events: 4, exposure: 90))]))
      }
      #expect(judge.verdict == .worse)
      #expect(judge.evidence().interval.contains(4.5))
    }
  }
}
