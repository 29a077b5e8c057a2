internal import Analysis
package import MetricModel

extension DecisionPass {
  /// The weight the pods should have now.
  var wantedWeight: Int {
    if state.isAborted { return 0 }
    if state.stableHash.isEmpty || state.isFullyPromoted || state.promotesFully || isFastRollback {
      return 100
    }
    return plan.canary.weight(at: state.stepIndex)
  }

  /// Works on the current step, and goes to the next when it is done.
  mutating func workOnStep(_ newSet: ObservedReplicaSet) {
    guard !state.isFullyPromoted, !state.stableHash.isEmpty, !state.promotesFully, !isFastRollback,
      plan.canary.steps.indices.contains(state.stepIndex)
    else { return }
    let step = plan.canary.steps[state.stepIndex]
    let isDone =
      switch step {
      case .setWeight: isAtWantedSize(newSet)
      case .pause(let duration): pauseIsOver(duration)
      case .analysis: state.stepRun?.phase == .successful
      }
    guard isDone else { return }
    state.stepIndex += 1
    state.stepRun = nil
    state.pauses.removeAll { $0.reason == .canaryPauseStep }
    state.isControllerPaused = !state.pauses.isEmpty
    let steps = plan.canary.steps.count
    record(
      "RolloutStepCompleted", "Rollout step \(state.stepIndex)/\(steps) completed (\(step))")
  }

  /// Enters a pause step at its first sight; it ends by time, or when a person took the pause away.
  private mutating func pauseIsOver(_ duration: Milliseconds?) -> Bool {
    if let pause = state.pause(.canaryPauseStep) {
      guard let duration else { return false }
      return seen.now >= pause.start.advanced(by: duration)
    }
    if state.isControllerPaused { return true }
    state.pauses.append(RolloutPause(reason: .canaryPauseStep, start: seen.now))
    state.isControllerPaused = true
    record("RolloutPaused", "Rollout is paused (CanaryPauseStep)")
    return false
  }

  /// The sizes to ask for in this pass.
  private func nextSplit(_ newSet: ObservedReplicaSet) -> ReplicaSplit {
    plan.limits.next(
      toward: wantedWeight, canary: newSet.counts, stable: stableSet?.counts,
      older: olderSets.reduce(0) { $0 + $1.desired })
  }

  /// Whether every ReplicaSet has the pods it should have for the wanted weight, available.
  func isAtWantedSize(_ newSet: ObservedReplicaSet) -> Bool {
    let split = nextSplit(newSet)
    guard newSet.desired == split.canary, newSet.available == split.canary else { return false }
    if let stable = stableSet {
      guard stable.desired == split.stable, stable.available == split.stable else { return false }
    }
    return olderSets.allSatisfy { $0.available == 0 && $0.desired == 0 }
  }

  /// Writes the size of one ReplicaSet, if any needs it: stable before canary before older ones.
  @discardableResult
  mutating func scaleOnce(_ newSet: ObservedReplicaSet) -> Bool {
    let split = nextSplit(newSet)
    if let stable = stableSet, stable.desired != split.stable {
      scale(stable, to: split.stable)
      return true
    }
    if newSet.desired != split.canary {
      scale(newSet, to: split.canary)
      return true
    }
    if let (set, replicas) = olderToShrink() {
      scale(set, to: replicas)
      return true
    }
    return deleteBeyondHistory()
  }

  private mutating func scale(_ set: ObservedReplicaSet, to replicas: Int) {
    actions.append(.scale(podHash: set.podHash, replicas: replicas))
    let direction = replicas > set.desired ? "up" : "down"
    record(
      "ScalingReplicaSet",
      "Scaled \(direction) ReplicaSet \(replicaSetName(set.podHash)) (revision \(set.revision)) "
        + "from \(set.desired) to \(replicas)")
  }

  /// An older ReplicaSet that may lose pods: first those that aren't available, which would block
  /// the update without serving anybody, then as many as availability allows.
  private func olderToShrink() -> (ObservedReplicaSet, Int)? {
    for set in olderSets where set.desired > set.available {
      return (set, set.available)
    }
    let available = seen.replicaSets.reduce(0) { $0 + min($1.available, $1.desired) }
    let surplus = available - plan.limits.availableMin
    guard surplus > 0, let oldest = olderSets.first(where: { $0.desired > 0 }) else { return nil }
    return (oldest, max(0, oldest.desired - surplus))
  }

  /// Removes the oldest empty ReplicaSets past `revisionHistoryLimit`, once nothing else is to do.
  private mutating func deleteBeyondHistory() -> Bool {
    let empty = olderSets.filter { $0.desired == 0 && $0.pods == 0 }
      .sorted { $0.revision < $1.revision }
    let surplus = empty.count - plan.revisionHistoryLimit
    guard surplus > 0 else { return false }
    for set in empty.prefix(surplus) { actions.append(.deleteReplicaSet(podHash: set.podHash)) }
    return true
  }

  /// The share of traffic a router may send to the canary: the wanted weight once the pods for it
  /// are there, until then that of the steps before; a lower weight at once. Nothing goes to a
  /// canary without available pods, nothing returns to a stable side without any, and everything
  /// goes to the canary once stable has been scaled down.
  mutating func settleWeight() {
    let weight = allowedWeight
    state.weight = weight
    // First of all writes, so that traffic is gone before pods are.
    if weight != seen.routedWeight ?? before.weight { actions.insert(.setWeight(weight), at: 0) }
  }

  private var allowedWeight: Int {
    guard let newSet = seen.replicaSet(state.currentHash), newSet.available > 0, newSet.desired > 0,
      !state.stableHash.isEmpty, !state.isFullyPromoted,
      !actions.contains(.scale(podHash: state.currentHash, replicas: 0))
    else { return 0 }
    let isReady = isAtWantedSize(newSet)
    let takesLastStable = actions.contains(.scale(podHash: state.stableHash, replicas: 0))
    guard let stable = stableSet, stable.desired > 0, !takesLastStable else {
      return state.isAborted ? state.weight : 100
    }
    if stable.available == 0 { return state.weight }
    if isReady || wantedWeight < state.weight { return wantedWeight }
    return min(plan.canary.weight(at: state.stepIndex - 1), wantedWeight)
  }
}

extension CanaryPlan {
  /// The weight of the last `setWeight` up to and including step `index`: 0 before the first one,
  /// 100 when all steps are done.
  package func weight(at index: Int) -> Int {
    if index >= steps.count { return 100 }
    for step in steps.prefix(max(0, index + 1)).reversed() {
      if case .setWeight(let weight) = step { return weight }
    }
    return 0
  }
}

/// When to decide again although nothing in the cluster changed: the end of a timed pause, or the
/// progress deadline; nil when only an event can move the rollout.
package func nextWake(_ plan: RolloutPlan, _ state: RolloutState) -> Timestamp? {
  if let pause = state.pause(.canaryPauseStep), plan.canary.steps.indices.contains(state.stepIndex),
    case .pause(let duration?) = plan.canary.steps[state.stepIndex]
  {
    return pause.start.advanced(by: duration)
  }
  return state.progressDeadline(of: plan)
}
