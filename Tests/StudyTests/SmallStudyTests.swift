import Statistics
import Study
import Testing

/// The study in small, with bounds of a binomial count that a sound rule breaks once in a million
/// runs: rules keep their error rates, and intervals their coverage.
@Suite struct SmallStudyTests {
  /// Ten minutes at four weights instead of forty.
  static let plan = TrafficPlan(
    stages: TrafficPlan.usual.stages.map {
      TrafficPlan.Stage(scrapes: 10, weight: $0.weight, canaryPods: $0.canaryPods)
    }, podCount: 10, requestsPerSecond: 100)

  static func world(_ share: Double, _ change: (inout World) -> Void = { _ in }) -> World {
    var world = World("small", .badShare(share))
    world.plan = plan
    change(&world)
    return world
  }

  /// Families without a change, and in which seconds of a pod's life nobody looks.
  static let families: [(name: String, world: World, warmUp: Double)] = [
    ("clean", world(0.01), 0),
    ("accuracy", world(0.08), 0),
    ("one request a second", world(0.05) { $0.plan.requestsPerSecond = 1 }, 0),
    ("rate that doubles", world(0.01) { $0.ramp = (0.6, 1.4) }, 0),
    ("rate that wanders", world(0.01) { $0.commonSpread = 0.4 }, 0),
    ("resets", world(0.01) { $0.restartChance = 0.02 }, 0),
    ("pods that differ", world(0.02) { $0.podSpread = 0.3 }, 0),
    ("cold canary", world(0.01) { $0.coldStart = .canary }, 240),
  ]

  static func ours(_ world: World) throws -> [Policy] {
    try StudyPlan.policies(in: world).filter { $0.name.hasSuffix("noise from history") }
  }

  @Test func `Guard and Fast stop unchanged versions no more often than they say`() throws {
    var sums = [Tally(), Tally()]
    for (number, family) in Self.families.enumerated() {
      let policies = try Self.ours(family.world).map { $0.warmingUp(seconds: family.warmUp) }
      #expect(policies.count == 2)
      let start = UInt64(1_000 * number)
      let tallies = try Cell(family.world, policies).tallies(seeds: start..<start + 40)
      for (index, tally) in tallies.enumerated() {
        // 5 % of 40 are 2.
        #expect(tally.rollbacks <= 13, "\(policies[index].name) in \(family.name)")
        sums[index].merge(tally)
      }
    }
    // 5 % of 320 are 16.
    for tally in sums { #expect(tally.rollbacks <= 38, "\(tally.rollbacks) of 320") }
  }

  @Test func `a z test each minute stops many, and a change of three is always found`() throws {
    let world = Self.world(0.01)
    let peeking = try StudyPlan.policies(in: world).filter { $0.name == "z at 5 %, each minute" }
    let peeked = try Cell(world, peeking).tallies(seeds: 0..<300)
    #expect(peeked[0].rollbacks >= 30, "\(peeked[0].rollbacks) of 300")
    let worse = Self.world(0.01) { $0.effect = .ratio(3) }
    for tally in try Cell(worse, Self.ours(worse)).tallies(seeds: 0..<30) {
      #expect(tally.rollbacks == 30)
      #expect(tally.meanRequests < 1_500)
    }
  }

  @Test func `known noise of pods lets a doubled rate through to the verdict`() throws {
    let world = Self.world(0.02) {
      $0.podSpread = 0.1
      $0.effect = .ratio(2)
    }
    for tally in try Cell(world, Self.ours(world)).tallies(seeds: 0..<30) {
      #expect(tally.rollbacks >= 27, "\(tally.rollbacks) of 30")
    }
  }

  @Test(arguments: [1.0, 1.6])
  func `the judge's interval covers the ratio of odds at all looks`(ratio: Double) throws {
    let world = Self.world(0.05) { $0.effect = .ratio(ratio) }
    let truth = ratio * 0.05 / (1 - ratio * 0.05) / (0.05 / 0.95)
    var missed = 0
    for seed in UInt64(0)..<60 {
      var judge = CountJudge(try JudgeSettings(noise: .none))
      var traffic = Traffic(world, seed: seed)
      var covers = true
      while let scrape = traffic.next() {
        try judge.observe(scrape.forJudging { $0.proportion })
        if scrape.endsMinute { covers = covers && judge.evidence().interval.contains(truth) }
      }
      if !covers { missed += 1 }
    }
    // 5 % of 60 are 3.
    #expect(missed <= 14, "\(missed) of 60")
  }

  @Test func `parts of the seeds merge to the whole`() throws {
    let world = Self.world(0.01) { $0.effect = .ratio(2) }
    let cell = Cell(world, try Self.ours(world))
    let whole = try cell.tallies(seeds: 0..<12)
    var parts = try cell.tallies(seeds: 0..<5)
    for (index, tally) in try cell.tallies(seeds: 5..<12).enumerated() {
      parts[index].merge(tally)
    }
    for (part, tally) in zip(parts, whole) {
      #expect(part.rollbacks == tally.rollbacks)
      #expect(part.rollbacksAtScrape == tally.rollbacksAtScrape)
      #expect(abs(part.meanRequests - tally.meanRequests) < 1e-9 * tally.meanRequests)
    }
  }

  @Test func `a tuned limit is exceeded by its share of the scores`() {
    let scores = (0..<1_000).map { Double(($0 * 7_919) % 1_000) }
    let limit = Cell.limit(exceededBy: 0.05, of: scores)
    #expect(scores.filter { $0 > limit }.count == 50)
    #expect(Cell.limit(exceededBy: 0.05, of: []) == -.infinity)
  }
}
