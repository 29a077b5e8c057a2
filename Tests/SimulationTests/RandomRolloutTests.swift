import MetricModel
import Rollouts
import Simulation
import Testing

@Suite struct RandomRolloutTests {
  private static let seeds = 0..<5

  /// 5 x 100 rollouts in virtual time (the faults have their own study): pods crash or never come,
  /// the controller is killed between writes, people abort, retry and promote, replicas, images
  /// and steps change, verdicts fall by chance.
  @Test(arguments: seeds) func `what must hold holds after every pass`(block: Int) {
    for seed in UInt64(block * 100)..<UInt64(block * 100 + 100) {
      var random = RandomRollout(seed: seed)
      var invariants = RolloutInvariants()
      random.simulator.run(until: RandomRollout.hour) { simulator, pass in
        invariants.check(simulator, pass)
      }
      random.simulator.killChance = 0
      random.simulator.run(until: RandomRollout.day)
      #expect(invariants.violations.isEmpty, "seed \(seed): \(invariants.violations.prefix(3))")
      #expect(random.simulator.isSettled, "seed \(seed) is still moving")
      #expect(
        random.simulator.passCount < 5000, "seed \(seed): \(random.simulator.passCount) passes")
      let (next, actions) = decide(
        random.simulator.plan, random.simulator.state, random.simulator.observation)
      #expect(actions.isEmpty && next == random.simulator.state, "seed \(seed): no fixed point")
    }
  }

  @Test(arguments: seeds) func `without trouble every rollout ends healthy`(block: Int) {
    for seed in UInt64(block * 20)..<UInt64(block * 20 + 20) {
      var random = RandomRollout(seed: seed, isKind: true)
      random.simulator.run(until: RandomRollout.day)
      let state = random.simulator.state
      let isLate = state.isAborted && state.abortReason.contains("timed out")
      #expect(state.phase == .healthy || isLate, "seed \(seed): \(state.phase) \(state.message)")
    }
  }

  @Test func `the same seed gives the same bytes`() {
    for seed in UInt64(0)..<40 {
      let traces = (0..<2).map { _ in
        var random = RandomRollout(seed: seed)
        random.simulator.run(until: RandomRollout.hour)
        return random.simulator.trace.text
      }
      #expect(traces[0] == traces[1])
      #expect(!traces[0].isEmpty)
    }
  }
}
