internal import Analysis
internal import MetricModel

/// Starts, follows and ends AnalysisRuns and Experiments.
extension DecisionPass {
  mutating func settleRuns(_ newSet: ObservedReplicaSet) {
    forgetForeignRuns()
    follow(&state.stepRun)
    follow(&state.backgroundRun)
    follow(&preRun)
    follow(&postRun)
    // All verdicts first: an update that is given up starts nothing any more.
    if isUpdating {
      judge(state.stepRun, known: before.stepRun, .step(state.stepIndex))
      judge(state.backgroundRun, known: before.backgroundRun, .background)
      judge(preRun, known: before.blueGreen?.prePromotion, .prePromotion)
      judge(postRun, known: before.blueGreen?.postPromotion, .postPromotion)
    }
    if isUpdating {
      switch plan.strategy {
      case .canary(let canary):
        settleExperiment()
        if isUpdating { startRuns(canary) }
      case .blueGreen(let blueGreen): startPromotionRuns(blueGreen, newSet)
      }
    }
    terminateOthers()
    deleteOldRuns()
  }

  /// A run of another step, after a person moved the index; one the plan doesn't ask for any more.
  private mutating func forgetForeignRuns() {
    guard !state.isAborted else { return }
    if let run = state.stepRun {
      let base = baseName(.step(state.stepIndex))
      if run.name != base, !run.name.hasPrefix("\(base).") { state.stepRun = nil }
    }
    if plan.canary.background == nil { state.backgroundRun = nil }
    if plan.blueGreen?.prePromotion == nil { preRun = nil }
    if plan.blueGreen?.postPromotion == nil { postRun = nil }
  }

  private var preRun: RunStatus? {
    get { state.blueGreen?.prePromotion }
    set { state.blueGreen?.prePromotion = newValue }
  }

  private var postRun: RunStatus? {
    get { state.blueGreen?.postPromotion }
    set { state.blueGreen?.postPromotion = newValue }
  }

  private func follow(_ run: inout RunStatus?) {
    guard let name = run?.name, let observed = seen.runs[name] else { return }
    run?.phase = observed.phase
    run?.message = observed.message
  }

  private mutating func startRuns(_ canary: CanaryPlan) {
    if case .analysis(let use)? = currentStep {
      start(use, .step(state.stepIndex), \.state.stepRun, known: before.stepRun)
    }
    if let background = canary.background, state.stepIndex >= background.startingStep {
      start(background.use, .background, \.state.backgroundRun, known: before.backgroundRun)
    }
  }

  private mutating func startPromotionRuns(
    _ blueGreen: BlueGreenPlan, _ newSet: ObservedReplicaSet
  ) {
    // What the status says of the Service may not have been done.
    let hasCutOver = seen.services[blueGreen.activeService] == newSet.podHash
    if state.blueGreen == nil { state.blueGreen = BlueGreenStatus() }
    let known = before.blueGreen
    if let use = blueGreen.prePromotion, !hasCutOver, !isFastTracked(newSet),
      preRun != nil || isPreviewReady(newSet)
    {
      start(use, .prePromotion, \.preRun, known: known?.prePromotion)
    }
    if let use = blueGreen.postPromotion, hasCutOver, !isPostPromotionOver {
      start(use, .postPromotion, \.postRun, known: known?.postPromotion)
    }
  }

  /// Whether a run was inconclusive and a person has taken the pause away without promoting, which
  /// asks for another.
  private func isRepeated(_ run: RunStatus, known: RunStatus?) -> Bool {
    known == run && run.phase == .inconclusive && state.pause(.inconclusiveAnalysis) == nil
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

  /// Names the run that decides now and asks for it, where it doesn't exist yet.
  private mutating func start(
    _ use: AnalysisUse, _ placement: AnalysisPlacement,
    _ run: WritableKeyPath<DecisionPass, RunStatus?>, known: RunStatus?
  ) {
    let current: RunStatus
    if let run = self[keyPath: run], !isRepeated(run, known: known) {
      current = run
    } else {
      let name = freeName(baseName(placement)) { name in
        seen.runs[name].map { $0.isCompleted || $0.isTerminating } ?? false
      }
      current = RunStatus(name: name)
    }
    self[keyPath: run] = current
    guard seen.runs[current.name] == nil, !current.phase.isCompleted else { return }
    let arguments = use.arguments.map {
      $0.resolved(latest: state.currentHash, stable: state.stableHash)
    }
    actions.append(
      .startAnalysis(
        AnalysisStart(
          name: current.name, placement: placement, use: use, arguments: arguments,
          budgetShare: plan.budgetShare)))
  }

  private mutating func judge(
    _ run: RunStatus?, known: RunStatus?, _ placement: AnalysisPlacement
  ) {
    guard let run, !state.isAborted else { return }
    switch run.phase {
    case .failed, .error:
      abort(because: "\(placement.label) analysis phase error/failed: \(run.message)")
    case .inconclusive:
      if state.pause(.inconclusiveAnalysis) == nil, !isRepeated(run, known: known) {
        enterPause(.inconclusiveAnalysis)
      }
    case .pending, .running, .successful: return
    }
  }

  private mutating func settleExperiment() {
    guard !state.isAborted, case .experiment(let use)? = currentStep else {
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
