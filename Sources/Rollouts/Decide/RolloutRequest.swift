/// What a person may ask of a rollout, as `kubectl argo rollouts` does: each is an edit of the
/// state or the plan, which the next decision takes up.
package enum RolloutRequest: String, Hashable, Sendable, CaseIterable {
  case abort
  case retry
  case promote
  case promoteFull = "promote --full"
  case pause

  /// Edits `plan` and `state` as the verb's patches do.
  package func apply(to plan: inout RolloutPlan, _ state: inout RolloutState) {
    switch self {
    case .abort: state.isAborted = true
    case .retry: state.isAborted = false
    case .pause: plan.isPaused = true
    case .promoteFull:
      if !state.isFullyPromoted { state.promotesFully = true }
    case .promote: promote(&plan, &state)
    }
  }

  /// Lifts what holds the rollout: a pause, or the step that isn't done, a running analysis too.
  private func promote(_ plan: inout RolloutPlan, _ state: inout RolloutState) {
    if plan.isPaused {
      plan.isPaused = false
      return
    }
    let isInconclusive =
      state.pause(.inconclusiveAnalysis) != nil || state.pause(.inconclusiveExperiment) != nil
    if !state.pauses.isEmpty, !isInconclusive {
      state.pauses = []
      return
    }
    state.clearPauses()
    if !state.isAborted, state.stepIndex < plan.canary.steps.count { state.stepIndex += 1 }
  }
}
