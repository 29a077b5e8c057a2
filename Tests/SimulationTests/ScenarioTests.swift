import Analysis
import Manifest
import MetricModel
import Rollouts
import Simulation
import Testing

/// Rollouts with people and trouble in them, as golden traces.
@Suite struct ScenarioTests {
  private let start = Timestamp(milliseconds: 0)

  private func plan(image: Int, steps: [CanaryStep]) -> RolloutPlan {
    let template = ManifestNode(
      .map([ManifestEntry(key: "image", value: ManifestNode(.text("model:\(image)")))]))
    return RolloutPlan(
      name: "model", replicas: 5, template: template, canary: CanaryPlan(steps: steps))
  }

  private func simulator(_ plan: RolloutPlan) -> Simulator<RandomAnalyses> {
    var simulator = Simulator(
      plan: plan, cluster: SimulatedCluster(seed: 5),
      analyses: RandomAnalyses(seed: 5, isKind: true),
      start: start.advanced(by: .minutes(-10)), origin: start)
    simulator.deploy()
    return simulator
  }

  private func minute(_ count: Int64) -> Timestamp { start.advanced(by: .minutes(count)) }

  private func check(_ name: String, _ simulator: Simulator<RandomAnalyses>) throws {
    let text = simulator.trace.text
    #expect(try text == ReplayFixture.golden("\(name).trace", text))
  }

  private let steps: [CanaryStep] = [
    .setWeight(20), .pause(nil), .setWeight(60),
    .analysis(AnalysisUse(templates: [AnalysisSpec.TemplateReference(name: "compare")])),
  ]

  @Test func `abort, retry, promote`() throws {
    var simulator = simulator(plan(image: 1, steps: steps))
    simulator.schedule(.update(plan(image: 2, steps: steps)), at: minute(0))
    simulator.schedule(.request(.promote), at: minute(5))
    simulator.schedule(.request(.abort), at: minute(6))
    simulator.schedule(.request(.retry), at: minute(10))
    simulator.schedule(.request(.promote), at: minute(12))
    simulator.run(until: minute(40))
    #expect(simulator.state.phase == .healthy)
    #expect(Set(simulator.runs.keys.map { $0.hasSuffix(".1") }) == [true, false])
    try check("abort-retry-promote", simulator)
  }

  @Test func `a second update half way, then back to stable`() throws {
    let stable = plan(image: 1, steps: steps)
    var simulator = simulator(stable)
    simulator.schedule(.update(plan(image: 2, steps: steps)), at: minute(0))
    simulator.schedule(.request(.promote), at: minute(2))
    simulator.schedule(.update(plan(image: 3, steps: steps)), at: minute(3))
    simulator.schedule(.update(stable), at: minute(8))
    simulator.run(until: minute(20))
    #expect(simulator.state.phase == .healthy)
    #expect(simulator.state.stableHash == stable.podHash)
    try check("second-update", simulator)
  }

  @Test func `pods that never come, and a crash of a stable one meanwhile`() throws {
    var broken = plan(image: 2, steps: steps)
    broken.progressDeadline = .minutes(3)
    broken.abortsOnDeadline = true
    var stable = plan(image: 1, steps: steps)
    stable.abortsOnDeadline = true
    var simulator = simulator(stable)
    simulator.breakRevision(broken.podHash)
    simulator.schedule(.update(broken), at: minute(0))
    simulator.schedule(.crash(podHash: stable.podHash, ordinal: 2), at: minute(1))
    simulator.run(until: minute(20))
    #expect(simulator.state.phase == .degraded)
    #expect(simulator.state.weight == 0)
    #expect(simulator.cluster.replicaSets.map(\.available) == [5, 0])
    try check("broken-pods", simulator)
  }

  /// Whatever write the controller dies before, the rollout ends in the same place.
  @Test(arguments: 0..<40) func `a controller that is killed ends where another does`(seed: UInt64)
  {
    func ending(killChance: Double) -> [ObservedReplicaSet] {
      var simulator = Simulator(
        plan: plan(image: 1, steps: steps), cluster: SimulatedCluster(seed: 5),
        analyses: RandomAnalyses(seed: 5, isKind: true), start: start, seed: seed)
      simulator.deploy()
      simulator.killChance = killChance
      simulator.schedule(.update(plan(image: 2, steps: steps)), at: minute(10))
      simulator.schedule(.request(.promote), at: minute(15))
      simulator.run(until: minute(60))
      #expect(simulator.state.phase == .healthy)
      return simulator.cluster.replicaSets.map { set in
        var set = set
        set.created = start
        return set
      }
    }
    #expect(ending(killChance: 0.5) == ending(killChance: 0))
  }
}
