/// What to do next: the new state, and the actions that follow from it.
///
/// Level-triggered: everything is derived from what the plan, the state and the cluster say now, so
/// a pass may be repeated after a crash, with the same outcome. At most one step forward and one
/// ReplicaSet write happen in a pass; the caller stores the state, performs the actions, observes
/// and decides again. At a fixed point there are no actions and the state stays as it is.
///
///     let (next, actions) = decide(plan, state, observation)
package func decide(
  _ plan: RolloutPlan, _ state: RolloutState, _ seen: RolloutObservation
) -> (RolloutState, [RolloutAction]) {
  var pass = DecisionPass(plan: plan, seen: seen, state: state)
  pass.advance()
  pass.settleWeight()
  pass.settleStatus()
  return (pass.state, pass.actions)
}

/// One pass. Its order of concerns is Argo's, see `Rollouts.docc`.
struct DecisionPass {
  let plan: RolloutPlan
  let seen: RolloutObservation
  let before: RolloutState
  var state: RolloutState
  var actions: [RolloutAction] = []

  init(plan: RolloutPlan, seen: RolloutObservation, state: RolloutState) {
    self.plan = plan
    self.seen = seen
    before = state
    self.state = state
  }

  mutating func record(_ reason: String, _ message: String) {
    actions.append(.record(RolloutEvent(reason, message)))
  }

  mutating func advance() {
    if plan.podHash != state.currentHash || plan.canary.stepHash != state.stepHash {
      begin()
      return
    }
    guard let newSet = findReplicaSet() else { return }
    settleRequests()
    if state.sizedFor != plan.replicas {
      state.sizedFor = plan.replicas
      scaleOnce(newSet)
      return
    }
    if plan.isPaused && !state.isAborted { return }
    let wasAborted = state.isAborted
    settleRuns()
    if state.isAborted && !wasAborted { return }
    if state.pause(.inconclusiveAnalysis) != nil, before.pause(.inconclusiveAnalysis) == nil {
      return
    }
    if scaleOnce(newSet) { return }
    if promote(newSet) || state.isAborted { return }
    if state.pause(.inconclusiveAnalysis) != nil { return }
    workOnStep(newSet)
  }

  /// A new template or edited steps: everything starts over, except what is already stable.
  private mutating func begin() {
    let isSameTemplate = plan.podHash == state.currentHash
    state.attempt = isSameTemplate ? state.attempt + 1 : 0
    state.currentHash = plan.podHash
    state.stepHash = plan.canary.stepHash
    state.stepIndex = 0
    state.clearPauses()
    state.clearAbort()
    state.promotesFully = false
    state.weight = 0
    state.stepRun = nil
    state.backgroundRun = nil
    if state.isFullyPromoted {
      state.stepIndex = plan.canary.steps.count
      if !isSameTemplate, state.stepIndex > 0 { record("SkipSteps", "Rollback to stable") }
    }
    if state.sizedFor == nil { state.sizedFor = plan.replicas }
  }

  /// The ReplicaSet of the current template; when there is none yet, asks for it and ends the pass.
  private mutating func findReplicaSet() -> ObservedReplicaSet? {
    let others = seen.replicaSets.filter { $0.podHash != state.currentHash }
    let newest = others.map(\.revision).max() ?? 0
    guard let newSet = seen.replicaSet(state.currentHash) else {
      state.revision = newest + 1
      actions.append(
        .createReplicaSet(podHash: state.currentHash, revision: state.revision))
      record("NewReplicaSetCreated", "Created ReplicaSet \(replicaSetName(state.currentHash))")
      return nil
    }
    if newSet.revision <= newest {
      state.revision = newest + 1
      actions.append(.setRevision(podHash: state.currentHash, revision: state.revision))
      record("RolloutUpdated", "Rollout updated to revision \(state.revision)")
    } else {
      state.revision = newSet.revision
    }
    return newSet
  }

  func replicaSetName(_ podHash: String) -> String { "\(plan.name)-\(podHash)" }

  /// The ReplicaSet to go back to; nil when it is the current one or doesn't exist.
  var stableSet: ObservedReplicaSet? {
    state.stableHash == state.currentHash ? nil : seen.replicaSet(state.stableHash)
  }

  /// Neither current nor stable.
  var olderSets: [ObservedReplicaSet] {
    seen.replicaSets
      .filter { $0.podHash != state.currentHash && $0.podHash != state.stableHash }
      .sorted { ($0.created, $0.revision) < ($1.created, $1.revision) }
  }

  /// Requests arrive as edits of the state: abort set, abort lifted.
  private mutating func settleRequests() {
    let hasNothingToReturnTo = state.isFullyPromoted || state.stableHash.isEmpty
    if state.isAborted, hasNothingToReturnTo { state.clearAbort() }
    if state.isFullyPromoted { state.promotesFully = false }
    if state.promotesFully {
      state.clearPauses()
      state.clearAbort()
    }
    if state.isAborted, state.abortedAt == nil { abort(because: "", isVerdict: false) }
    if !state.isAborted, state.abortedAt != nil {
      state.clearAbort()
      state.stepIndex = 0
      state.attempt += 1
      state.stepRun = nil
      state.backgroundRun = nil
      record("RolloutRetry", "Retrying update to revision \(state.revision)")
    }
  }

  /// Sends the canary back to weight 0, from the next pass on.
  mutating func abort(because reason: String, isVerdict: Bool) {
    state.isAborted = true
    state.abortedAt = seen.now
    state.abortReason = reason
    state.stepIndex = 0
    state.promotesFully = false
    state.clearPauses()
    if isVerdict, !state.rejectedHashes.contains(state.currentHash) {
      // What is gone can't come back the short way.
      state.rejectedHashes.removeAll { seen.replicaSet($0) == nil }
      state.rejectedHashes.append(state.currentHash)
    }
    record("RolloutAborted", state.abortedMessage)
  }

  /// Whether the way back is short: the current template ran before the stable one, few revisions
  /// ago, and was never judged bad.
  var isFastRollback: Bool {
    guard let window = plan.rollbackWindow, !state.isAborted,
      !state.rejectedHashes.contains(state.currentHash),
      let stable = stableSet, let new = seen.replicaSet(state.currentHash),
      new.created < stable.created
    else { return false }
    let between = seen.replicaSets.filter {
      $0.created > new.created && $0.created < stable.created
    }
    return between.count < window
  }

  /// Makes the current revision the stable one when all of it is available and nothing is left.
  private mutating func promote(_ newSet: ObservedReplicaSet) -> Bool {
    guard !state.isFullyPromoted, newSet.desired == plan.replicas,
      newSet.available == plan.replicas
    else { return false }
    let reason: String
    let steps = plan.canary.steps.count
    if state.stableHash.isEmpty {
      reason = "Initial deploy"
    } else if state.isAborted {
      return false
    } else if state.promotesFully {
      reason = "Full promotion requested"
    } else if isFastRollback {
      reason = "Rollback within the window"
    } else if state.stepIndex >= steps, state.pauses.isEmpty {
      reason = steps == 0 ? "Replaced all pods" : "Completed all \(steps) canary steps"
    } else {
      return false
    }
    state.stableHash = state.currentHash
    state.rejectedHashes.removeAll { $0 == state.currentHash }
    state.stepIndex = steps
    state.promotesFully = false
    state.clearPauses()
    record(
      "RolloutCompleted",
      "Rollout completed update to revision \(state.revision) (\(state.currentHash)): \(reason)")
    return true
  }
}

extension RolloutState {
  mutating func clearPauses() {
    pauses = []
    isControllerPaused = false
  }

  mutating func clearAbort() {
    isAborted = false
    abortedAt = nil
    abortReason = ""
  }

  var abortedMessage: String {
    "Rollout aborted update to revision \(revision)"
      + (abortReason.isEmpty ? "" : ": \(abortReason)")
  }
}
