internal import Analysis
internal import MetricModel

extension DecisionPass {
  /// What weights are parts of.
  var maxWeight: Int { plan.canary.routing?.maxWeight ?? 100 }

  /// The weight the canary should have now.
  var wantedWeight: Int {
    if state.isAborted { return 0 }
    if state.stableHash.isEmpty || state.isFullyPromoted || state.promotesFully || isFastRollback {
      return maxWeight
    }
    // A person's pause keeps a new revision from its first pod, whatever else is resized.
    if plan.isPaused, seen.replicaSet(state.currentHash)?.desired == 0 { return 0 }
    return plan.canary.weight(at: state.stepIndex)
  }

  /// The step being worked on; nil when all are done.
  var currentStep: CanaryStep? { plan.canary.step(at: state.stepIndex) }

  /// Works on the current step, and goes to the next when it is done.
  mutating func workOnStep(_ newSet: ObservedReplicaSet) {
    if plan.blueGreen != nil {
      workOnPromotion(newSet)
      return
    }
    guard isUpdating, let step = currentStep else { return }
    let isDone =
      switch step {
      case .setWeight: isAtWantedSize(newSet) && isAtWantedWeight
      case .setCanaryScale: isAtWantedSize(newSet)
      case .setHeaderRoute, .setMirrorRoute: true
      case .pause(let duration): pauseIsOver(duration)
      case .analysis: state.stepRun?.phase == .successful
      case .experiment: seen.experiments[state.experiment]?.phase == .successful
      }
    guard isDone else { return }
    state.stepIndex += 1
    state.stepRun = nil
    state.experiment = ""
    state.pauses.removeAll { $0.reason == .canaryPauseStep }
    state.isControllerPaused = !state.pauses.isEmpty
    let steps = plan.canary.steps.count
    record(
      "RolloutStepCompleted", "Rollout step \(state.stepIndex)/\(steps) completed (\(step))")
  }

  private var isAtWantedWeight: Bool {
    plan.canary.routing == nil || state.traffic?.canary.weight == wantedWeight
  }

  /// Enters a pause step at its first sight; it ends by time, or when a person took the pause away.
  private mutating func pauseIsOver(_ duration: Milliseconds?) -> Bool {
    if let pause = state.pause(.canaryPauseStep) {
      guard let duration else { return false }
      return seen.now >= pause.start.advanced(by: duration)
    }
    if state.isControllerPaused { return true }
    enterPause(.canaryPauseStep)
    return false
  }

  mutating func enterPause(_ reason: RolloutPause.Reason) {
    state.pauses.append(RolloutPause(reason: reason, start: seen.now))
    state.isControllerPaused = true
    record("RolloutPaused", "Rollout is paused (\(reason.rawValue))")
  }
}

extension CanaryPlan {
  package func step(at index: Int) -> CanaryStep? {
    steps.indices.contains(index) ? steps[index] : nil
  }

  /// The weight of the last `setWeight` up to and including step `index`: 0 before the first one,
  /// the whole when all steps are done.
  package func weight(at index: Int) -> Int {
    if index >= steps.count { return routing?.maxWeight ?? 100 }
    for step in steps.prefix(max(0, index + 1)).reversed() {
      if case .setWeight(let weight) = step { return weight }
    }
    return 0
  }

  /// The last `setCanaryScale` up to and including step `index`.
  func scale(at index: Int) -> RoutedReplicaCounts.CanaryScale {
    if index >= steps.count { return .matchTrafficWeight }
    for step in steps.prefix(max(0, index + 1)).reversed() {
      if case .setCanaryScale(let scale) = step { return scale }
    }
    return .matchTrafficWeight
  }

  /// The weights of all steps, in their order.
  var stepWeights: [Int] {
    steps.compactMap { if case .setWeight(let weight) = $0 { weight } else { nil } }
  }

  /// The routes that the steps up to and including `index` leave, in the order of precedence.
  func routes(at index: Int) -> (headers: [HeaderRoute], mirrors: [MirrorRoute]) {
    var headers: [String: HeaderRoute] = [:]
    var mirrors: [String: MirrorRoute] = [:]
    for step in steps.prefix(max(0, index + 1)) {
      if case .setHeaderRoute(let route) = step { headers[route.name] = route }
      if case .setMirrorRoute(let route) = step { mirrors[route.name] = route }
    }
    let names = routing?.managedRoutes ?? []
    return (
      names.compactMap { headers[$0] }.filter { !$0.matches.isEmpty },
      names.compactMap { mirrors[$0] }.filter { !$0.matches.isEmpty }
    )
  }
}
