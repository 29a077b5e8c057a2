internal import MetricModel

extension DecisionPass {
  /// A new template or edited steps: everything starts over, except what is already stable.
  mutating func begin() {
    let isSameTemplate = plan.podHash == state.currentHash
    settleRejectionOfPrevious()
    if !isSameTemplate { settleDuration(begins: true) }
    state.currentHash = plan.podHash
    state.stepHash = plan.stepHash
    state.stepIndex = 0
    state.clearPauses()
    state.isAborted = false
    state.abortedAt = nil
    state.promotesFully = false
    state.stepRun = nil
    state.backgroundRun = nil
    state.experiment = ""
    if var blueGreen = state.blueGreen {
      blueGreen.isPreviewScaledUp = false
      blueGreen.prePromotion = nil
      blueGreen.postPromotion = nil
      state.blueGreen = blueGreen
    }
    if plan.canary.routing == nil { state.weight = 0 }
    terminateOthers()
    if state.isFullyPromoted {
      state.stepIndex = plan.canary.steps.count
      if !isSameTemplate, state.stepIndex > 0 { record("SkipSteps", "Rollback to stable") }
    }
  }

  /// The ReplicaSet of the current template; when there is none yet, asks for it and ends the pass.
  mutating func findReplicaSet() -> ObservedReplicaSet? {
    let others = seen.replicaSets.filter { $0.podHash != state.currentHash }
    let newest = others.map(\.revision).max() ?? 0
    guard let newSet = seen.replicaSet(state.currentHash) else {
      state.revision = newest + 1
      var start = ReplicaSetStart(
        podHash: state.currentHash, revision: state.revision, sizedFor: plan.replicas)
      start.metadata = metadata(of: state.currentHash)
      if let antiAffinity = plan.antiAffinity, !state.stableHash.isEmpty, !state.isFullyPromoted {
        start.avoids = .init(podHash: state.stableHash, kind: antiAffinity)
      }
      actions.append(.createReplicaSet(start))
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

  /// Requests arrive as edits of the state: abort set, abort lifted, a promotion.
  mutating func settleRequests() {
    let hasNothingToReturnTo = state.isFullyPromoted || state.stableHash.isEmpty
    if state.isAborted, hasNothingToReturnTo { clearAbort() }
    if hasNothingToReturnTo { state.promotesFully = false }
    // An abort wins over a full promotion that is under way; one that is over, it lifts.
    if state.isAborted, state.abortedAt == nil { abort(because: "") }
    if state.promotesFully {
      state.clearPauses()
      clearAbort()
    }
    if !state.isAborted, state.abortedAt != nil {
      clearAbort()
      state.stepIndex = 0
      state.stepRun = nil
      state.backgroundRun = nil
      state.experiment = ""
      state.blueGreen?.prePromotion = nil
      state.blueGreen?.postPromotion = nil
      state.blueGreen?.isPreviewScaledUp = false
      state.duration?.finished = nil
      state.duration?.completion = nil
      record("RolloutRetry", "Retrying update to revision \(state.revision)")
    }
    state.stepIndex = min(max(0, state.stepIndex), plan.canary.steps.count)
  }

  private mutating func clearAbort() {
    state.isAborted = false
    state.abortedAt = nil
  }

  /// Gives up the update: traffic and pods return to stable. A reason is a verdict on the revision;
  /// a person's abort has none.
  mutating func abort(because reason: String) {
    state.isAborted = true
    state.abortedAt = seen.now
    state.stepIndex = 0
    state.promotesFully = false
    state.clearPauses()
    newAbortReason = reason
    state.duration?.finished = seen.now
    state.duration?.completion = .aborted
    record("RolloutAborted", abortedMessage)
  }

  /// What the condition says; kept from the pass that aborted.
  var abortedMessage: String {
    let text = RolloutState.abortedText(revision: state.revision)
    let reason = newAbortReason ?? before.abortReason
    return reason.isEmpty ? text : "\(text): \(reason)"
  }

  /// Whether the way back is short: the current template ran before the stable one, few revisions
  /// ago, and was never judged bad.
  var isFastRollback: Bool {
    guard let window = plan.rollbackWindow, !state.isAborted,
      let stable = stableSet, let new = seen.replicaSet(state.currentHash), !new.isRejected,
      new.created < stable.created
    else { return false }
    let between = seen.replicaSets.filter {
      $0.created > new.created && $0.created < stable.created
    }
    return between.count < window
  }

  /// Makes the current revision the stable one when all of it is available and nothing is left.
  mutating func promote(_ newSet: ObservedReplicaSet) -> Bool {
    guard !state.isFullyPromoted, !state.isAborted, newSet.desired == plan.replicas,
      newSet.available >= plan.replicas, isServedByNew(newSet)
    else { return false }
    let reason: String
    let steps = plan.canary.steps.count
    var completion = RolloutDuration.Completion.promoted
    if state.stableHash.isEmpty {
      reason = "Initial deploy"
    } else if state.promotesFully {
      reason = "Full promotion requested"
      completion = .fastPromoted
    } else if isFastRollback {
      reason = "Rollback within the window"
      completion = .fastRolledBack
    } else if plan.blueGreen != nil {
      guard isPostPromotionOver else { return false }
      reason = "Completed blue-green update"
    } else if state.stepIndex >= steps, state.pauses.isEmpty {
      reason = steps == 0 ? "Replaced all pods" : "Completed all \(steps) canary steps"
    } else {
      return false
    }
    if state.stablePingPong != nil, !state.stableHash.isEmpty {
      state.stablePingPong = state.stablePingPong?.other
    }
    state.stableHash = state.currentHash
    state.stepIndex = steps
    state.promotesFully = false
    state.clearPauses()
    state.duration?.finished = seen.now
    state.duration?.completion = completion
    record(
      "RolloutCompleted",
      "Rollout completed update to revision \(state.revision) (\(state.currentHash)): \(reason)")
    return true
  }

  /// A revision that was judged bad bears a mark, until it is promoted after all.
  mutating func settleRejection(_ newSet: ObservedReplicaSet) {
    if state.isFullyPromoted {
      if newSet.isRejected {
        actions.append(.setRejected(podHash: newSet.podHash, false))
      }
    } else if state.isAborted, !before.abortReason.isEmpty, !newSet.isRejected {
      actions.append(.setRejected(podHash: newSet.podHash, true))
    }
  }

  /// The same for the revision that a new template replaces before it got its mark.
  private mutating func settleRejectionOfPrevious() {
    guard before.isAborted, !before.abortReason.isEmpty, before.stableHash != before.currentHash,
      let set = seen.replicaSet(before.currentHash), !set.isRejected
    else { return }
    actions.append(.setRejected(podHash: set.podHash, true))
  }

  private mutating func settleDuration(begins: Bool) {
    guard !state.currentHash.isEmpty else { return }
    state.duration = RolloutDuration(started: seen.now)
  }
}

extension RolloutState {
  mutating func clearPauses() {
    pauses = []
    isControllerPaused = false
  }
}
