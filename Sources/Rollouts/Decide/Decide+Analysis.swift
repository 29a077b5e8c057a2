internal import Analysis
internal import MetricModel

/// Starts, follows and ends AnalysisRuns and Experiments.
extension DecisionPass {
  mutating func settleRuns(_ newSet: ObservedReplicaSet) {
    forgetForeignRun()
    follow(&state.stepRun)
    follow(&state.backgroundRun)
    if var blueGreen = state.blueGreen {
      follow(&blueGreen.prePromotion)
      follow(&blueGreen.postPromotion)
      state.blueGreen = blueGreen
    }
    if isUpdating {
      switch plan.strategy {
      case .canary(let canary):
        settleStepRun()
        if let background = canary.background, state.stepIndex >= background.startingStep {
          settle(\.backgroundRun, background.use, .background)
        }
        settleExperiment()
      case .blueGreen(let blueGreen): settlePromotionRuns(blueGreen, newSet)
      }
    }
    terminateOthers()
    deleteOldRuns()
  }

  /// A run of another step, after a person moved the index.
  private mutating func forgetForeignRun() {
    guard let run = state.stepRun, !state.isAborted else { return }
    let base = baseName(.step(state.stepIndex))
    if run.name != base, !run.name.hasPrefix("\(base).") { state.stepRun = nil }
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
    settle(\.stepRun, use, .step(state.stepIndex))
  }

  private mutating func settlePromotionRuns(
    _ blueGreen: BlueGreenPlan, _ newSet: ObservedReplicaSet
  ) {
    let hasCutOver = hasTraffic(newSet.podHash)
    if let use = blueGreen.prePromotion, !hasCutOver, !isFastTracked(newSet),
      state.blueGreen?.prePromotion != nil || isPreviewReady(newSet)
    {
      settleBlueGreen(\.prePromotion, use, .prePromotion)
    }
    if let use = blueGreen.postPromotion, hasCutOver, !state.isAborted, !isPostPromotionOver {
      settleBlueGreen(\.postPromotion, use, .postPromotion)
    }
  }

  private mutating func settleBlueGreen(
    _ field: WritableKeyPath<BlueGreenStatus, RunStatus?>, _ use: AnalysisUse,
    _ placement: AnalysisPlacement
  ) {
    if state.blueGreen == nil { state.blueGreen = BlueGreenStatus() }
    let known = before.blueGreen?[keyPath: field]
    let run = current(state.blueGreen?[keyPath: field], known: known, placement)
    state.blueGreen?[keyPath: field] = run
    start(run, use, placement)
    judge(run, placement)
  }

  private mutating func settle(
    _ field: WritableKeyPath<RolloutState, RunStatus?>, _ use: AnalysisUse,
    _ placement: AnalysisPlacement
  ) {
    guard !state.isAborted else { return }
    let run = current(state[keyPath: field], known: before[keyPath: field], placement)
    state[keyPath: field] = run
    start(run, use, placement)
    judge(run, placement)
  }

  /// The run that decides now: the known one, unless it was inconclusive and a person has taken the
  /// pause away without promoting, which asks for another.
  private func current(
    _ run: RunStatus?, known: RunStatus?, _ placement: AnalysisPlacement
  ) -> RunStatus {
    if let run {
      let isRepeated =
        known?.name == run.name && known?.phase == .inconclusive && run.phase == .inconclusive
        && state.pause(.inconclusiveAnalysis) == nil
      if !isRepeated { return run }
    }
    return RunStatus(
      name: freeName(baseName(placement)) { name in
        seen.runs[name].map { $0.isCompleted || $0.isTerminating } ?? false
      })
  }

  /// Decided beforehand, so that a repeated start finds what the first one made.
  func baseName(_ placement: AnalysisPlacement) -> String {
    let name = "\(plan.name)-\(state.currentHash)-\(state.revision)"
    return switch placement {
    case .background, .experiment: name
    case .step(let step): "\(name)-\(step)"
    case .prePromotion: "\(name)-pre"
    case .postPromotion: "\(name)-post"
    }
  }

  /// The first name that isn't used up by an earlier attempt.
  private func freeName(_ base: String, isUsedUp: (String) -> Bool) -> String {
    guard isUsedUp(base) else { return base }
    var attempt = 1
    while isUsedUp("\(base).\(attempt)") { attempt += 1 }
    return "\(base).\(attempt)"
  }

  private mutating func start(
    _ run: RunStatus, _ use: AnalysisUse, _ placement: AnalysisPlacement
  ) {
    guard seen.runs[run.name] == nil, !run.phase.isCompleted else { return }
    let arguments = use.arguments.map {
      $0.resolved(latest: state.currentHash, stable: state.stableHash)
    }
    actions.append(
      .startAnalysis(
        AnalysisStart(
          name: run.name, placement: placement, use: use, arguments: arguments,
          budgetShare: plan.budgetShare)))
  }

  private mutating func judge(_ run: RunStatus, _ placement: AnalysisPlacement) {
    switch run.phase {
    case .failed, .error:
      guard !state.isAborted else { return }
      abort(because: "\(placement.label) analysis phase error/failed: \(run.message)")
    case .inconclusive:
      if state.pause(.inconclusiveAnalysis) == nil { enterPause(.inconclusiveAnalysis) }
    case .pending, .running, .successful: return
    }
  }

  private mutating func settleExperiment() {
    guard !state.isAborted, plan.canary.steps.indices.contains(state.stepIndex),
      case .experiment(let use) = plan.canary.steps[state.stepIndex]
    else {
      state.experiment = ""
      return
    }
    let base = baseName(.step(state.stepIndex))
    let isKnown = state.experiment == base || state.experiment.hasPrefix("\(base).")
    let isRepeated =
      before.experiment == state.experiment && before.isControllerPaused
      && seen.experiments[state.experiment]?.phase == .inconclusive
      && state.pause(.inconclusiveExperiment) == nil
    if !isKnown || isRepeated {
      state.experiment = freeName(base) { name in
        seen.experiments[name].map { $0.phase.isCompleted || $0.isTerminating } ?? false
      }
      state.isControllerPaused = !state.pauses.isEmpty
    }
    guard let experiment = seen.experiments[state.experiment] else {
      actions.append(
        .startExperiment(
          ExperimentStart(
            name: state.experiment, step: state.stepIndex, use: use, stableHash: state.stableHash,
            latestHash: state.currentHash)))
      return
    }
    switch experiment.phase {
    case .failed, .error:
      abort(because: "Experiment phase error/failed: \(experiment.message)")
    case .inconclusive:
      if state.pause(.inconclusiveExperiment) == nil { enterPause(.inconclusiveExperiment) }
    case .pending, .running, .successful: return
    }
  }

  /// What nobody waits for any more is ended.
  mutating func terminateOthers() {
    let isJudging = isUpdating
    let wanted =
      isJudging
      ? [
        state.stepRun?.name, state.backgroundRun?.name, state.blueGreen?.prePromotion?.name,
        state.blueGreen?.postPromotion?.name,
      ] : []
    for (name, run) in seen.runs.sorted(by: { $0.key < $1.key })
    where !run.isCompleted && !run.isTerminating && !wanted.contains(name) {
      actions.append(.terminateAnalysis(name: name))
    }
    for (name, experiment) in seen.experiments.sorted(by: { $0.key < $1.key })
    where !experiment.phase.isCompleted && !experiment.isTerminating
      && !(isJudging && name == state.experiment)
    {
      actions.append(.terminateExperiment(name: name))
    }
  }

  /// Keeps as many finished runs and experiments as `spec.analysis` says, the newest, and those the
  /// status names.
  private mutating func deleteOldRuns() {
    let named = [
      state.stepRun?.name, state.backgroundRun?.name, state.blueGreen?.prePromotion?.name,
      state.blueGreen?.postPromotion?.name, state.experiment,
    ]
    let runs = seen.runs.filter { !named.contains($0.key) }
    for name in beyondHistory(runs.map { ($0, $1.phase, $1.created) }) {
      actions.append(.deleteAnalysis(name: name))
    }
    let experiments = seen.experiments.filter { !named.contains($0.key) }
    for name in beyondHistory(experiments.map { ($0, $1.phase, $1.created) }) {
      actions.append(.deleteExperiment(name: name))
    }
  }

  private func beyondHistory(
    _ finished: [(name: String, phase: AnalysisPhase, created: Timestamp)]
  ) -> [String] {
    let newestFirst = finished.filter { $0.phase.isCompleted }
      .sorted { ($0.created, $0.name) > ($1.created, $1.name) }
    let good = newestFirst.filter { $0.phase == .successful }
    let bad = newestFirst.filter { $0.phase != .successful }
    return
      (good.dropFirst(plan.runHistory.successful) + bad.dropFirst(plan.runHistory.unsuccessful))
      .map(\.name).sorted()
  }
}

extension AnalysisPlacement {
  /// As Argo's messages begin.
  fileprivate var label: String {
    switch self {
    case .background: "Background"
    case .step: "Step-based"
    case .prePromotion: "Blue/green pre-promotion"
    case .postPromotion: "Blue/green post-promotion"
    case .experiment: "Experiment"
    }
  }
}
