internal import Analysis
internal import MetricModel
package import Rollouts

/// What must hold after every single write of a controller, whatever happened before it.
///
/// Judged by what the controller could see: nobody can know of a pod that died a moment ago.
package struct RolloutLaws: Sendable {
  package let plan: RolloutPlan
  package let seen: RolloutObservation
  /// The stored state before the pass, and the one it stored.
  package let before: RolloutState
  package let after: RolloutState
  /// A person asked for a retry or a full promotion of this revision after its verdict.
  package let isForgiven: Bool

  package init(
    plan: RolloutPlan, seen: RolloutObservation, before: RolloutState, after: RolloutState,
    isForgiven: Bool = false
  ) {
    self.plan = plan
    self.seen = seen
    self.before = before
    self.after = after
    self.isForgiven = isForgiven
  }

  /// What the stored state breaks.
  package var brokenByState: [String] {
    var broken: [String] = []
    func demand(_ holds: Bool, _ text: String) { if !holds { broken.append(text) } }
    let steps = plan.canary.steps.count
    let isNew = before.currentHash != after.currentHash || before.stepHash != after.stepHash
    demand(
      [before.stepIndex, before.stepIndex + 1, 0, steps].contains(
        after.stepIndex),
      "the step went from \(before.stepIndex) to \(after.stepIndex) of \(steps)")
    if before.isAborted, after.isAborted, !isNew {
      // The status may be ahead of the routers, which a killed controller never reached.
      demand(after.weight <= max(before.weight, heldWeight), "the weight rose after an abort")
    }
    if let traffic = after.traffic {
      let sum =
        traffic.canary.weight + traffic.stable.weight
        + traffic.additional.reduce(0) { $0 + $1.weight }
      demand(sum == maxWeight, "the weights sum to \(sum)")
      demand(
        traffic.canary.weight >= 0 && traffic.stable.weight >= 0, "a weight is negative")
      demand(
        traffic.canary.weight <= max(heldWeight, weightMax),
        "weight \(traffic.canary.weight) at a step of weight \(weightMax)")
    }
    if before.stableHash != after.stableHash { broken += brokenByPromotion }
    if !isNew, after.stepIndex == before.stepIndex + 1, after.stableHash == before.stableHash {
      broken += brokenByStep
    }
    let bad = [
      after.stepRun, after.backgroundRun, after.blueGreen?.prePromotion,
      after.blueGreen?.postPromotion,
    ].contains { $0?.phase == .failed || $0?.phase == .error }
    demand(
      !bad || after.isAborted || after.isFullyPromoted || after.promotesFully || isRollback,
      "it went on after a bad verdict")
    return broken
  }

  private var maxWeight: Int { plan.canary.routing?.maxWeight ?? 100 }

  /// The canary's weight that the routers are known to hold, or were told to.
  private var heldWeight: Int {
    seen.routed?.canary.weight ?? before.traffic?.canary.weight ?? before.weight
  }

  /// The most a canary may have at the step it is at, or has just left.
  private var weightMax: Int {
    if after.isAborted { return 0 }
    let isFree = before.promotesFully || after.promotesFully || isRollback || after.isFullyPromoted
    // A pass decides about weights, then goes to the next step, which may ask for less.
    let steps = [before.stepIndex, after.stepIndex]
    return isFree ? maxWeight : steps.map { plan.canary.weight(at: $0) }.max() ?? 0
  }

  /// Whether steps may be skipped: an earlier revision within the window, never judged bad.
  private var isRollback: Bool {
    guard let window = plan.rollbackWindow, window > 0,
      let new = seen.replicaSet(after.currentHash), let stable = seen.replicaSet(before.stableHash)
    else { return false }
    return new.created < stable.created && !new.isRejected
  }

  /// Whether blue-green's way back is open: it ran everywhere a moment ago, never judged bad.
  private var isWayBack: Bool {
    guard let set = seen.replicaSet(after.currentHash) else { return false }
    return set.scaleDownDeadline.map { $0 > seen.now } ?? false && !set.isRejected
  }

  /// A step is left when what it asks for is there.
  private var brokenByStep: [String] {
    var broken: [String] = []
    func demand(_ holds: Bool, _ text: String) { if !holds { broken.append(text) } }
    demand(!plan.isPaused, "worked on a step although a person holds the rollout")
    demand(!before.isAborted && !after.isAborted, "worked on a step after an abort")
    let isUndecided =
      before.pause(.inconclusiveAnalysis) != nil || before.pause(.inconclusiveExperiment) != nil
    demand(!isUndecided, "worked on a step although nobody decided")
    guard plan.canary.steps.indices.contains(before.stepIndex) else {
      return broken + ["a step is done that doesn't exist"]
    }
    let new = seen.replicaSet(after.currentHash)
    switch plan.canary.steps[before.stepIndex] {
    case .setWeight(let weight):
      if plan.canary.routing != nil {
        demand(after.traffic?.canary.weight == weight, "left setWeight \(weight) too early")
      }
      let needed = plan.canary.routing == nil ? plan.limits.split(weight: weight).canary : 0
      demand(
        (new?.available ?? 0) >= needed || plan.canary.progressThreshold != nil,
        "left setWeight \(weight) with \(new?.available ?? 0) pods of \(needed)")
    case .pause(let length):
      let start = before.pause(.canaryPauseStep)?.start
      let isOver = start.map { start in
        length.map { seen.now >= start.advanced(by: $0) } ?? false
      }
      demand(isOver ?? before.isControllerPaused, "left a pause that isn't over")
    case .analysis:
      let run = before.stepRun.flatMap { seen.runs[$0.name] }
      demand(run?.phase == .successful, "left an analysis that isn't successful")
    case .experiment:
      demand(
        seen.experiments[before.experiment]?.phase == .successful,
        "left an experiment that isn't successful")
    case .setCanaryScale, .setHeaderRoute, .setMirrorRoute: break
    }
    return broken
  }

  /// All steps and judgements of the current attempt are done.
  private var isJudgedAnew: Bool {
    guard let blueGreen = plan.blueGreen else {
      return before.stepIndex >= plan.canary.steps.count
    }
    // What comes before the switch is a law about the switch.
    return blueGreen.postPromotion == nil || after.blueGreen?.postPromotion?.phase == .successful
  }

  /// The stable revision changes only to what has all pods and all traffic, went all of its way or
  /// may take a short one, and wasn't judged bad.
  private var brokenByPromotion: [String] {
    var broken: [String] = []
    func demand(_ holds: Bool, _ text: String) { if !holds { broken.append(text) } }
    let set = seen.replicaSet(after.stableHash)
    demand(
      (set?.available ?? 0) >= plan.replicas,
      "promoted with \(set?.available ?? 0) of \(plan.replicas) pods")
    guard !before.stableHash.isEmpty else { return broken }
    demand(!before.isAborted || before.promotesFully, "promoted what was aborted")
    demand(!plan.isPaused, "promoted although a person holds the rollout")
    demand(
      before.promotesFully || isJudgedAnew || isRollback || plan.blueGreen != nil && isWayBack,
      "promoted at step \(before.stepIndex) of \(plan.canary.steps.count)")
    demand(
      before.pauses.isEmpty || before.promotesFully || isRollback, "promoted in a pause")
    demand(
      set?.isRejected != true || isForgiven || before.promotesFully || isJudgedAnew,
      "promoted what was judged bad")
    if let blueGreen = plan.blueGreen {
      demand(
        seen.services[blueGreen.activeService] == after.stableHash,
        "promoted before the active service was switched")
    } else if plan.canary.routing != nil, plan.replicas > 0 {
      let held = seen.routed?.canary ?? before.traffic?.canary
      demand(
        held?.podHash == after.stableHash && held?.weight == maxWeight,
        "promoted without all of the traffic")
    } else if plan.canary.routing == nil {
      let old = seen.replicaSet(before.stableHash)?.desired ?? 0
      demand(old == 0 || plan.replicas == 0, "promoted beside \(old) pods of the old revision")
    }
    return broken
  }

  /// What one write breaks, given all ReplicaSets and the split just before it.
  package func broken(
    by action: RolloutAction, sets: [ObservedReplicaSet], routed: TrafficTarget?
  ) -> [String] {
    switch action {
    case .route(let target): return brokenByRoute(target, routed)
    case .scale(let hash, let replicas, _): return brokenByScale(hash, replicas, sets, routed)
    case .select(let service, let hash): return brokenBySelect(service, hash)
    case .deleteConfig(let reference):
      let readers = sets.filter { $0.configs.contains(reference) }.map(\.podHash)
      return readers.isEmpty ? [] : ["deleted \(reference), which \(readers) read"]
    case .startAnalysis(let start):
      return after.isAborted ? ["started \(start.name) after an abort"] : []
    default: return []
    }
  }

  private func available(_ hash: String) -> Int { seen.replicaSet(hash)?.available ?? 0 }

  /// Weight never moves away from pods that serve, to where there are none. Where no pod serves on
  /// any side that has weight, it may go back to stable at once: a revision that is still to be
  /// judged gets no more than its step's weight, however many pods it has.
  private func brokenByRoute(_ target: TrafficTarget, _ old: TrafficTarget?) -> [String] {
    var broken: [String] = []
    let sides = [target.canary, target.stable]
    // What the routers hold, or are believed to.
    let holders =
      old.map { [$0.canary, $0.stable] } ?? before.traffic.map { [$0.canary, $0.stable] } ?? []
    let isServed = holders.contains { $0.weight > 0 && available($0.podHash) > 0 }
    for side in sides where side.weight > 0 {
      let had = holders.filter { $0.podHash == side.podHash }.map(\.weight).max() ?? 0
      if side.weight > had, available(side.podHash) == 0, isServed {
        broken.append("weight \(side.weight) to \(side.podHash), which has no pod available")
      }
    }
    if plan.canary.isStableScaleDynamic, let old, target.stable.weight > old.stable.weight,
      old.stable.podHash == target.stable.podHash, available(old.canary.podHash) > 0
    {
      let needed = target.stable.weight * plan.replicas / maxWeight
      let pods = available(target.stable.podHash)
      if pods < needed {
        broken.append("weight \(target.stable.weight) to \(pods) stable pods of \(needed)")
      }
    }
    let hasRoutes = !target.headerRoutes.isEmpty || !target.mirrorRoutes.isEmpty
    if hasRoutes, available(target.canary.podHash) == 0 {
      broken.append("routes to a canary without available pods")
    }
    return broken
  }

  private func brokenByScale(
    _ hash: String, _ replicas: Int, _ sets: [ObservedReplicaSet], _ routed: TrafficTarget?
  ) -> [String] {
    var broken: [String] = []
    let old = sets.first { $0.podHash == hash }?.desired ?? 0
    if hash == after.currentHash, replicas > 0 {
      let missing = plan.configCopies.filter { !seen.configCopies.contains($0.reference) }
      broken += missing.map { "made pods that read \($0.reference), which isn't there" }
    }
    if replicas == 0, old > 0, plan.replicas > 0, let routed {
      for side in [routed.canary, routed.stable] where side.podHash == hash && side.weight > 0 {
        broken.append("took all pods of \(hash) at weight \(side.weight)")
      }
    }
    if replicas < old, let set = sets.first(where: { $0.podHash == hash }),
      let deadline = set.scaleDownDeadline, deadline > seen.now, hash != after.currentHash,
      plan.scaleDown.delay != nil, plan.scaleDown.revisionLimit == nil
    {
      broken.append("took pods of \(hash) before its time")
    }
    if let blueGreen = plan.blueGreen, replicas < old,
      seen.services[blueGreen.activeService] == hash, replicas < plan.replicas,
      !wasMoved(blueGreen.activeService)
    {
      broken.append("took pods of the active revision")
    }
    guard plan.blueGreen == nil, plan.canary.routing == nil else { return broken }
    let wanted = sets.reduce(0) { $0 + $1.desired } - old + replicas
    let wantedBefore = sets.reduce(0) { $0 + $1.desired }
    if wanted > max(plan.limits.podsMax, wantedBefore) {
      broken.append("\(wanted) pods, at most \(plan.limits.podsMax)")
    }
    let left = sets.reduce(0) {
      $0 + min($1.available, $1.podHash == hash ? replicas : $1.desired)
    }
    let leftBefore = sets.reduce(0) { $0 + min($1.available, $1.desired) }
    if left < min(plan.limits.availableMin, leftBefore) {
      broken.append("\(left) pods left, at least \(plan.limits.availableMin)")
    }
    return broken
  }

  private func wasMoved(_ service: String) -> Bool {
    after.blueGreen?.activeSelector != seen.services[service]
  }

  /// After a promotion the stable Service follows the traffic that is there already.
  private func hasAllTraffic(_ hash: String) -> Bool {
    guard let traffic = before.traffic else { return false }
    return [traffic.canary, traffic.stable].allSatisfy { $0.weight == 0 || $0.podHash == hash }
  }

  private func brokenBySelect(_ service: String, _ hash: String) -> [String] {
    let old = seen.services[service] ?? ""
    guard service == plan.blueGreen?.activeService || service == plan.canary.stableService else {
      return []
    }
    if available(hash) == 0, available(old) > 0, !hasAllTraffic(hash) {
      return ["pointed \(service) from pods that serve to \(hash), which has none"]
    }
    guard let blueGreen = plan.blueGreen, hash == after.currentHash, !after.stableHash.isEmpty,
      hash != after.stableHash
    else { return [] }
    var broken: [String] = []
    if available(hash) < plan.replicas { broken.append("switched before all pods are there") }
    let isFree = before.promotesFully || isRollback || isWayBack
    if after.isAborted { broken.append("switched after an abort") }
    if !isFree, !before.pauses.isEmpty { broken.append("switched in a pause") }
    if !isFree, blueGreen.prePromotion != nil,
      after.blueGreen?.prePromotion?.phase != .successful
    {
      broken.append("switched before the analysis was successful")
    }
    return broken
  }
}
