import Foundation
import Statistics
import Testing

/// Judges that are stored and read back between scrapes, and scrapes of several shards.
@Suite struct JudgeStateTests {
  /// What a restart does: to text and back.
  static func restarted<Judge: Codable>(_ judge: Judge) throws -> Judge {
    try JSONDecoder().decode(Judge.self, from: JSONEncoder().encode(judge))
  }

  /// Scrapes of a rollout that goes from one canary pod to five, pods that differ, twice as bad.
  static func scrapes(_ count: Int, seed: UInt64) throws -> [Scrape<Proportion>] {
    var generator = SeededGenerator(seed: seed)
    let natures = (0..<12).map { _ in exp(0.3 * generator.nextNormal()) }
    return try (0..<count).map { look in
      let canaryPods = look < count / 2 ? 1 : 5
      func pods(_ ids: Range<Int>, _ chance: Double) throws -> [Scrape<Proportion>.Pod] {
        try ids.map { id in
          let events = generator.binomial(80, chance * natures[id])
          return .init(
            id: id, ageSeconds: Double(15 * look),
            reading: try Proportion(events: events, trials: 80))
        }
      }
      return Scrape(canary: try pods(0..<canaryPods, 0.03), stable: try pods(5..<12, 0.02))
    }
  }

  static func settings(_ isFast: Bool, _ noise: NoiseSource) throws -> JudgeSettings {
    let plan = try LookPlan(stages: [
      .init(looks: 20, canaryShare: 0.12), .init(looks: 20, canaryShare: 0.4),
    ])
    return try JudgeSettings(
      mode: isFast ? .fast(plan) : .guard, warmUpSeconds: 30, noise: noise)
  }

  static let noises: [NoiseSource] = [
    .none, .stablePods,
    .history(
      (try? NoiseFloor(podDeviation: 0.2, timeDeviation: 0.1, timeCorrelation: 0.5)) ?? .none),
  ]

  @Test(arguments: [false, true], noises)
  func `a judge of counts goes on after each restart as if there had been none`(
    isFast: Bool, noise: NoiseSource
  ) throws {
    var (steady, stored) = (
      CountJudge(try Self.settings(isFast, noise)), CountJudge(try Self.settings(isFast, noise))
    )
    for scrape in try Self.scrapes(40, seed: 4) {
      let verdict = try steady.observe(scrape)
      stored = try Self.restarted(stored)
      #expect(try stored.observe(scrape) == verdict)
      #expect(stored.logE.bitPattern == steady.logE.bitPattern)
      #expect(stored.floor == steady.floor)
      #expect(stored.evidence() == steady.evidence())
    }
    #expect(steady.looks == 38)
    #expect(steady.information == stored.information)
  }

  @Test(arguments: [false, true], noises)
  func `a judge of histograms goes on after each restart as if there had been none`(
    isFast: Bool, noise: NoiseSource
  ) throws {
    let bounds = [0.05, 0.1, 0.2, 0.4, .infinity]
    var generator = SeededGenerator(seed: 6)
    var steady = try BucketJudge(Self.settings(isFast, noise), upperBounds: bounds)
    var stored = steady
    for look in 0..<30 {
      func pods(_ ids: Range<Int>, _ slower: Double) -> [Scrape<[Double]>.Pod] {
        ids.map { id in
          var counts = [Double](repeating: 0, count: bounds.count)
          for _ in 0..<60 {
            let value = 0.06 * slower * exp(0.6 * generator.nextNormal())
            counts[bounds.firstIndex { value <= $0 } ?? 4] += 1
          }
          return .init(id: id, ageSeconds: Double(15 * look), reading: counts)
        }
      }
      let scrape = Scrape(canary: pods(0..<3, 1.1), stable: pods(3..<9, 1))
      let verdict = try steady.observe(scrape)
      stored = try Self.restarted(stored)
      #expect(try stored.observe(scrape) == verdict)
      #expect(stored.logE.bitPattern == steady.logE.bitPattern)
      #expect(stored.evidence().strength == steady.evidence().strength)
      #expect(stored.evidence().interval == steady.evidence().interval)
    }
    #expect(stored.upperBounds == bounds)
  }

  @Test(arguments: [false, true])
  func `a judge of gauges goes on after each restart as if there had been none`(
    isFast: Bool
  ) throws {
    var generator = SeededGenerator(seed: 8)
    var steady = try MeanJudge(Self.settings(isFast, .stablePods))
    var stored = steady
    for look in 0..<20 {
      func pods(_ ids: Range<Int>, _ mean: Double) -> [Scrape<Double>.Pod] {
        ids.map {
          .init(
            id: $0, ageSeconds: Double(15 * look), reading: generator.normal(mean: mean, sd: 2))
        }
      }
      let scrape = Scrape(canary: pods(0..<4, 11), stable: pods(4..<10, 10))
      let verdict = try steady.observe(scrape)
      stored = try Self.restarted(stored)
      #expect(try stored.observe(scrape) == verdict)
      #expect(stored.logE.bitPattern == steady.logE.bitPattern)
    }
  }

  @Test func `a state that no judge has written is refused`() throws {
    var judge = CountJudge(try Self.settings(true, .stablePods))
    for scrape in try Self.scrapes(20, seed: 9) { try judge.observe(scrape) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(judge), as: UTF8.self)
    for (part, other) in [
      ("\"unit\":1}", "\"unit\":0}"), ("\"alpha\":0.05", "\"alpha\":7"),
      ("\"canaryShare\":0.4", "\"canaryShare\":4"),
    ] {
      #expect(text.contains(part), "\(part)")
      let broken = Data(text.replacingOccurrences(of: part, with: other).utf8)
      #expect(throws: (any Error).self) {
        try JSONDecoder().decode(CountJudge.self, from: broken)
      }
    }
  }

  @Test func `an error budget remembers what was drawn`() throws {
    var budget = try ErrorBudget(0.05)
    _ = try budget.draw(0.3)
    #expect(try Self.restarted(budget) == budget)
  }

  @Test func `shards of a scrape merge in any grouping to the whole`() throws {
    for whole in try Self.scrapes(12, seed: 3) {
      func shard(_ number: Int) -> Scrape<Proportion> {
        Scrape(
          canary: whole.canary.filter { $0.id % 3 == number },
          stable: whole.stable.filter { $0.id % 3 == number })
      }
      var left = shard(2)
      try left.merge(shard(0))
      try left.merge(shard(1))
      var right = shard(1)
      try right.merge(shard(2))
      var other = shard(0)
      try other.merge(right)
      #expect(left == whole)
      #expect(other == whole)
    }
    var twice = try Self.scrapes(2, seed: 3)[1]
    let once = twice
    try twice.merge(once)
    #expect(twice.stable.map(\.reading.trials) == once.stable.map { 2 * $0.reading.trials })
    var buckets = Scrape<[Double]>(canary: [.init(id: 1, reading: [1, 2])], stable: [])
    #expect(throws: NotComputable.lengthMismatch) {
      try buckets.merge(Scrape(canary: [.init(id: 1, reading: [1, 2, 3])], stable: []))
    }
    var rates = Scrape<EventRate>(
      canary: [.init(id: 1, reading: try EventRate(events: 1, exposure: 2))], stable: [])
    try rates.merge(rates)
    #expect(rates.canary[0].reading == (try EventRate(events: 2, exposure: 4)))
  }
}
