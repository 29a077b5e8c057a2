import Glibc
import Statistics
import Study
import Testing

@Suite struct TrafficTests {
  private static func all(_ world: World, seed: UInt64) -> [SimulatedScrape] {
    var traffic = Traffic(world, seed: seed)
    var scrapes: [SimulatedScrape] = []
    while let scrape = traffic.next() { scrapes.append(scrape) }
    return scrapes
  }

  @Test func `a rollout serves the plan's requests with the plan's pods`() {
    let scrapes = Self.all(World("clean", .badShare(0.01)), seed: 1)
    #expect(scrapes.count == 160)
    let canary = scrapes.reduce(0) { $0 + $1.canary.requests }
    let stable = scrapes.reduce(0) { $0 + $1.stable.requests }
    // Six standard deviations of Poisson counts.
    #expect(abs(canary - 108_000) < 6 * 108_000.0.squareRoot())
    #expect(abs(stable - 132_000) < 6 * 132_000.0.squareRoot())
    let bad = scrapes.reduce(0) { $0 + $1.canary.proportion.events }
    #expect(abs(bad - 1_080) < 6 * 1_080.0.squareRoot())
    #expect(scrapes[0].canary.pods.count == 1 && scrapes[0].stable.pods.count == 9)
    #expect(scrapes[159].canary.pods.count == 8 && scrapes[159].stable.pods.count == 2)
    // The second and third pods start with the second stage.
    #expect(scrapes[20].canary.pods.map(\.age) == [300, 0, 0])
  }

  @Test func `the same seed gives the same traffic, another one other traffic`() {
    var world = World("noisy", .latency(.byDefault))
    (world.podSpread, world.armSpread, world.restartChance) = (0.05, 0.1, 0.01)
    let counts = { (seed: UInt64) in Self.all(world, seed: seed).map(\.canary.counts) }
    #expect(counts(7) == counts(7))
    #expect(counts(7) != counts(8))
  }

  @Test func `arms are the sums of their pods`() {
    for scrape in Self.all(World("latency", .latency(.byDefault)), seed: 3).prefix(30) {
      var sum = [Double](repeating: 0, count: scrape.stable.counts.count)
      for pod in scrape.stable.pods {
        for (index, count) in pod.counts.enumerated() { sum[index] += count }
      }
      #expect(sum == scrape.stable.counts)
      let warm = scrape.without(podsYoungerThan: 60)
      #expect(warm.stable.counts == scrape.stable.counts || scrape.index < 4)
      #expect(warm.canary.pods.allSatisfy { $0.age >= 60 })
    }
  }

  @Test func `an effect changes the canary only`() {
    var world = World("worse", .badShare(0.05))
    world.effect = .ratio(3)
    let scrapes = Self.all(world, seed: 5)
    var (canary, stable) = (Proportion(), Proportion())
    for scrape in scrapes {
      canary.merge(scrape.canary.proportion)
      stable.merge(scrape.stable.proportion)
    }
    #expect(abs(canary.fraction - 0.15) < 0.01)
    #expect(abs(stable.fraction - 0.05) < 0.005)
  }

  @Test(arguments: [0.02, 0.7, 3, 15.5, 16, 240, 1_500])
  func `poisson counts have the law's shares`(mean: Double) {
    var generator = SeededGenerator(seed: 11)
    let draws = 20_000
    var counts: [Double: Int] = [:]
    for _ in 0..<draws { counts[generator.nextPoisson(mean: mean), default: 0] += 1 }
    // Pearson's statistic over the counts that are expected often enough.
    let law = Poisson(mean: mean)
    var (statistic, cells) = (0.0, 0.0)
    for (value, count) in counts {
      let expected = exp(law.logProbability(of: value)) * Double(draws)
      guard expected >= 10 else { continue }
      statistic += (Double(count) - expected) * (Double(count) - expected) / expected
      cells += 1
    }
    #expect(cells >= 1)
    #expect(
      ChiSquared(degreesOfFreedom: cells).logSurvival(statistic) > -14, "\(statistic), \(cells)")
  }
}
