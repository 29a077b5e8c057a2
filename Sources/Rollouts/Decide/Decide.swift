package import MetricModel

/// What to do next: the new state, and the actions that follow from it.
///
/// Level-triggered: everything is derived from what the plan, the state and the cluster say now, so
/// a pass may be repeated after a crash, with the same outcome. At most one step forward and one
/// ReplicaSet's size are written in a pass; the caller stores the state, performs the actions in
/// their order, observes and decides again. At a fixed point there are no actions and the state
/// stays as it is.
///
///     let (next, actions) = decide(plan, state, observation)
package func decide(
  _ plan: RolloutPlan, _ state: RolloutState, _ seen: RolloutObservation
) -> (RolloutState, [RolloutAction]) {
  var pass = DecisionPass(plan: plan, seen: seen, state: state)
  pass.advance()
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
  /// Why this very pass aborts the update.
  var newAbortReason: String?

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
    settleHeldTraffic()
    guard seen.refusal == nil else { return }
    if plan.podHash != state.currentHash || plan.stepHash != state.stepHash {
      begin()
      return
    }
    settleConfigs()
    guard let newSet = findReplicaSet() else { return }
    settleRequests()
    settleRejection(newSet)
    settleMetadata(newSet)
    settleWorkload(newSet)
    let isResized = replicaSetsInUse.contains(where: isForOthers)
    if isResized {
      settleTraffic(newSet)
      scaleOnce(newSet)
      return
    }
    if !isHeld { settleRuns(newSet) }
    settleTraffic(newSet)
    settleDeadlines(newSet)
    if isHeld { return }
    if state.isAborted && !before.isAborted { return }
    if hasNewInconclusivePause { return }
    if scaleOnce(newSet) { return }
    settleRestart()
    if promote(newSet) || state.isAborted { return }
    if isInconclusive { return }
    workOnStep(newSet)
  }

  var isInconclusive: Bool {
    state.pause(.inconclusiveAnalysis) != nil || state.pause(.inconclusiveExperiment) != nil
  }

  private var hasNewInconclusivePause: Bool {
    isInconclusive && before.pause(.inconclusiveAnalysis) == nil
      && before.pause(.inconclusiveExperiment) == nil
  }

  /// A person's pause: no step, no judgement, no size but what follows `spec.replicas`.
  var isHeld: Bool { plan.isPaused && !state.isAborted }

  /// ReplicaSets that have pods or should have some.
  private var replicaSetsInUse: [ObservedReplicaSet] { seen.replicaSets.filter { $0.desired > 0 } }

  func replicaSetName(_ podHash: String) -> String { "\(plan.name)-\(podHash)" }

  /// The ReplicaSet to go back to; nil when it is the current one or doesn't exist.
  var stableSet: ObservedReplicaSet? {
    state.stableHash == state.currentHash ? nil : seen.replicaSet(state.stableHash)
  }

  /// Neither current nor stable, oldest first.
  var olderSets: [ObservedReplicaSet] {
    seen.replicaSets
      .filter { $0.podHash != state.currentHash && $0.podHash != state.stableHash }
      .sorted { ($0.created, $0.revision) < ($1.created, $1.revision) }
  }

  /// Whether a canary or a preview is under way and may be judged.
  var isUpdating: Bool {
    !state.isAborted && !state.promotesFully && !state.stableHash.isEmpty
      && !state.isFullyPromoted && !isFastRollback
  }
}

/// When to decide again although nothing in the cluster changed: the end of a timed pause, a
/// deadline of the progress or of pods to go, a restart; nil when only an event can move the
/// rollout.
package func nextWake(
  _ plan: RolloutPlan, _ state: RolloutState, _ seen: RolloutObservation
) -> Timestamp? {
  var times: [Timestamp] = []
  if let pause = state.pause(.canaryPauseStep),
    case .pause(let duration?)? = plan.canary.step(at: state.stepIndex)
  {
    times.append(pause.start.advanced(by: duration))
  }
  if let pause = state.pause(.blueGreenPause), let blueGreen = plan.blueGreen,
    blueGreen.promotesItself, let wait = blueGreen.promotesAfter
  {
    times.append(pause.start.advanced(by: wait))
  }
  if let deadline = state.progressDeadline(of: plan) { times.append(deadline) }
  times += seen.replicaSets.filter { $0.desired > 0 }.compactMap(\.scaleDownDeadline)
  if let restartAt = plan.restartAt, state.restartedAt != restartAt { times.append(restartAt) }
  return times.filter { $0 > seen.now }.min()
}
