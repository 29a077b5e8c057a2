internal import Analysis
package import MetricModel

extension DecisionPass {
  /// Counts, conditions, phase and message, as Argo writes them.
  mutating func settleStatus() {
    if plan.blueGreen == nil, plan.canary.routing == nil, seen.refusal == nil {
      state.weight = podWeight
    }
    countPods()
    settleManualPause()
    if let refusal = seen.refusal {
      set(.invalidSpec, .isTrue, "InvalidSpec", refusal)
    } else {
      state.conditions.removeAll { $0.kind == .invalidSpec }
      settleProgress()
      settleConditions()
    }
    state.observedGeneration = String(plan.generation)
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
    counts.scaled = counts.pods
    state.selector = plan.selector.sorted { $0.key < $1.key }
      .map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    if plan.blueGreen != nil, let active = state.blueGreen?.activeSelector, !active.isEmpty {
      let serving = seen.replicaSet(active)
      counts.scaled = serving?.pods ?? 0
      counts.available = serving?.available ?? 0
      counts.ready = serving?.ready ?? 0
      state.selector += ",rollouts-pod-template-hash=\(active)"
    }
    state.replicas = counts
  }

  /// The share of traffic that the pods' numbers stand for, where no router splits it. Falls before
  /// pods go, and never stands for a canary without available ones.
  private var podWeight: Int {
    func empties(_ podHash: String) -> Bool {
      actions.contains(.scale(podHash: podHash, replicas: 0, sizedFor: plan.replicas))
    }
    guard let newSet = seen.replicaSet(state.currentHash), newSet.available > 0, newSet.desired > 0,
      !state.stableHash.isEmpty, !state.isFullyPromoted, !empties(state.currentHash)
    else { return 0 }
    guard let stable = stableSet, stable.desired > 0, !empties(state.stableHash) else {
      return state.isAborted ? state.weight : 100
    }
    if stable.available == 0 { return state.weight }
    if isAtWantedSize(newSet) || wantedWeight < state.weight { return wantedWeight }
    return min(plan.canary.weight(at: state.stepIndex - 1), wantedWeight)
  }

  private mutating func settleManualPause() {
    guard var duration = state.duration else { return }
    let isWaiting = duration.finished == nil && (plan.isPaused || isWaitingForPerson)
    if isWaiting, duration.manualPauseStarted == nil {
      duration.manualPauseStarted = seen.now
    } else if !isWaiting, let start = duration.manualPauseStarted {
      let total = duration.manualPauseTotal.count &+ max(0, seen.now.since(start).count)
      duration.manualPauseTotal = Milliseconds(total)
      duration.manualPauseStarted = nil
    }
    state.duration = duration
  }

  private var isWaitingForPerson: Bool {
    guard !state.pauses.isEmpty else { return false }
    if let blueGreen = plan.blueGreen, state.pause(.blueGreenPause) != nil {
      return !blueGreen.promotesItself || blueGreen.promotesAfter == nil
    }
    guard state.pause(.canaryPauseStep) != nil, case .pause(.some)? = currentStep else {
      return true
    }
    return isInconclusive
  }

  private mutating func set(
    _ kind: RolloutCondition.Kind, _ status: RolloutCondition.Status, _ reason: String,
    _ message: String, isProgress: Bool = false
  ) {
    let old = state.condition(kind)
    if let old, old.status == status, old.reason == reason, old.message == message, !isProgress {
      return
    }
    state.set(kind, status, reason, message, at: seen.now)
  }

  private var isComplete: Bool {
    guard state.isFullyPromoted, let newSet = seen.replicaSet(state.currentHash) else {
      return false
    }
    guard newSet.available >= plan.replicas else { return false }
    if let blueGreen = plan.blueGreen {
      return seen.services[blueGreen.activeService] == state.currentHash
    }
    return plan.canary.routing != nil
      || seen.replicaSets.allSatisfy { $0.podHash == newSet.podHash || $0.pods == 0 }
  }

  private var isPaused: Bool { plan.isPaused || !state.pauses.isEmpty }

  /// Anything that brings the update nearer to its end.
  private var hasMoved: Bool {
    let old = state.replicas.pods - state.replicas.updated
    let oldBefore = before.replicas.pods - before.replicas.updated
    return state.stepIndex != before.stepIndex || state.currentHash != before.currentHash
      || state.replicas.updated > before.replicas.updated
      || state.replicas.available > before.replicas.available || old < oldBefore
      || state.blueGreen?.activeSelector != before.blueGreen?.activeSelector
      || actions.contains(where: \.endsJudging)
  }

  private mutating func settleProgress() {
    let name = replicaSetName(state.currentHash)
    if state.isAborted {
      set(.progressing, .isFalse, "RolloutAborted", abortedMessage)
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
        // Nothing this pass decided is done any more: the next one takes traffic and pods back.
        actions = []
        settleHeldTraffic()
        abort(because: message)
        set(.progressing, .isFalse, "RolloutAborted", abortedMessage)
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
    if let failure = seen.replicaFailure {
      set(.replicaFailure, .isTrue, "FailedCreate", failure)
    } else {
      state.conditions.removeAll { $0.kind == .replicaFailure }
    }
  }

  /// The first that holds, in Argo's order.
  private var phaseAndMessage: (RolloutPhase, String) {
    if let invalid = state.condition(.invalidSpec) {
      return (.degraded, "InvalidSpec: \(invalid.message)")
    }
    if let condition = state.condition(.progressing),
      ["RolloutAborted", "ProgressDeadlineExceeded"].contains(condition.reason)
    {
      return (.degraded, "\(condition.reason): \(condition.message)")
    }
    if plan.isPaused { return (.paused, "manually paused") }
    if let pause = state.pauses.first { return (.paused, pause.reason.rawValue) }
    if let restartAt = plan.restartAt, restartAt <= seen.now, state.restartedAt != restartAt {
      return (.progressing, "rollout is restarting")
    }
    let newSet = seen.replicaSet(state.currentHash)
    if state.replicas.updated < plan.replicas, !isPreview {
      return (.progressing, "more replicas need to be updated")
    }
    if (newSet?.available ?? 0) < state.replicas.updated {
      return (.progressing, "updated replicas are still becoming available")
    }
    if let blueGreen = plan.blueGreen {
      if seen.services[blueGreen.activeService] != state.currentHash {
        return (.progressing, "active service cutover pending")
      }
      if !state.isFullyPromoted {
        return (.progressing, "waiting for analysis to complete")
      }
    } else if plan.canary.routing == nil, state.replicas.pods > state.replicas.updated {
      return (.progressing, "old replicas are pending termination")
    }
    if !state.isFullyPromoted { return (.progressing, "waiting for all steps to complete") }
    return (.healthy, "")
  }

  /// Blue-green with a smaller preview, which is all it has before its promotion.
  private var isPreview: Bool {
    plan.blueGreen?.previewReplicaCount != nil && state.blueGreen?.isPreviewScaledUp != true
      && !state.isFullyPromoted
  }
}

extension RolloutAction {
  /// A person promoted out of a judgement, during which no time counts.
  fileprivate var endsJudging: Bool {
    switch self {
    case .terminateAnalysis, .terminateExperiment: true
    default: false
    }
  }
}

extension RolloutState {
  fileprivate mutating func set(
    _ kind: RolloutCondition.Kind, _ status: RolloutCondition.Status, _ reason: String,
    _ message: String, at now: Timestamp
  ) {
    let old = condition(kind)
    conditions.removeAll { $0.kind == kind }
    conditions.append(
      RolloutCondition(
        kind: kind, status: status, reason: reason, message: message, updated: now,
        changed: old?.status == status ? old?.changed ?? now : now))
    conditions.sort { $0.kind.rawValue < $1.kind.rawValue }
  }

  /// When the update counts as stuck; nil while nothing is due: paused, in an analysis or an
  /// experiment, aborted, complete, or already told.
  func progressDeadline(of plan: RolloutPlan) -> Timestamp? {
    guard !isAborted, !plan.isPaused, pauses.isEmpty,
      let condition = condition(.progressing), condition.reason == "ReplicaSetUpdated"
    else { return nil }
    if !promotesFully, !stableHash.isEmpty {
      switch plan.canary.step(at: stepIndex) {
      case .pause, .analysis, .experiment: return nil
      case .setWeight, .setCanaryScale, .setHeaderRoute, .setMirrorRoute, nil: break
      }
    }
    let isJudged = [blueGreen?.prePromotion, blueGreen?.postPromotion]
      .contains { $0.map { !$0.phase.isCompleted } ?? false }
    return isJudged ? nil : condition.updated.advanced(by: plan.progressDeadline)
  }

  /// The status of a Rollout whose manifest can't be carried out, told by `message`: everything
  /// else stays as it was.
  package func refused(_ message: String, generation: Int64, at now: Timestamp) -> RolloutState {
    var state = self
    if condition(.invalidSpec)?.message != message {
      state.set(.invalidSpec, .isTrue, "InvalidSpec", message, at: now)
    }
    state.phase = .degraded
    state.message = "InvalidSpec: \(message)"
    state.observedGeneration = String(generation)
    return state
  }
}
