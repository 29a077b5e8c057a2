internal import Analysis
internal import MetricModel
internal import Rollouts
internal import Statistics

/// What happens around the controller.
extension FaultyRollout {
  mutating func update(image: Int) {
    world.plan = RandomPlan.with(world.plan, image: image)
    world.plan.generation += 1
  }

  mutating func happen() {
    let seconds = Int64.random(in: 0...90, using: &generator)
    world.now = world.now.advanced(by: .seconds(seconds))
    letPodsCome(share: 0.6)
    endRuns(badly: 0.12)
    let kind = Int.random(in: 0..<25, using: &generator)
    defer { tell { "event \(kind): \($0.oneLine)" } }
    if let fault = happen(kind) { faults[fault] += 1 }
  }

  /// What of that kind happens; nil for nothing.
  private mutating func happen(_ kind: Int) -> RolloutFault? {
    switch kind {
    case 0:
      update(image: Int.random(in: 1...4, using: &generator))
      return .specChange
    case 1, 2:
      world.plan.replicas = Int.random(in: 0...9, using: &generator)
      world.plan.generation += 1
      return .autoscaler
    case 3, 4, 5: return crash(all: generator.chance(0.3)) ? .podCrash : nil
    case 6: request(.promote)
    case 7: request(.abort)
    case 8: request(.retry)
    case 9: request(generator.chance(0.5) ? .promoteFull : .pause)
    case 10:
      editByHand()
      return .handEdit
    case 11: return editSteps() ? .specChange : nil
    case 12:
      outage = Int.random(in: 1...6, using: &generator)
      return .apiServerAway
    case 13:
      controllers[leader].skew = .seconds(Int64.random(in: -20...20, using: &generator))
      return .clockSkew
    case 14:
      world.plan.restartAt = world.now
      return .specChange
    case 15: return editConfigs() ? .specChange : nil
    case 16, 17:
      cutWatch()
      return .watchCut
    case 18:
      // What the watch that is cut now missed is forgotten before it comes back.
      cutWatch()
      isForgetful = true
      return .watchCut
    case 19:
      changeLeader()
      return .leaderChange
    default: return nil
    }
    return .request
  }

  private mutating func cutWatch() {
    guard let kind = ServedWorld.Kind.allCases.randomElement(using: &generator) else { return }
    controllers[leader].cut(kind, for: Int.random(in: 1...6, using: &generator))
  }

  private mutating func editSteps() -> Bool {
    guard case .canary(var canary) = world.plan.strategy else { return false }
    canary.steps = RandomPlan.steps(routing: canary.routing, using: &generator)
    canary.background = nil
    world.plan.strategy = .canary(canary)
    world.plan.generation += 1
    return true
  }

  private mutating func editConfigs() -> Bool {
    for reference in world.plan.trackedConfigs {
      world.configs[reference] = "content\(Int.random(in: 1...3, using: &generator))"
    }
    return !world.plan.trackedConfigs.isEmpty
  }

  mutating func request(_ request: RolloutRequest) {
    if request != .abort, request != .pause { forgiven.insert(world.versionedPlan.podHash) }
    var (plan, state) = (world.plan, world.state)
    request.apply(to: &plan, &state)
    (world.plan, world.state) = (plan, state)
  }

  private mutating func letPodsCome(share: Double) {
    for set in world.replicaSets where !broken.contains(set.podHash) {
      let missing = set.podList.count - set.available
      guard missing > 0, generator.chance(share) else { continue }
      let more = Int.random(in: 1...missing, using: &generator)
      world.setAvailable(set.podHash, set.available + more)
    }
  }

  private mutating func crash(all: Bool) -> Bool {
    guard let set = world.replicaSets.filter({ $0.available > 0 }).randomElement(using: &generator)
    else { return false }
    world.setAvailable(set.podHash, all ? 0 : set.available - 1)
    return true
  }

  private mutating func endRuns(badly: Double) {
    for name in world.runs.keys.sorted() where world.runs[name]?.isCompleted == false {
      guard generator.chance(0.4) else { continue }
      let bad: [AnalysisPhase] = [.failed, .error, .inconclusive]
      let phase =
        generator.chance(badly) ? bad.randomElement(using: &generator) ?? .failed : .successful
      world.runs[name]?.phase = phase
    }
    for name in world.experiments.keys.sorted()
    where world.experiments[name]?.phase.isCompleted == false {
      guard generator.chance(0.4) else { continue }
      world.experiments[name]?.phase = generator.chance(badly) ? .failed : .successful
    }
  }

  private mutating func editByHand() {
    switch Int.random(in: 0..<3, using: &generator) {
    case 0:
      guard let set = world.replicaSets.randomElement(using: &generator) else { return }
      world.change(set.podHash) { $0.desired = Int.random(in: 0...9, using: &generator) }
      world.settlePods(set.podHash)
    case 1:
      for object in world.routerObjects.keys { world.routerObjects[object] = nil }
      world.routed = nil
      world.settleObjects()
    default:
      guard let name = world.services.keys.sorted().randomElement(using: &generator) else { return }
      world.services[name] = world.state.stableHash
    }
  }
}
