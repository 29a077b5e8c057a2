internal import Analysis
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
      demand(after.weight <= before.weight, "the weight rose after an abort")
    }
    if let traffic = after.traffic {
      let sum =
        traffic.canary.weight + traffic.stable.weight
        + traffic.additional.reduce(0) { $0 + $1.weight }
      demand(sum == (plan.canary.routing?.maxWeight ?? 100), "the weights sum to \(sum)")
      demand(
        traffic.canary.weight >= 0 && traffic.stable.weight >= 0, "a weight is negative")
    }
    if before.stableHash != after.stableHash { broken += brokenByPromotion }
    let bad = [
      after.stepRun, after.backgroundRun, after.blueGreen?.prePromotion,
      after.blueGreen?.postPromotion,
    ].contains { $0?.phase == .failed || $0?.phase == .error }
    demand(
      !bad || after.isAborted || after.isFullyPromoted || after.promotesFully || plan.isPaused
        || seen.refusal != nil || isResized,
      "it went on after a bad verdict")
    return broken
  }

  /// All steps and judgements of the current attempt are done.
  private var isJudgedAnew: Bool {
    guard let blueGreen = plan.blueGreen else {
      return before.stepIndex >= plan.canary.steps.count
    }
    return (blueGreen.prePromotion == nil || after.blueGreen?.prePromotion?.phase == .successful)
      && (blueGreen.postPromotion == nil || after.blueGreen?.postPromotion?.phase == .successful)
  }

  private var isResized: Bool {
    seen.replicaSets.contains { $0.desired > 0 && ($0.sizedFor ?? plan.replicas) != plan.replicas }
  }

  /// The stable revision changes only to what has all pods and all traffic, and wasn't judged bad.
  private var brokenByPromotion: [String] {
    var broken: [String] = []
    func demand(_ holds: Bool, _ text: String) { if !holds { broken.append(text) } }
    let set = seen.replicaSet(after.stableHash)
    demand(
      (set?.available ?? 0) >= plan.replicas,
      "promoted with \(set?.available ?? 0) of \(plan.replicas) pods")
    guard !before.stableHash.isEmpty else { return broken }
    demand(!before.isAborted || before.promotesFully, "promoted what was aborted")
    demand(
      set?.isRejected != true || isForgiven || before.promotesFully || isJudgedAnew,
      "promoted what was judged bad")
    if let blueGreen = plan.blueGreen {
      demand(
        seen.services[blueGreen.activeService] == after.stableHash,
        "promoted before the active service was switched")
    } else if plan.canary.routing != nil, plan.replicas > 0 {
      demand(
        before.traffic?.canary.podHash == after.stableHash
          && before.traffic?.canary.weight == plan.canary.routing?.maxWeight,
        "promoted without all of the traffic")
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
    case .startAnalysis(let start):
      return after.isAborted ? ["started \(start.name) after an abort"] : []
    default: return []
    }
  }

  private func available(_ hash: String) -> Int { seen.replicaSet(hash)?.available ?? 0 }

  private func brokenByRoute(_ target: TrafficTarget, _ old: TrafficTarget?) -> [String] {
    var broken: [String] = []
    for side in [target.canary, target.stable] where side.weight > 0 {
      // What the routers hold, or are believed to.
      let holders =
        old.map { [$0.canary, $0.stable] } ?? before.traffic.map { [$0.canary, $0.stable] } ?? []
      let had = holders.filter { $0.podHash == side.podHash }.map(\.weight).max() ?? 0
      let elsewhere = [target.canary, target.stable].contains {
        $0.podHash != side.podHash && available($0.podHash) > 0
      }
      if side.weight > had, available(side.podHash) == 0, elsewhere {
        broken.append("weight \(side.weight) to \(side.podHash), which has no pod available")
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
    if replicas == 0, old > 0, plan.replicas > 0, let routed {
      for side in [routed.canary, routed.stable] where side.podHash == hash && side.weight > 0 {
        broken.append("took all pods of \(hash) at weight \(side.weight)")
      }
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
    guard service == plan.blueGreen?.activeService || service == plan.canary.stableService,
      available(hash) == 0, available(old) > 0, !hasAllTraffic(hash)
    else { return [] }
    return ["pointed \(service) from pods that serve to \(hash), which has none"]
  }
}
