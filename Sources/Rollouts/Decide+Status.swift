internal import MetricModel

extension DecisionPass {
  /// Counts, conditions, phase and message, as Argo writes them.
  mutating func settleStatus() {
    countPods()
    settleProgress()
    settleConditions()
    (state.phase, state.message) = phaseAndMessage
  }

  private mutating func countPods() {
    var counts = ReplicaStatus()
    for set in seen.replicaSets {
      counts.pods += set.pods
      counts.ready += set.ready
      counts.available += set.available
    }
    counts.updated = seen.replicaSet(state.currentHash)?.pods ?? 0
    state.replicas = counts
  }

  private mutating func set(
    _ kind: RolloutCondition.Kind, _ status: RolloutCondition.Status, _ reason: String,
    _ message: String, isProgress: Bool = false
  ) {
    let old = state.condition(kind)
    if let old, old.status == status, old.reason == reason, old.message == message, !isProgress {
      return
    }
    let changed = old?.status == status ? old?.changed ?? seen.now : seen.now
    state.conditions.removeAll { $0.kind == kind }
    state.conditions.append(
      RolloutCondition(
        kind: kind, status: status, reason: reason, message: message, updated: seen.now,
        changed: changed))
    state.conditions.sort { $0.kind.rawValue < $1.kind.rawValue }
  }

  private var isComplete: Bool {
    guard state.isFullyPromoted, let newSet = seen.replicaSet(state.currentHash) else {
      return false
    }
    return newSet.available == plan.replicas && state.replicas.pods == newSet.pods
  }

  private var isPaused: Bool { plan.isPaused || !state.pauses.isEmpty }

  /// Anything that brings the update nearer to its end.
  private var hasMoved: Bool {
    state.stepIndex != before.stepIndex || state.currentHash != before.currentHash
      || state.replicas.updated > before.replicas.updated
      || state.replicas.available > before.replicas.available
      || state.replicas.pods - state.replicas.updated
        < before.replicas.pods - before.replicas.updated
  }

  private mutating func settleProgress() {
    let name = replicaSetName(state.currentHash)
    if state.isAborted {
      set(.progressing, .isFalse, "RolloutAborted", state.abortedMessage)
    } else if isPaused {
      set(.progressing, .unknown, "RolloutPaused", "Rollout is paused")
    } else if isComplete {
      set(
        .progressing, .isTrue, "NewReplicaSetAvailable",
        "ReplicaSet \"\(name)\" has successfully progressed.")
    } else if hasMoved || state.condition(.progressing) == nil
      || ["RolloutPaused", "RolloutAborted"].contains(state.condition(.progressing)?.reason)
    {
      set(
        .progressing, .isTrue, "ReplicaSetUpdated", "ReplicaSet \"\(name)\" is progressing.",
        isProgress: true)
    } else if let deadline = state.progressDeadline(of: plan), seen.now >= deadline {
      let message = "ReplicaSet \"\(name)\" has timed out progressing."
      set(.progressing, .isFalse, "ProgressDeadlineExceeded", message)
      if plan.abortsOnDeadline, !state.isFullyPromoted, !state.stableHash.isEmpty {
        abort(because: message, isVerdict: true)
        set(.progressing, .isFalse, "RolloutAborted", state.abortedMessage)
      }
    }
  }

  private mutating func settleConditions() {
    let hasMinimum = state.replicas.available >= plan.limits.availableMin
    set(
      .available, hasMinimum ? .isTrue : .isFalse, "AvailableReason",
      hasMinimum ? "Rollout has minimum availability" : "Rollout does not have minimum availability"
    )
    set(
      .completed, state.isFullyPromoted ? .isTrue : .isFalse, "RolloutCompleted",
      "RolloutCompleted")
    set(
      .healthy, isComplete ? .isTrue : .isFalse, "RolloutHealthy",
      isComplete ? "Rollout is healthy" : "Rollout is not healthy")
    set(
      .paused, isPaused ? .isTrue : .isFalse, "RolloutPaused",
      isPaused ? "Rollout is paused" : "Rollout is not paused")
  }

  /// The first that holds, in Argo's order.
  private var phaseAndMessage: (RolloutPhase, String) {
    if let condition = state.condition(.progressing),
      ["RolloutAborted", "ProgressDeadlineExceeded"].contains(condition.reason)
    {
      return (.degraded, "\(condition.reason): \(condition.message)")
    }
    if plan.isPaused { return (.paused, "manually paused") }
    if let pause = state.pauses.first { return (.paused, pause.reason.rawValue) }
    let available = seen.replicaSet(state.currentHash)?.available ?? 0
    if state.replicas.updated < plan.replicas {
      return (.progressing, "more replicas need to be updated")
    }
    if available < state.replicas.updated {
      return (.progressing, "updated replicas are still becoming available")
    }
    if state.replicas.pods > state.replicas.updated {
      return (.progressing, "old replicas are pending termination")
    }
    if !state.isFullyPromoted { return (.progressing, "waiting for all steps to complete") }
    return (.healthy, "")
  }
}

extension RolloutState {
  /// When the update counts as stuck; nil while nothing is due: paused, in an analysis, aborted,
  /// complete, or already told.
  func progressDeadline(of plan: RolloutPlan) -> Timestamp? {
    guard !isAborted, !plan.isPaused, pauses.isEmpty,
      let condition = condition(.progressing), condition.reason == "ReplicaSetUpdated"
    else { return nil }
    if plan.canary.steps.indices.contains(stepIndex), !promotesFully, !stableHash.isEmpty {
      switch plan.canary.steps[stepIndex] {
      case .pause, .analysis: return nil
      case .setWeight: break
      }
    }
    return condition.updated.advanced(by: plan.progressDeadline)
  }
}
