internal import Analysis
internal import Manifest
internal import MetricModel
internal import Rollouts
internal import Statistics
internal import TrafficRouting

/// One rollout with everything going wrong that can, all of it drawn from one seed: conflicts,
/// answers lost after the write, watches cut, late or refused, controllers killed and replaced in
/// between, skewed clocks, hands in the cluster, pods that crash, edits half way: `RolloutFault`.
///
///     var rollout = FaultyRollout(seed: 7)
///     rollout.run()                     // what broke a law, with the time
struct FaultyRollout {
  private(set) var violations: [String] = []
  var passes = 0
  var writes = 0
  var faults = FaultCounts()
  /// Writes while nothing goes wrong, the stored states too.
  private(set) var calmWrites = 0
  /// After which of them the controller is killed.
  private var killedAfter: Int?
  /// How all runs end once trouble is over.
  private var ending = AnalysisPhase.successful
  var world: RolloutWorld
  var served = ServedWorld()
  /// Two, of which one leads.
  var controllers = [WatchingController(), WatchingController()]
  var leader = 0
  var generator: SeededGenerator
  var forgiven: Set<String> = []
  var broken: Set<String> = []
  /// Passes for which the API server stays away.
  var outage = 0
  /// The API server forgets what happened, before the next pass.
  var isForgetful = false
  /// What happened, line by line, where somebody wants to read it.
  private(set) var trace: [String] = []
  private let isTraced: Bool

  init(seed: UInt64, isTraced: Bool = false) {
    self.isTraced = isTraced
    generator = SeededGenerator(seed: seed)
    let plan = RandomPlan.draw(using: &generator)
    world = RolloutWorld(plan: plan, now: Timestamp(milliseconds: 1_800_000_000_000))
    for reference in plan.trackedConfigs { world.configs[reference] = "content1" }
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
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        passes += 1
        passWithFaults()
      }
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

  mutating func demand(_ texts: [String]) {
    for text in texts {
      violations.append("pass \(passes): \(text)")
      tell { _ in "  BROKEN: \(text)" }
    }
  }

  /// A line of the trace; one that costs something is made only when somebody reads it.
  mutating func tell(_ line: (RolloutWorld) -> String) {
    if isTraced { trace.append(line(world)) }
  }
}

/// How a rollout comes to its end once nothing goes wrong any more.
extension FaultyRollout {
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
  var oneLine: String {
    "+\(now.since(Timestamp(milliseconds: 1_800_000_000_000)))"
      + " \(plan.podHash) of \(plan.replicas)\(plan.isPaused ? " held" : "") \(observation.oneLine)"
  }
}

extension RolloutObservation {
  var oneLine: String {
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
  var oneLine: String {
    "\(phase.rawValue) \(message), step \(stepIndex), \(currentHash) over \(stableHash)"
      + ", weight \(weight)\(isAborted ? ", aborted" : "")"
      + ", \(condition(.progressing).map { "\($0.reason) of \($0.updated)" } ?? "new")"
      + "\(promotesFully ? ", promoted fully" : "")"
  }
}
