internal import Glibc
internal import Statistics

/// The requests of one simulated rollout, scrape by scrape.
///
/// ```swift
/// var traffic = Traffic(world, seed: 7)
/// while let scrape = traffic.next() { … }
/// ```
///
/// Requests arrive as a Poisson process, split by weight and evenly among an arm's pods; what each
/// does is independent given the factors of pod, version and time. Pods of the canary start when
/// their stage does.
package struct Traffic: Sendable {
  private let world: World
  private let stages: [TrafficPlan.Stage]
  private var generator: SeededGenerator
  private var index = 0
  private var canary: Version
  private var stable: Version
  /// Standard normal factors that wander: of both versions, of the canary, of stable.
  private var wandering: (common: Double, canary: Double, stable: Double)

  private struct Version {
    let effect: Change
    /// The logarithm of each pod's factor.
    var podFactors: [Double]
    /// Each pod's shares, where time doesn't change them.
    var steadyShares: [[Double]]
  }

  package init(_ world: World, seed: UInt64) {
    self.world = world
    stages = world.plan.stageOfScrape
    generator = SeededGenerator(seed: seed)
    wandering = (generator.nextNormal(), generator.nextNormal(), generator.nextNormal())
    canary = Self.version(world, world.effect, &generator)
    stable = Self.version(world, .none, &generator)
  }

  private static func version(
    _ world: World, _ effect: Change, _ generator: inout SeededGenerator
  ) -> Version {
    // The mean factor is 1.
    let shift = world.podSpread * world.podSpread / 2
    let factors = (0..<world.plan.podCount).map { _ in
      world.podSpread * generator.nextNormal() - shift
    }
    return Version(
      effect: effect, podFactors: factors,
      steadyShares: factors.map { world.metric.shares(effect, factor: exp($0)) })
  }

  /// The next scrape; nil after the last.
  package mutating func next() -> SimulatedScrape? {
    guard index < stages.count else { return nil }
    defer { index += 1 }
    let stage = stages[index]
    if index > 0, world.commonSpread > 0 || world.armSpread > 0 { wander() }
    let common = world.commonSpread * wandering.common - world.commonSpread * world.commonSpread / 2
    let noise = world.armSpread * world.armSpread / 2
    let progress = Double(index) / Double(max(1, stages.count - 1))
    let base = log(world.ramp.from + (world.ramp.to - world.ramp.from) * progress) + common
    let factors = (
      canary: base + world.armSpread * wandering.canary - noise,
      stable: base + world.armSpread * wandering.stable - noise
    )
    let requests = world.plan.requestsPerScrape
    return SimulatedScrape(
      index: index, stage: stage,
      canary: arm(
        canary, factors.canary, stage.canaryPods, requests * stage.weight,
        isCanary: true),
      stable: arm(
        stable, factors.stable, world.plan.podCount - stage.canaryPods,
        requests * (1 - stage.weight), isCanary: false))
  }

  private mutating func arm(
    _ version: Version, _ factor: Double, _ pods: Int, _ requests: Double,
    isCanary: Bool
  ) -> SimulatedScrape.Arm {
    var arm = SimulatedScrape.Arm(counts: [Double](repeating: 0, count: world.metric.bucketCount))
    arm.pods.reserveCapacity(pods)
    for pod in 0..<pods {
      let age = isCanary ? secondsSinceStart(ofCanaryPod: pod) : .infinity
      let cold = coldFactor(age: age, isCanary: isCanary)
      var mean = requests / Double(pods)
      if world.restartChance > 0, generator.nextUnit() < world.restartChance {
        mean *= generator.nextUnit()
      }
      let shares: [Double]
      if factor == 0, cold == 1 {
        shares = version.steadyShares[pod]
      } else {
        shares = world.metric.shares(
          version.effect, factor: exp(factor + version.podFactors[pod]) * cold)
      }
      var counts = [Double](repeating: 0, count: shares.count)
      for (bucket, share) in shares.enumerated() where share > 1e-12 {
        let count = generator.nextPoisson(mean: mean * share)
        counts[bucket] = count
        arm.counts[bucket] += count
      }
      arm.pods.append(SimulatedScrape.Pod(number: pod, age: age, counts: counts))
    }
    return arm
  }

  /// How much worse a pod is for being young. A baseline that is started anew beside the canary
  /// has pods as young as the canary's on average.
  private func coldFactor(age: Double, isCanary: Bool) -> Double {
    func factor(_ age: Double) -> Double {
      1 + 4 * exp(-(age + TrafficPlan.scrapeSeconds / 2) / 45)
    }
    switch world.coldStart {
    case .canary where isCanary, .both where isCanary: return factor(age)
    case .both:
      let pods = stages[index].canaryPods
      let factors = (0..<pods).map { factor(secondsSinceStart(ofCanaryPod: $0)) }
      return factors.reduce(0, +) / Double(pods)
    default: return 1
    }
  }

  private func secondsSinceStart(ofCanaryPod pod: Int) -> Double {
    let birth = stages.firstIndex { $0.canaryPods > pod } ?? 0
    return Double(max(0, index - birth)) * TrafficPlan.scrapeSeconds
  }

  private mutating func wander() {
    let kept = world.correlation
    let fresh = (1 - kept * kept).squareRoot()
    wandering.common = kept * wandering.common + fresh * generator.nextNormal()
    wandering.canary = kept * wandering.canary + fresh * generator.nextNormal()
    wandering.stable = kept * wandering.stable + fresh * generator.nextNormal()
  }
}
