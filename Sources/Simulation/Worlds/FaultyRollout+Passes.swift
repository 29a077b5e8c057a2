internal import MetricModel
internal import Rollouts
internal import Statistics

/// The controllers, and what goes wrong between them and the API server.
extension FaultyRollout {
  /// One pass of the one that leads: hears, decides, stores, writes.
  mutating func passWithFaults() {
    if outage > 0 {
      outage -= 1
      return
    }
    hear()
    guard let known = controllers[leader].rollout else { return }
    let plan = world.versioned(known.plan)
    let seen = controllers[leader].observation(of: world)
    let before = known.state
    let (next, actions) = decide(plan, before, seen)
    let pass = passes
    tell { _ in "pass \(pass): \(next.oneLine) (seen \(seen.oneLine))" }
    let laws = RolloutLaws(
      plan: plan, seen: seen, before: before, after: next,
      isForgiven: forgiven.contains(next.currentHash))
    if next != before {
      guard store(next, by: laws) else { return }
    } else {
      demand(laws.brokenByState)
    }
    for action in actions {
      if case .record = action { continue }
      if generator.chance(0.06) { return kill() }
      if generator.chance(0.01) {
        // Its term is over: nothing is written any more.
        faults[.leaderChange] += 1
        return changeLeader()
      }
      guard perform(action, plan, laws) else { return }
    }
  }

  /// Both hear of the world what their watches tell: all of it, or late only the first part.
  private mutating func hear() {
    served.take(world)
    if isForgetful {
      served.compact()
      isForgetful = false
    }
    for index in controllers.indices {
      let isLate = generator.chance(0.3)
      if isLate, index == leader { faults[.staleCache] += 1 }
      var generator = generator
      faults[.expired] += controllers[index].hear(served) { _ in
        isLate ? Int.random(in: 0...2, using: &generator) : nil
      }
      self.generator = generator
    }
  }

  /// Writes the state, with the version it was decided by; false when the pass ends there.
  private mutating func store(_ state: RolloutState, by laws: RolloutLaws) -> Bool {
    let name = ServedWorld.rolloutName
    if generator.chance(0.05) { served.touch(.rollouts, name) }
    guard isCurrent(.rollouts, name) else { return false }
    demand(laws.brokenByState)
    world.state = state
    writes += 1
    return answer(.rollouts, name)
  }

  /// Does one action; false when the pass ends there.
  private mutating func perform(
    _ action: RolloutAction, _ plan: RolloutPlan, _ laws: RolloutLaws
  ) -> Bool {
    let written = action.written
    if action.namesVersion, let written, !isCurrent(written.kind, written.name) { return false }
    tell { _ in "  \(action)" }
    demand(laws.broken(by: action, sets: laws.seen.replicaSets, routed: world.routed))
    writes += 1
    guard (try? world.perform(action, by: plan)) != nil else { return false }
    guard let written else {
      served.take(world)
      return true
    }
    return answer(written.kind, written.name)
  }

  /// Whether an object is still what the leader knows it as. If not, its write is refused and it
  /// reads the object.
  private mutating func isCurrent(_ kind: ServedWorld.Kind, _ name: String) -> Bool {
    let stored = served.object(kind, name)
    if controllers[leader].object(kind, name)?.version == stored?.version { return true }
    faults[.conflict] += 1
    tell { _ in "  409 \(kind) \(name)" }
    controllers[leader].absorb(kind, name, stored)
    return false
  }

  /// A write was stored: its answer comes, or not, or finds nobody; false when the pass ends there.
  private mutating func answer(_ kind: ServedWorld.Kind, _ name: String) -> Bool {
    served.take(world)
    if generator.chance(0.05) {
      kill()
      return false
    }
    if generator.chance(0.05) {
      faults[.lostAnswer] += 1
      tell { _ in "  500, but stored" }
      // It reads the object, which may fail as well.
      if generator.chance(0.7) {
        controllers[leader].absorb(kind, name, served.object(kind, name))
      }
      return false
    }
    controllers[leader].absorb(kind, name, served.object(kind, name))
    return true
  }

  /// The process is gone, and another one knows nothing: neither objects nor what routers hold.
  private mutating func kill() {
    faults[.killed] += 1
    tell { _ in "  killed" }
    let skew = controllers[leader].skew
    controllers[leader] = WatchingController()
    controllers[leader].skew = skew
    world.routed = nil
  }

  /// The other one leads: it lists once more what it followed so far, by its own clock.
  mutating func changeLeader() {
    tell { _ in "  another leads" }
    leader = 1 - leader
    served.take(world)
    controllers[leader].refresh(served)
    world.routed = nil
  }
}
