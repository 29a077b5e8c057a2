internal import Analysis
internal import Manifest
internal import MetricModel
internal import Rollouts
internal import Statistics
internal import TrafficRouting

/// One rollout with everything going wrong that can, all of it drawn from one seed: conflicts,
/// answers lost after the write, controllers killed and replaced in between, stale caches, skewed
/// clocks, hands in the cluster, pods that crash, edits half way.
///
///     var rollout = FaultyRollout(seed: 7)
///     rollout.run()                     // what broke a law, with the time
struct FaultyRollout {
  private(set) var violations: [String] = []
  private(set) var passes = 0
  private(set) var writes = 0
  /// Writes while nothing goes wrong, the stored states too.
  private(set) var calmWrites = 0
  /// After which of them the controller is killed.
  private var killedAfter: Int?
  /// How all runs end once trouble is over.
  private var ending = AnalysisPhase.successful
  private var world: RolloutWorld
  private var generator: SeededGenerator
  private var forgiven: Set<String> = []
  private var broken: Set<String> = []
  /// What a stale cache shows of pods and runs.
  private var shown: RolloutObservation
  private var skew = Milliseconds.zero
  /// Passes for which the API server stays away.
  private var outage = 0
  /// What happened, line by line, where somebody wants to read it.
  private(set) var trace: [String] = []
  private let isTraced: Bool
  private let images = 4

  init(seed: UInt64, isTraced: Bool = false) {
    self.isTraced = isTraced
    generator = SeededGenerator(seed: seed)
    let plan = RandomPlan.draw(using: &generator)
    world = RolloutWorld(plan: plan, now: Timestamp(milliseconds: 1_800_000_000_000))
    for reference in plan.trackedConfigs { world.configs[reference] = "content1" }
    shown = world.observation
    if generator.chance(0.25) {
      world.plan = RandomPlan.with(plan, image: 3)
      broken.insert(world.versionedPlan.podHash)
      world.plan = plan
    }
    let never = broken
    tell { _ in "plan: \(plan.strategy), never ready \(never)" }
  }

  /// Plays trouble, then lets everything heal; all that broke a law.
  mutating func run() -> [String] {
    settle()
    world.holdsAll = true
    world.now = world.now.advanced(by: .minutes(1))
    for tick in 0..<24 {
      if tick == 0 { update(image: 2) } else { happen() }
      for _ in 0..<Int.random(in: 1...4, using: &generator) { passWithFaults() }
      if violations.count > 5 { return violations }
    }
    heal()
    return violations
  }

  /// Plays an update in which nothing goes wrong but a controller that is killed after one of its
  /// writes, the `write`-th, and replaced by one that doesn't know what the routers hold; people do
  /// what the seed says at every pause. All that broke a law.
  mutating func runKilled(after write: Int?) -> [String] {
    killedAfter = write
    if generator.chance(0.25) { ending = .failed }
    settle()
    world.holdsAll = true
    world.now = world.now.advanced(by: .minutes(1))
    update(image: broken.isEmpty ? 2 : 3)
    heal()
    for _ in 0..<8 where world.state.phase != .healthy {
      switch Int.random(in: 0..<8, using: &generator) {
      case 0: update(image: 4)
      case 1: request(.abort)
      case 2: request(.promoteFull)
      case 3: world.plan.replicas = Int.random(in: 0...9, using: &generator)
      default: request(world.state.isAborted ? .retry : .promote)
      }
      heal()
    }
    return violations
  }

  /// What the rollout came to, but for the times.
  var outcome: String {
    let state = world.state
    return "\(state.phase) \(state.message), step \(state.stepIndex), \(state.currentHash) over "
      + "\(state.stableHash), \(world.observation.oneLine)"
  }

  private mutating func demand(_ texts: [String]) {
    for text in texts {
      violations.append("pass \(passes): \(text)")
      tell { _ in "  BROKEN: \(text)" }
    }
  }

  /// A line of the trace; one that costs something is made only when somebody reads it.
  private mutating func tell(_ line: (RolloutWorld) -> String) {
    if isTraced { trace.append(line(world)) }
  }
}

/// What happens around the controller.
extension FaultyRollout {
  private mutating func update(image: Int) {
    world.plan = RandomPlan.with(world.plan, image: image)
    world.plan.generation += 1
  }

  private mutating func happen() {
    let seconds = Int64.random(in: 0...90, using: &generator)
    world.now = world.now.advanced(by: .seconds(seconds))
    letPodsCome(share: 0.6)
    endRuns(badly: 0.12)
    let kind = Int.random(in: 0..<22, using: &generator)
    defer { tell { "event \(kind): \($0.oneLine)" } }
    switch kind {
    case 0: update(image: Int.random(in: 1...images, using: &generator))
    case 1, 2:
      world.plan.replicas = Int.random(in: 0...9, using: &generator)
      world.plan.generation += 1
    case 3, 4, 5: crash(all: generator.chance(0.3))
    case 6: request(.promote)
    case 7: request(.abort)
    case 8: request(.retry)
    case 9: request(generator.chance(0.5) ? .promoteFull : .pause)
    case 10: editByHand()
    case 11:
      if case .canary(var canary) = world.plan.strategy {
        canary.steps = RandomPlan.steps(routing: canary.routing, using: &generator)
        canary.background = nil
        world.plan.strategy = .canary(canary)
        world.plan.generation += 1
      }
    case 12: outage = Int.random(in: 1...6, using: &generator)
    case 13: skew = .seconds(Int64.random(in: -20...20, using: &generator))
    case 14: world.plan.restartAt = world.now
    case 15:
      for reference in world.plan.trackedConfigs {
        world.configs[reference] = "content\(Int.random(in: 1...3, using: &generator))"
      }
    default: break
    }
  }

  private mutating func request(_ request: RolloutRequest) {
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

  private mutating func crash(all: Bool) {
    guard let set = world.replicaSets.filter({ $0.available > 0 }).randomElement(using: &generator)
    else { return }
    world.setAvailable(set.podHash, all ? 0 : set.available - 1)
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

/// The controller, and what goes wrong between it and the API server.
extension FaultyRollout {
  private mutating func passWithFaults() {
    passes += 1
    if outage > 0 {
      outage -= 1
      return
    }
    let plan = world.versionedPlan
    var seen = world.observation
    seen.now = seen.now.advanced(by: skew)
    if generator.chance(0.3) { makeStale(&seen) } else { shown = world.observation }
    let before = world.state
    let (next, actions) = decide(plan, before, seen)
    // Somebody else wrote in between: nothing was done.
    if generator.chance(0.08) { return }
    let pass = passes
    tell { _ in "pass \(pass): \(next.oneLine) (seen \(seen.oneLine))" }
    let laws = RolloutLaws(
      plan: plan, seen: seen, before: before, after: next,
      isForgiven: forgiven.contains(next.currentHash))
    demand(laws.brokenByState)
    world.state = next
    if generator.chance(0.08) {
      restart()
      return
    }
    for action in actions {
      if case .record = action { continue }
      if generator.chance(0.08) {
        restart()
        return
      }
      tell { _ in "  \(action)" }
      demand(laws.broken(by: action, sets: seen.replicaSets, routed: world.routed))
      writes += 1
      guard (try? world.perform(action)) != nil else { return }
      if generator.chance(0.05) {
        restart()
        return
      }
    }
  }

  /// Another controller, with another clock, that doesn't know what the routers hold.
  private mutating func restart() {
    tell { _ in "  killed" }
    if generator.chance(0.5) { world.routed = nil }
    if generator.chance(0.3) { skew = .seconds(Int64.random(in: -20...20, using: &generator)) }
  }

  /// Pods and runs as they were some time ago; the controller's own writes are always seen.
  private func makeStale(_ seen: inout RolloutObservation) {
    for index in seen.replicaSets.indices {
      guard let old = shown.replicaSet(seen.replicaSets[index].podHash) else { continue }
      let set = seen.replicaSets[index]
      // A cache can't show more pods than the controller itself has left.
      seen.replicaSets[index].available = min(old.available, set.desired)
      seen.replicaSets[index].ready = min(old.ready, set.desired)
      seen.replicaSets[index].pods = min(old.pods, set.desired)
    }
    for (name, run) in seen.runs where !run.isTerminating {
      if let old = shown.runs[name] { seen.runs[name]?.phase = old.phase }
    }
  }

  /// Decides without faults until nothing changes; false when it doesn't come to rest.
  @discardableResult
  private mutating func settle() -> Bool {
    for _ in 0..<300 {
      passes += 1
      let plan = world.versionedPlan
      let seen = world.observation
      let before = world.state
      let (next, actions) = decide(plan, before, seen)
      let laws = RolloutLaws(
        plan: plan, seen: seen, before: before, after: next,
        isForgiven: forgiven.contains(next.currentHash))
      if next != before { tell { _ in "settles: \(next.oneLine) (seen \(seen.oneLine))" } }
      demand(laws.brokenByState)
      world.state = next
      if actions.isEmpty, next == before { return true }
      if isKilledNow() { continue }
      for action in actions {
        if case .record = action { continue }
        tell { _ in "  \(action)" }
        demand(laws.broken(by: action, sets: seen.replicaSets, routed: world.routed))
        if (try? world.perform(action)) == nil { demand(["a router refused"]) }
        if isKilledNow() { break }
      }
    }
    demand(["doesn't come to rest: \(world.state.phase) \(world.state.message)"])
    return false
  }

  private mutating func isKilledNow() -> Bool {
    calmWrites += 1
    guard calmWrites == killedAfter else { return false }
    tell { _ in "  killed" }
    world.routed = nil
    return true
  }

  /// All pods that can come, all runs end; whether there was anything to do.
  private mutating func letAllEnd() -> Bool {
    var hasChanged = false
    for set in world.replicaSets where !broken.contains(set.podHash) {
      guard set.available < set.podList.count else { continue }
      world.setAvailable(set.podHash, set.podList.count)
      hasChanged = true
    }
    for name in world.runs.keys where world.runs[name]?.isCompleted == false {
      world.runs[name]?.phase = ending
      hasChanged = true
    }
    for name in world.experiments.keys where world.experiments[name]?.phase.isCompleted == false {
      world.experiments[name]?.phase = ending
      hasChanged = true
    }
    return hasChanged
  }

  /// Pods come, runs end well, time passes: the rollout must come to an end that stays.
  private mutating func heal() {
    skew = .zero
    world.plan.isPaused = false
    world.routed = nil
    world.refusal = nil
    for _ in 0..<80 {
      guard settle() else { return }
      if letAllEnd() { continue }
      guard let wake = nextWake(world.versionedPlan, world.state, world.observation) else { break }
      world.now = wake
    }
    if world.state.phase == .progressing {
      let state = world.state
      tell { "ends: \(state.oneLine) \($0.oneLine)" }
      demand(["ends in progress: \(state.message), step \(state.stepIndex)"])
    }
    if let canary = world.state.traffic?.canary, canary.weight > 0, world.state.isAborted,
      (world.replicaSet(world.state.stableHash)?.available ?? 0) >= world.plan.replicas
    {
      demand(["an aborted revision keeps weight \(canary.weight)"])
    }
    let pods = world.replicaSets.reduce(0) { $0 + $1.desired }
    if world.plan.replicas == 0, pods > 0, world.state.isAborted || world.state.isFullyPromoted {
      demand(["\(pods) pods are left of no replicas"])
    }
  }
}

extension RolloutWorld {
  /// What is asked for and what there is, for a trace.
  fileprivate var oneLine: String {
    "+\(now.since(Timestamp(milliseconds: 1_800_000_000_000)))"
      + " \(plan.podHash) of \(plan.replicas)\(plan.isPaused ? " held" : "") \(observation.oneLine)"
  }
}

extension RolloutObservation {
  fileprivate var oneLine: String {
    let sets = replicaSets.sorted { $0.revision < $1.revision }.map { set in
      "\(set.podHash):\(set.available)/\(set.desired)\(set.isRejected ? "!" : "")"
        + "\(set.scaleDownDeadline == nil ? "" : "~")"
    }
    let going = runs.sorted { $0.key < $1.key }.filter { !$0.value.isCompleted }.map(\.key)
    let points = services.sorted { $0.key < $1.key }.map { "\($0.key)>\($0.value)" }
    return (sets + points + going + [routed.map { "\($0)" } ?? "routers unknown"])
      .joined(separator: " ")
  }
}

extension RolloutState {
  fileprivate var oneLine: String {
    "\(phase.rawValue) \(message), step \(stepIndex), \(currentHash) over \(stableHash)"
      + ", weight \(weight)\(isAborted ? ", aborted" : "")"
      + ", \(condition(.progressing).map { "\($0.reason) of \($0.updated)" } ?? "new")"
      + "\(promotesFully ? ", promoted fully" : "")"
  }
}
