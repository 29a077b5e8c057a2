internal import Analysis
internal import MetricModel

/// Services and routers. Traffic moves before pods do: what is decided here comes before any size.
extension DecisionPass {
  mutating func settleTraffic(_ newSet: ObservedReplicaSet) {
    switch plan.strategy {
    case .blueGreen(let blueGreen): settleServices(blueGreen, newSet)
    case .canary(let canary): settleTraffic(canary, newSet)
    }
  }

  /// Points a Service at a revision, where it doesn't yet.
  mutating func select(_ service: String, _ podHash: String) {
    guard let selected = seen.services[service], selected != podHash, !podHash.isEmpty else {
      return
    }
    actions.append(.select(service: service, podHash: podHash))
    record(
      "SwitchService",
      "Switched selector for service '\(service)' from '\(selected)' to '\(podHash)'")
  }

  private mutating func settleTraffic(_ canary: CanaryPlan, _ newSet: ObservedReplicaSet) {
    if canary.pingPong == nil {
      state.stablePingPong = nil
    } else if state.stablePingPong == nil {
      state.stablePingPong = .ping
    }
    guard let routing = canary.routing else {
      state.traffic = nil
      let stable = state.stableHash.isEmpty ? state.currentHash : state.stableHash
      let hasCanary = !state.isAborted && newSet.available > 0
      if let service = canary.stableService {
        select(service, serving(stable, insteadOf: seen.services[service]))
      }
      if let service = canary.canaryService {
        select(service, hasCanary ? state.currentHash : stable)
      }
      return
    }
    let target = target(canary, routing, newSet)
    if !target.stable.service.isEmpty { select(target.stable.service, target.stable.podHash) }
    if !target.canary.service.isEmpty { select(target.canary.service, target.canary.podHash) }
    if canary.pingPong != nil {
      // Services by role beside the two that take turns: the routers don't use them, people may.
      if let service = canary.stableService { select(service, target.stable.podHash) }
      if let service = canary.canaryService { select(service, target.canary.podHash) }
    }
    if target != seen.routed { actions.append(.route(target)) }
    if let old = before.traffic, old.canary.weight != target.canary.weight {
      record(
        "TrafficWeightUpdated",
        "Traffic weight updated from \(old.canary.weight) to \(target.canary.weight)")
    }
    tell(RoutedTraffic(target))
  }

  /// What the status says of the split: nothing but what the routers hold, until a pass that asks
  /// them for more gets that far.
  mutating func settleHeldTraffic() {
    if let held, plan.canary.routing != nil { tell(held) }
  }

  private mutating func tell(_ traffic: RoutedTraffic) {
    state.traffic = traffic
    state.weight = traffic.canary.weight * 100 / max(1, maxWeight)
  }

  private func target(
    _ canary: CanaryPlan, _ routing: TrafficPlan, _ newSet: ObservedReplicaSet
  ) -> TrafficTarget {
    let stableHash = stableSide
    let side = canarySide(canary, newSet, stableHash)
    let mayReceive =
      side.podHash == state.currentHash && !state.isFullyPromoted && !state.isAborted
      && !state.stableHash.isEmpty && !state.promotesFully && newSet.available > 0
    let additional = mayReceive ? experimentDestinations : []
    let rest = routing.maxWeight - side.weight
    let lent = additional.reduce(0) { $0 + $1.weight }
    let fits = lent <= rest
    let (stableService, canaryService) = services(canary)
    let routes = mayReceive ? canary.routes(at: state.stepIndex) : ([], [])
    return TrafficTarget(
      canary: .init(service: canaryService, podHash: side.podHash, weight: side.weight),
      stable: .init(
        service: stableService, podHash: stableHash, weight: fits ? rest - lent : rest),
      additional: fits ? additional : [], maxWeight: routing.maxWeight,
      headerRoutes: routes.0, mirrorRoutes: routes.1)
  }

  /// What the routers hold, as far as anybody knows: what they were brought to, else what the
  /// status asks of them, which a controller that was killed in between hasn't done.
  var held: RoutedTraffic? {
    seen.routed.map(RoutedTraffic.init) ?? before.traffic
  }

  /// The revision behind stable's side: the stable one, unless it has no pod that serves while the
  /// one before it still has.
  private var stableSide: String {
    let stable = state.stableHash.isEmpty ? state.currentHash : state.stableHash
    guard let held = held?.stable, held.weight > 0 else { return stable }
    return serving(stable, insteadOf: held.podHash)
  }

  /// `wanted`, unless it has no pod that serves while `held` has some.
  func serving(_ wanted: String, insteadOf held: String?) -> String {
    func serves(_ podHash: String) -> Bool { (seen.replicaSet(podHash)?.available ?? 0) > 0 }
    guard let held, serves(held), !serves(wanted) else { return wanted }
    return held
  }

  /// The names of the Services by role; "" where there are none (a split by subset).
  private func services(_ canary: CanaryPlan) -> (stable: String, canary: String) {
    guard let pingPong = canary.pingPong else {
      return (canary.stableService ?? "", canary.canaryService ?? "")
    }
    return state.stablePingPong == .pong
      ? (pingPong.pong, pingPong.ping) : (pingPong.ping, pingPong.pong)
  }

  /// The revision behind the canary's side of the routers, and its weight.
  private func canarySide(
    _ canary: CanaryPlan, _ newSet: ObservedReplicaSet, _ stableHash: String
  ) -> (podHash: String, weight: Int) {
    let held = held?.canary
    // After a promotion the Services change roles; what was the canary's is stable's now.
    let isTakenOver = held?.podHash == stableHash
    if let held, held.weight > 0, !isTakenOver,
      state.isAborted || held.podHash != state.currentHash
    {
      let weight = drained(canary, held)
      if weight > 0 { return (held.podHash, weight) }
      return (stableHash, 0)
    }
    guard !state.isAborted, !state.isFullyPromoted, !state.stableHash.isEmpty,
      newSet.available > 0, newSet.desired > 0
    else { return (stableHash, 0) }
    let now = held?.podHash == state.currentHash ? held?.weight ?? 0 : 0
    return (state.currentHash, allowedWeight(canary, newSet, now: now))
  }

  /// What is left to a side that shall lose its traffic: nothing, at once; with a dynamic stable
  /// scale the lowest of the steps' weights that stable's pods can relieve it down to.
  private func drained(_ canary: CanaryPlan, _ held: TrafficTarget.Destination) -> Int {
    let stable = seen.replicaSet(state.stableHash)?.available ?? 0
    guard (seen.replicaSet(held.podHash)?.available ?? 0) > 0 else { return 0 }
    guard stable > 0 else { return held.weight }
    guard canary.isStableScaleDynamic, plan.replicas > 0 else { return 0 }
    let carried = maxWeight * min(stable, plan.replicas) / plan.replicas
    let lowest = ([0] + canary.stepWeights).filter { $0 >= maxWeight - carried }.min()
    return min(lowest ?? held.weight, held.weight)
  }

  /// The current step's weight once the pods for it are there, until then that of the steps before;
  /// no change while stable lacks the pods for its share.
  private func allowedWeight(
    _ canary: CanaryPlan, _ newSet: ObservedReplicaSet, now: Int
  ) -> Int {
    let wanted = wantedWeight
    var weight = wanted
    if !isAtWantedSize(newSet), wanted >= now {
      weight = min(canary.weight(at: state.stepIndex - 1), wanted)
      // A full promotion waits at the weight it found.
      if state.promotesFully || isFastRollback { weight = now }
    }
    let stable = stableSet?.available ?? 0
    let needed = (maxWeight - weight) * plan.replicas / max(1, maxWeight)
    if weight < maxWeight, stable < needed || stable == 0 { weight = now }
    if plan.isPaused { weight = min(weight, now) }
    return weight
  }

  /// Experiments of the current step that are up and have a weight.
  private var experimentDestinations: [TrafficTarget.Destination] {
    guard case .experiment(let use)? = currentStep,
      let experiment = seen.experiments[state.experiment], experiment.phase == .running
    else { return [] }
    return use.templates.compactMap { template in
      guard let weight = template.weight, weight > 0,
        let destination = experiment.destinations[template.name]
      else { return nil }
      return .init(service: destination.service, podHash: destination.podHash, weight: weight)
    }
  }
}

extension RoutedTraffic {
  fileprivate init(_ target: TrafficTarget) {
    self.init(canary: target.canary, stable: target.stable, additional: target.additional)
  }
}
