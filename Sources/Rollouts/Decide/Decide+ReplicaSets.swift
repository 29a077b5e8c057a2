internal import MetricModel

/// Sizes, delays and roles of ReplicaSets.
extension DecisionPass {
  /// The sizes to ask for in this pass, for the current and the stable ReplicaSet.
  func nextSplit(_ newSet: ObservedReplicaSet) -> ReplicaSplit {
    switch plan.strategy {
    case .blueGreen(let blueGreen): return blueGreenSplit(blueGreen, newSet)
    case .canary(let canary) where canary.routing != nil: return routedSplit(canary, newSet)
    case .canary:
      return plan.limits.next(
        toward: wantedWeight, canary: newSet.counts, stable: stableSet?.counts,
        older: olderSets.reduce(0) { $0 + $1.desired })
    }
  }

  private func routedSplit(_ canary: CanaryPlan, _ newSet: ObservedReplicaSet) -> ReplicaSplit {
    guard let stable = stableSet, !state.isFullyPromoted else {
      return ReplicaSplit(canary: plan.replicas, stable: 0)
    }
    let isWhole = state.promotesFully || isFastRollback
    let scale = isWhole ? .matchTrafficWeight : canary.scale(at: state.stepIndex)
    let counts = RoutedReplicaCounts(
      replicas: plan.replicas, weight: wantedWeight, maxWeight: maxWeight,
      podsMin: canary.podsMin, canaryScale: scale, isAborted: state.isAborted,
      keepsAbortedCanary: canary.scaleDown.abortDelay == nil && plan.replicas > 0)
    var split = counts.split
    let isDraining = state.traffic.map { $0.canary.podHash != state.currentHash } ?? false
    let drainedWeight = isDraining ? 0 : state.traffic?.canary.weight ?? 0
    if canary.isStableScaleDynamic, !(isDraining && (state.traffic?.canary.weight ?? 0) > 0) {
      split = counts.dynamicSplit(
        now: .init(canary: drainedWeight, stable: maxWeight - drainedWeight),
        stepWeights: canary.stepWeights, isAnyPodAvailable: newSet.available + stable.available > 0)
    }
    if state.isAborted {
      if !isGone(newSet, after: canary.scaleDown.abortDelay) {
        split.canary = max(split.canary, newSet.desired)
      }
    } else if scale == .matchTrafficWeight {
      let inUse = RoutedReplicaCounts.pods(
        for: drainedWeight, of: plan.replicas, maxWeight: maxWeight)
      split.canary = max(split.canary, min(inUse, newSet.desired))
    } else if drainedWeight > 0, newSet.desired > 0 {
      // A scale of its own never takes the last pod under a weight.
      split.canary = max(split.canary, 1)
    }
    return split
  }

  /// Whether an aborted revision's time is over. Without a delay that is when its traffic is gone.
  func isGone(_ set: ObservedReplicaSet, after delay: Milliseconds?) -> Bool {
    if plan.replicas == 0 { return true }
    guard let delay else { return false }
    if delay == .zero { return true }
    return set.scaleDownDeadline.map { $0 <= seen.now } ?? false
  }

  /// Whether every ReplicaSet has the pods it should have for the wanted weight, available.
  func isAtWantedSize(_ newSet: ObservedReplicaSet) -> Bool {
    let split = nextSplit(newSet)
    guard newSet.desired == split.canary else { return false }
    guard newSet.available >= enough(of: split.canary) else { return false }
    if plan.canary.routing != nil { return true }
    guard newSet.available <= split.canary || plan.canary.progressThreshold != nil else {
      return false
    }
    if let stable = stableSet {
      guard stable.desired == split.stable,
        stable.available == split.stable || plan.canary.progressThreshold != nil
      else { return false }
    }
    return olderSets.allSatisfy { $0.available == 0 && $0.desired == 0 }
  }

  /// How many of the canary's pods must be available for a step to be done.
  private func enough(of replicas: Int) -> Int {
    guard let threshold = plan.canary.progressThreshold else { return replicas }
    return min(replicas, threshold.pods(of: replicas, roundingUp: true))
  }

  /// Writes the size of one ReplicaSet, if any needs it: stable before canary before older ones.
  @discardableResult
  mutating func scaleOnce(_ newSet: ObservedReplicaSet) -> Bool {
    let split = nextSplit(newSet)
    if let stable = stableSet, scale(stable, to: split.stable) { return true }
    if scale(newSet, to: split.canary) { return true }
    if let (set, replicas) = olderToShrink() { return scale(set, to: replicas) }
    return deleteBeyondHistory()
  }

  /// While a person holds the rollout, a size on the way doesn't count as made for the new number
  /// of replicas: nothing but a resize would ever finish it.
  private mutating func scale(_ set: ObservedReplicaSet, to replicas: Int) -> Bool {
    let isForOthers = isForOthers(set) && replicas > 0
    let isOnTheWay = isHeld && isForOthers && !isAtShare(set, replicas)
    guard set.desired != replicas || isForOthers && !isOnTheWay else { return false }
    let sizedFor = isOnTheWay ? set.sizedFor ?? plan.replicas : plan.replicas
    actions.append(.scale(podHash: set.podHash, replicas: replicas, sizedFor: sizedFor))
    guard set.desired != replicas else { return true }
    let direction = replicas > set.desired ? "up" : "down"
    record(
      "ScalingReplicaSet",
      "Scaled \(direction) ReplicaSet \(replicaSetName(set.podHash)) (revision \(set.revision)) "
        + "from \(set.desired) to \(replicas)")
    return true
  }

  /// Whether a ReplicaSet was sized for another number of replicas.
  func isForOthers(_ set: ObservedReplicaSet) -> Bool {
    (set.sizedFor ?? plan.replicas) != plan.replicas
  }

  /// Whether a size is the one that the weight leads to, where pods carry it.
  private func isAtShare(_ set: ObservedReplicaSet, _ replicas: Int) -> Bool {
    guard plan.blueGreen == nil, plan.canary.routing == nil, stableSet != nil else { return true }
    let share = plan.limits.split(weight: wantedWeight)
    if set.podHash == state.currentHash { return replicas == share.canary }
    return set.podHash == state.stableHash ? replicas == share.stable : replicas == 0
  }

  /// An older ReplicaSet that may lose pods. Where pods carry the traffic: first those that aren't
  /// available, which would block the update without serving anybody, then as many as availability
  /// allows. Where Services or routers do: all at once, when their delay is over and their traffic
  /// gone; of no replicas at all nobody takes the traffic over, so they go with it.
  private func olderToShrink() -> (ObservedReplicaSet, Int)? {
    guard plan.blueGreen == nil, plan.canary.routing == nil else {
      let stays = keptForLater
      for set in olderSets where !mustServe(set.podHash) {
        let isAlone = hasTraffic(set.podHash)
        if set.desired > 0, isAlone || !stays.contains(set.podHash) { return (set, 0) }
        if set.desired > 0, isForOthers(set) { return (set, set.desired) }
      }
      return nil
    }
    for set in olderSets where set.desired > set.available {
      return (set, set.available)
    }
    let available = seen.replicaSets.reduce(0) { $0 + min($1.available, $1.desired) }
    let surplus = available - plan.limits.availableMin
    let inUse = olderSets.filter { $0.desired > 0 }
    // What can't go yet must not pass for a resize that never ends.
    guard surplus > 0, let oldest = inUse.first else {
      return inUse.first(where: isForOthers).map { ($0, $0.desired) }
    }
    return (oldest, max(0, oldest.desired - surplus))
  }

  /// Whether a revision keeps its pods because something is sent to it.
  func mustServe(_ podHash: String) -> Bool { plan.replicas > 0 && hasTraffic(podHash) }

  /// Whether a router or the active Service may send something to a revision.
  func hasTraffic(_ podHash: String) -> Bool {
    if let blueGreen = plan.blueGreen {
      return seen.services[blueGreen.activeService] == podHash
        || state.blueGreen?.activeSelector == podHash
    }
    guard let traffic = state.traffic else { return false }
    return [traffic.canary, traffic.stable].contains { $0.podHash == podHash && $0.weight > 0 }
  }

  /// Revisions that ran everywhere and wait for the way back, the newest first, as many as may.
  private var keptForLater: [String] {
    guard let delay = plan.scaleDown.delay, delay > .zero else { return [] }
    let waiting = olderSets.reversed().filter { set in
      guard set.desired > 0 else { return false }
      guard let deadline = set.scaleDownDeadline else { return state.isFullyPromoted }
      return deadline > seen.now
    }.map(\.podHash)
    return Array(waiting.prefix(plan.scaleDown.revisionLimit ?? .max))
  }

  /// Starts the delays of what lost its role, and ends those of what has one again.
  mutating func settleDeadlines(_ newSet: ObservedReplicaSet) {
    for set in seen.replicaSets.sorted(by: { $0.revision < $1.revision }) {
      let wanted = deadline(of: set, newSet)
      if wanted != set.scaleDownDeadline {
        actions.append(.setScaleDownDeadline(podHash: set.podHash, wanted))
      }
    }
  }

  private func deadline(
    of set: ObservedReplicaSet, _ newSet: ObservedReplicaSet
  ) -> Timestamp? {
    if set.podHash == state.stableHash { return nil }
    if set.podHash == state.currentHash { return currentDeadline(newSet) }
    if let deadline = set.scaleDownDeadline { return set.desired > 0 ? deadline : nil }
    guard state.isFullyPromoted, set.desired > 0, !hasTraffic(set.podHash),
      keptForLater.contains(set.podHash), let delay = plan.scaleDown.delay
    else { return nil }
    return seen.now.advanced(by: delay)
  }

  private func currentDeadline(_ newSet: ObservedReplicaSet) -> Timestamp? {
    guard state.isAborted else {
      // Until it is promoted again, the deadline tells that it ran everywhere just now.
      return plan.blueGreen != nil && newSet.desired > 0 ? newSet.scaleDownDeadline : nil
    }
    guard let delay = plan.scaleDown.abortDelay, delay > .zero else { return nil }
    if let deadline = newSet.scaleDownDeadline { return deadline }
    let stable = seen.replicaSet(state.stableHash)?.available ?? 0
    guard newSet.desired > 0, !hasTraffic(newSet.podHash), stable >= plan.replicas else {
      return nil
    }
    return seen.now.advanced(by: delay)
  }

  /// Removes the oldest empty ReplicaSets past `revisionHistoryLimit`, once nothing else is to do.
  private mutating func deleteBeyondHistory() -> Bool {
    let empty = olderSets.filter { $0.desired == 0 && $0.pods == 0 }
      .sorted { $0.revision < $1.revision }
    let surplus = empty.count - plan.revisionHistoryLimit
    guard surplus > 0 else { return false }
    for set in empty.prefix(surplus) { actions.append(.deleteReplicaSet(podHash: set.podHash)) }
    return true
  }

  /// Evicts pods older than `restartAt`, as many at a time as may be unavailable.
  mutating func settleRestart() {
    guard let restartAt = plan.restartAt, restartAt <= seen.now, state.restartedAt != restartAt
    else { return }
    let pods = seen.replicaSets.flatMap(\.podList)
    let old = pods.filter { $0.created < restartAt && !$0.isTerminating }
      .sorted { ($0.created, $0.name) < ($1.created, $1.name) }
    guard !old.isEmpty else {
      if pods.contains(where: { $0.created < restartAt }) { return }
      state.restartedAt = restartAt
      return
    }
    // Old pods that serve nobody go at once; those that do, as availability allows.
    let missing = pods.count { $0.isTerminating || (!$0.isAvailable && $0.created >= restartAt) }
    let budget = max(0, max(1, plan.limits.unavailable) - missing)
    for pod in old.filter({ !$0.isAvailable }) + old.filter(\.isAvailable).prefix(budget) {
      actions.append(.evict(pod: pod.name))
    }
  }

  /// Labels and annotations that last as long as a role.
  mutating func settleMetadata(_ newSet: ObservedReplicaSet) {
    for set in seen.replicaSets.sorted(by: { $0.revision < $1.revision }) {
      let wanted = metadata(of: set.podHash)
      if set.metadata != wanted {
        actions.append(.setMetadata(podHash: set.podHash, wanted))
      }
    }
  }

  func metadata(of podHash: String) -> PodMetadata {
    let isStable =
      podHash == (state.stableHash.isEmpty ? state.currentHash : state.stableHash)
    guard isStable || podHash == state.currentHash else { return PodMetadata() }
    return switch plan.strategy {
    case .canary(let canary): isStable ? canary.stableMetadata : canary.canaryMetadata
    case .blueGreen(let blueGreen):
      isStable ? blueGreen.activeMetadata : blueGreen.previewMetadata
    }
  }

  /// Takes pods from the workload that the Rollout replaces.
  mutating func settleWorkload(_ newSet: ObservedReplicaSet) {
    guard let reference = plan.workload, let workload = seen.workload else {
      state.workloadObservedGeneration = ""
      return
    }
    state.workloadObservedGeneration = String(workload.generation)
    let available = seen.replicaSets.reduce(0) { $0 + $1.available }
    let wanted: Int
    switch reference.scaleDown {
    case .never: return
    case .onSuccess:
      guard state.isFullyPromoted, newSet.available >= plan.replicas else { return }
      wanted = 0
    case .progressively: wanted = max(0, plan.replicas - available)
    }
    if wanted < workload.replicas { actions.append(.scaleWorkload(replicas: wanted)) }
  }
}

extension RolloutPlan {
  /// `antiAffinity` of the strategy.
  package var antiAffinity: AntiAffinity? {
    switch strategy {
    case .canary(let canary): canary.antiAffinity
    case .blueGreen(let blueGreen): blueGreen.antiAffinity
    }
  }
}
