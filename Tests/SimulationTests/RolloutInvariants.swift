import Analysis
import MetricModel
import Rollouts
import Simulation

/// What must hold after every pass of every rollout; gathers what doesn't.
struct RolloutInvariants {
  private(set) var violations: [String] = []

  mutating func check(_ simulator: Simulator<RandomAnalyses>, _ pass: SimulatedPass) {
    let (before, sets, actions) = (pass.before, pass.seen.replicaSets, pass.actions)
    let (plan, state) = (simulator.plan, simulator.state)
    let limits = plan.limits
    let after = simulator.cluster.replicaSets
    let canary = after.first { $0.podHash == state.currentHash }
    var found: [String] = []
    func demand(_ holds: Bool, _ text: String) {
      if !holds { found.append("\(simulator.now.milliseconds) ms: \(text)") }
    }

    demand((0...100).contains(state.weight), "weight \(state.weight)")
    demand(
      state.weight == 0 || (canary?.available ?? 0) > 0, "weight \(state.weight) on no canary pod")
    let stable = after.first { $0.podHash == state.stableHash }
    demand(
      !(1...99).contains(state.weight) || state.isAborted || (stable?.desired ?? 0) > 0,
      "weight \(state.weight) leaves traffic to no stable pod")
    let risen = state.weight > before.weight
    demand(
      !(before.isAborted && state.isAborted && risen), "weight rose after an abort")

    let (wanted, wantedBefore) = (desired(after), desired(sets))
    demand(
      wanted <= max(limits.podsMax, wantedBefore),
      "\(wanted) pods asked for, at most \(limits.podsMax) (before: \(wantedBefore))")
    let (left, leftBefore) = (available(after), available(sets))
    demand(
      left >= min(limits.availableMin, leftBefore),
      "\(left) pods left, at least \(limits.availableMin) (before: \(leftBefore))")
    let writes = actions.count { if case .scale = $0 { true } else { false } }
    demand(writes <= 1, "\(writes) sizes written in one pass")

    let steps = plan.canary.steps.count
    demand(
      [before.stepIndex, before.stepIndex + 1, 0, steps].contains(state.stepIndex),
      "step went from \(before.stepIndex) to \(state.stepIndex) of \(steps)")
    checkPromotion(simulator, before, sets, demand)
    violations += found
  }

  private func checkPromotion(
    _ simulator: Simulator<RandomAnalyses>, _ before: RolloutState, _ sets: [ObservedReplicaSet],
    _ demand: (Bool, String) -> Void
  ) {
    let (plan, state) = (simulator.plan, simulator.state)
    if state.stableHash != before.stableHash {
      let ready = sets.first { $0.podHash == state.stableHash }?.available ?? 0
      demand(ready == plan.replicas, "promoted with \(ready) of \(plan.replicas) pods")
      demand(!before.isAborted || before.promotesFully, "promoted what was aborted")
      let isWindow =
        plan.rollbackWindow != nil
        && !sets.contains { $0.podHash == state.stableHash && $0.isRejected }
      demand(
        before.stepIndex == plan.canary.steps.count || before.promotesFully || isWindow,
        "promoted at step \(before.stepIndex)")
    }
    let bad = [state.stepRun, state.backgroundRun].compactMap { $0 }
      .contains { $0.phase == .failed || $0.phase == .error }
    demand(
      !bad || state.isAborted || state.isFullyPromoted || state.promotesFully || plan.isPaused,
      "went on after a bad verdict")
  }

  private func desired(_ sets: [ObservedReplicaSet]) -> Int { sets.reduce(0) { $0 + $1.desired } }
  private func available(_ sets: [ObservedReplicaSet]) -> Int {
    sets.reduce(0) { $0 + $1.available }
  }
}
