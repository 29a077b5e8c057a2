internal import Analysis

extension DecisionPass {
  /// Starts, follows and ends AnalysisRuns.
  mutating func settleRuns() {
    followKnownRuns()
    if mayAnalyse {
      settleStepRun()
      settleBackgroundRun()
    }
    terminateOthers()
  }

  /// Only a canary that is being judged has runs.
  private var mayAnalyse: Bool {
    !state.isAborted && !state.promotesFully && !state.stableHash.isEmpty && !state.isFullyPromoted
      && !isFastRollback
  }

  private mutating func followKnownRuns() {
    if let run = state.stepRun, run.step != state.stepIndex, !state.isAborted {
      state.stepRun = nil
    }
    follow(&state.stepRun)
    follow(&state.backgroundRun)
  }

  private func follow(_ run: inout RunStatus?) {
    guard let name = run?.name, let observed = seen.runs[name] else { return }
    run?.phase = observed.phase
    run?.message = observed.message
  }

  private mutating func settleStepRun() {
    guard plan.canary.steps.indices.contains(state.stepIndex),
      case .analysis(let use) = plan.canary.steps[state.stepIndex]
    else { return }
    if isToBeRepeated(before.stepRun, now: state.stepRun) {
      state.attempt += 1
      state.stepRun = nil
    }
    let run =
      state.stepRun ?? RunStatus(name: runName(step: state.stepIndex), step: state.stepIndex)
    state.stepRun = run
    start(run, use)
    judge(run, label: "Step-based")
  }

  private mutating func settleBackgroundRun() {
    guard let background = plan.canary.background, state.stepIndex >= background.startingStep,
      !state.isAborted
    else { return }
    if isToBeRepeated(before.backgroundRun, now: state.backgroundRun) {
      state.attempt += 1
      state.backgroundRun = nil
    }
    let run = state.backgroundRun ?? RunStatus(name: runName(step: nil))
    state.backgroundRun = run
    start(run, background.use)
    judge(run, label: "Background")
  }

  /// An inconclusive run that was already known as such, whose pause a person has taken away.
  private func isToBeRepeated(_ known: RunStatus?, now run: RunStatus?) -> Bool {
    guard let known, let run, known.name == run.name else { return false }
    return known.phase == .inconclusive && run.phase == .inconclusive
      && state.pause(.inconclusiveAnalysis) == nil
  }

  /// Decided beforehand, so that a repeated start finds what the first one made.
  private func runName(step: Int?) -> String {
    var name = "\(plan.name)-\(state.currentHash)-\(state.revision)"
    if let step { name += "-\(step)" }
    return state.attempt > 0 ? "\(name).\(state.attempt)" : name
  }

  private mutating func start(_ run: RunStatus, _ use: AnalysisUse) {
    guard seen.runs[run.name] == nil else { return }
    let arguments = use.arguments.map { argument in
      let value =
        switch argument.source {
        case .value(let value): value
        case .latestPodHash: state.currentHash
        case .stablePodHash: state.stableHash
        }
      return ResolvedArgument(name: argument.name, value: value)
    }
    actions.append(
      .startAnalysis(
        AnalysisStart(name: run.name, step: run.step, use: use, arguments: arguments)))
  }

  private mutating func judge(_ run: RunStatus, label: String) {
    switch run.phase {
    case .failed, .error:
      abort(
        because: "\(label) analysis phase error/failed: \(run.message)", isVerdict: true)
    case .inconclusive:
      guard state.pause(.inconclusiveAnalysis) == nil else { return }
      state.pauses.append(RolloutPause(reason: .inconclusiveAnalysis, start: seen.now))
      state.isControllerPaused = true
      record("RolloutPaused", "Rollout is paused (InconclusiveAnalysisRun)")
    case .pending, .running, .successful: return
    }
  }

  /// Runs that nobody waits for any more are ended.
  private mutating func terminateOthers() {
    let isJudging = mayAnalyse
    let wanted = isJudging ? [state.stepRun?.name, state.backgroundRun?.name] : []
    for (name, run) in seen.runs.sorted(by: { $0.key < $1.key })
    where !run.isCompleted && !run.isTerminating && !wanted.contains(name) {
      actions.append(.terminateAnalysis(name: name))
    }
  }
}
