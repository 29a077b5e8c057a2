internal import Analysis
internal import Manifest
internal import MetricModel
internal import Rollouts
internal import TrafficRouting

/// A scenario being played, without a clock: after each event the controller decides until nothing
/// changes, and time passes only in `wait`.
struct ScenarioRun {
  private(set) var world: RolloutWorld
  private var manifest: JSONValue
  private var tags: [String: String] = [:]
  /// Since the last expectation: what was written, and told.
  private(set) var writes: [String] = []
  private(set) var events: [String] = []
  private(set) var faults: [String] = []
  private(set) var trace = ScenarioTrace()
  /// The controller is killed just before its n-th write, and starts again.
  private var killAt: Int?
  private(set) var writeCount = 0
  private var forgiven: Set<String> = []
  /// The manifest as it stands can't be read.
  private var isSpecRefused = false

  /// Deploys the first revision everywhere, untraced.
  init(_ scenario: Scenario, killAt: Int? = nil) throws(ManifestError) {
    manifest = scenario.manifest
    self.killAt = nil
    let workload = Self.workload(manifest, tag: "v1")
    let reading = RolloutPlan.read(manifest.manifestNode, workload: workload)
    guard let plan = reading.plan else {
      throw reading.problems.first { $0.severity == .refused }?.error
        ?? ManifestError(line: 0, column: 0, path: "", message: "no plan")
    }
    world = RolloutWorld(plan: plan, now: Timestamp(milliseconds: 1_800_000_000_000))
    if plan.workload != nil { world.workload = ObservedWorkload(generation: 1, replicas: 0) }
    for reference in plan.trackedConfigs { world.configs[reference] = "first" }
    tags[world.versionedPlan.podHash] = "v1"
    settle()
    writes = []
    events = []
    writeCount = 0
    self.killAt = killAt
    world.now = world.now.advanced(by: .minutes(1))
    note("v1 runs everywhere")
  }

  /// Plays all events; what was wrong, with the lines.
  mutating func play(_ scenario: Scenario) -> [String] {
    var result = faults
    for entry in scenario.entries {
      faults = []
      if case .expect(let expectation) = entry.kind {
        faults += expectation.faults(in: self, isTraced: killAt == nil)
        writes = []
        events = []
      } else {
        apply(entry.kind)
        if case .wait = entry.kind {
          note(entry.kind.title, isTime: true)
        } else {
          note(entry.kind.title)
        }
      }
      result += faults.map { "line \(entry.line): \($0)" }
    }
    return result
  }

  private mutating func apply(_ kind: Scenario.Entry.Kind) {
    switch kind {
    case .update(let tag):
      patch(
        [
          "spec": [
            "template": [
              "metadata": ["labels": ["app": "shop"]],
              "spec": ["containers": [["name": "shop", "image": .string(tag)]]],
            ]
          ]
        ], tag: tag)
    case .patch(let patch): self.patch(patch, tag: nil)
    case .undo(let tag):
      guard let template = world.templates[hash(tag)] else {
        faults.append("no revision \(tag) to go back to")
        return
      }
      manifest[path: "spec", "template"] = JSONValue(template)
      patch([:], tag: nil)
    case .config(let reference, let content, let tag):
      world.configs[reference] = content
      tags[world.versionedPlan.podHash] = tag
    case .request(let request):
      if request == .retry || request == .promoteFull || request == .promote {
        forgiven.insert(world.versionedPlan.podHash)
      }
      var (plan, state) = (world.plan, world.state)
      request.apply(to: &plan, &state)
      world.state = state
      if plan.isPaused != world.plan.isPaused {
        self.patch(["spec": ["paused": .bool(plan.isPaused)]], tag: nil)
      }
    case .restart:
      self.patch(["spec": ["restartAt": .string(world.now.rfc3339)]], tag: nil)
    case .wait(let length): wait(length)
    case .hold(let tags): world.held.formUnion(tags.map(hash))
    case .ready(let counts):
      for (tag, count) in counts.sorted(by: { $0.key < $1.key }) {
        world.setAvailable(hash(tag), count)
        settle()
      }
    case .runs(let phases): end(phases)
    case .experiment(let phase, let services):
      let name = world.state.experiment
      world.experiments[name]?.phase = phase
      world.experiments[name]?.destinations = services.mapValues {
        .init(service: $0, podHash: "lab\($0.count)")
      }
    case .service(let name, let tag): world.services[name] = tag.isEmpty ? nil : hash(tag)
    case .router(let path, let value):
      for object in world.routerObjects.keys.sorted(by: { $0.name < $1.name }) {
        world.routerObjects[object]?[path: path] = value
      }
      world.routed = nil
    case .others(let list):
      world.otherDestinations = list
      world.refusal = nil
    case .workload(let replicas): world.workload?.replicas = replicas
    case .refusal(let text): world.refusal = text
    case .expect: return
    }
    settle()
  }

  private static func workload(_ manifest: JSONValue, tag: String) -> ManifestNode? {
    guard manifest[path: "spec", "workloadRef"] != nil else { return nil }
    let object: JSONValue = [
      "spec": [
        "selector": ["matchLabels": ["app": "shop"]],
        "template": [
          "metadata": ["labels": ["app": "shop"]],
          "spec": ["containers": [["name": "shop", "image": .string(tag)]]],
        ],
      ]
    ]
    return object.manifestNode
  }

  private mutating func patch(_ patch: JSONValue, tag: String?) {
    if manifest[path: "spec", "workloadRef"] == nil || tag == nil {
      manifest = manifest.merged(with: patch)
    }
    let generation = manifest[path: "metadata", "generation"]?.asInteger ?? 0
    manifest[path: "metadata", "generation"] = .integer(generation + 1)
    let known = tag ?? self.tag(world.versionedPlan.podHash)
    let reading = RolloutPlan.read(
      manifest.manifestNode, workload: Self.workload(manifest, tag: known))
    guard let plan = reading.plan else {
      let message = reading.invalidSpecMessage ?? ""
      world.state = world.state.refused(message, generation: generation + 1, at: world.now)
      world.refusal = message
      isSpecRefused = true
      return
    }
    if isSpecRefused { world.refusal = nil }
    isSpecRefused = false
    world.plan = plan
    if let tag { tags[world.versionedPlan.podHash] = tag }
    world.settleObjects()
  }

  private mutating func end(_ phases: [String: AnalysisPhase]) {
    for (suffix, phase) in phases.sorted(by: { $0.key < $1.key }) {
      for name in world.runs.keys.sorted()
      where suffix == "*" || name.hasSuffix(suffix) || label(name) == suffix {
        guard world.runs[name]?.isCompleted == false else { continue }
        world.runs[name]?.phase = phase
        world.runs[name]?.message = phase == .failed ? "too many errors" : ""
      }
    }
  }

  private func label(_ run: String) -> String {
    switch world.placements[run] {
    case .background?: "background"
    case .step?: "step"
    case .prePromotion?: "pre"
    case .postPromotion?: "post"
    case .experiment?, nil: ""
    }
  }

  private mutating func wait(_ length: Milliseconds) {
    let end = world.now.advanced(by: length)
    var wakes = 0
    while let wake = nextWake(world.versionedPlan, world.state, world.observation), wake <= end,
      wakes < 1000
    {
      wakes += 1
      world.now = wake
      settle()
      note("time passes", isTime: true)
    }
    world.now = end
  }

  private mutating func note(_ what: String, isTime: Bool = false) {
    let run = self
    trace.add(what, run, isTime: isTime)
  }

  /// Decides until nothing changes any more.
  private mutating func settle() {
    for _ in 0..<400 where !pass() { return }
    faults.append("the controller doesn't come to rest")
  }

  /// One pass; whether anything was written.
  private mutating func pass() -> Bool {
    let plan = world.versionedPlan
    let seen = world.observation
    let before = world.state
    let (next, actions) = decide(plan, before, seen)
    let laws = RolloutLaws(
      plan: plan, seen: seen, before: before, after: next,
      isForgiven: forgiven.contains(next.currentHash))
    faults += laws.brokenByState
    if isKilled() { return true }
    world.state = next
    if let note = statusNote(before, next) { writes.append(note) }
    for action in actions {
      if case .record(let event) = action {
        events.append("\(event.reason): \(named(event.message))")
        continue
      }
      faults += laws.broken(by: action, sets: world.replicaSets, routed: world.routed)
      if isKilled() { return true }
      writes.append(text(action))
      do throws(RouterRefusal) {
        try world.perform(action)
      } catch {
        return true
      }
    }
    return next != before || actions.contains { if case .record = $0 { false } else { true } }
  }

  private mutating func isKilled() -> Bool {
    writeCount += 1
    return writeCount == killAt
  }

  /// The part of a status that tells where the rollout stands.
  private func statusNote(_ old: RolloutState, _ new: RolloutState) -> String? {
    guard (old.phase, old.message) != (new.phase, new.message) || old.stepIndex != new.stepIndex
    else { return nil }
    let message = new.message.isEmpty ? "" : " \(named(new.message))"
    return "status \(new.phase.rawValue) step \(new.stepIndex)\(message)"
  }
}

extension ScenarioRun {
  func tag(_ podHash: String) -> String { tags[podHash] ?? podHash }

  func hash(_ tag: String) -> String { tags.first { $0.value == tag }?.key ?? hashOfFuture(tag) }

  /// A revision that hasn't been seen yet.
  private func hashOfFuture(_ tag: String) -> String {
    var future = manifest
    future[path: "spec", "template", "spec", "containers", 0, "image"] = .string(tag)
    future[path: "spec", "template", "metadata", "labels"] = ["app": "shop"]
    return RolloutPlan.read(future.manifestNode).plan?.podHash ?? tag
  }

  func set(_ tag: String) -> ObservedReplicaSet? { world.replicaSet(hash(tag)) }

  /// The text with the revisions' tags for their hashes.
  private func named(_ text: String) -> String {
    var result = text
    for (podHash, tag) in tags.sorted(by: { $0.key < $1.key }) {
      while let range = result.firstRange(of: podHash) { result.replaceSubrange(range, with: tag) }
    }
    return result
  }

  func runs(endingIn suffix: String) -> [ObservedRun] {
    world.runs.sorted { ($0.value.created, $0.key) < ($1.value.created, $1.key) }
      .filter { $0.key.hasSuffix(suffix) || label($0.key) == suffix }.map(\.value)
  }

  func tags(in field: String) -> [String] {
    world.replicaSets.filter { field == "rejected" ? $0.isRejected : $0.scaleDownDeadline != nil }
      .map { tag($0.podHash) }.sorted()
  }

  var weights: [Int] {
    guard let routed = world.routed else { return [] }
    return [routed.stable.weight, routed.canary.weight] + routed.additional.map(\.weight)
  }

  var routes: [String] {
    guard let routed = world.routed else { return [] }
    return world.context.managedRoutes.filter { name in
      routed.headerRoutes.contains { $0.name == name }
        || routed.mirrorRoutes.contains { $0.name == name }
    }
  }

  func text(of field: String) -> String {
    let state = world.state
    return switch field {
    case "phase": state.phase.rawValue
    case "message": named(state.message)
    case "step": "\(state.stepIndex)"
    case "stable": tag(state.stableHash)
    case "current": tag(state.currentHash)
    case "weight": "\(state.weight)"
    case "revision": "\(state.revision)"
    case "aborted": "\(state.isAborted)"
    case "restarted": "\(state.restartedAt != nil && state.restartedAt == world.plan.restartAt)"
    case "progressing": state.condition(.progressing)?.reason ?? "none"
    case "completion": state.duration?.completion?.rawValue ?? "none"
    case "workload": "\(world.workload?.replicas ?? -1)"
    case "pingPong": state.stablePingPong?.rawValue ?? "none"
    case "experiment": named(state.experiment)
    case "selector": named(state.selector)
    case "scaled": "\(state.replicas.scaled)"
    case "config": world.configCopies.keys.sorted().map(\.description).joined(separator: " ")
    case "invalid": state.condition(.invalidSpec)?.message ?? "none"
    default: "unknown field"
    }
  }

  /// One write, with the revisions' tags.
  private func text(_ action: RolloutAction) -> String {
    switch action {
    case .copyConfig(let copy): "copy \(copy.reference)"
    case .deleteConfig(let reference): "delete \(reference)"
    case .createReplicaSet(let start): "create \(tag(start.podHash))"
    case .setRevision(let hash, let revision): "revision \(tag(hash)) \(revision)"
    case .scale(let hash, let replicas, _): "scale \(tag(hash)) \(replicas)"
    case .setScaleDownDeadline(let hash, let time):
      time.map { "deadline \(tag(hash)) +\($0.since(world.now))" } ?? "deadline \(tag(hash)) none"
    case .setRejected(let hash, let isSet): "\(isSet ? "reject" : "accept") \(tag(hash))"
    case .setMetadata(let hash, _): "metadata \(tag(hash))"
    case .deleteReplicaSet(let hash): "delete \(tag(hash))"
    case .select(let service, let hash): "select \(service) \(tag(hash))"
    case .route(let target):
      "route \(target.stable.weight)/\(target.canary.weight)"
        + target.additional.map { "/\($0.weight)" }.joined()
    case .startAnalysis(let start): "run \(named(start.name))"
    case .terminateAnalysis(let name): "terminate \(named(name))"
    case .deleteAnalysis(let name): "delete run \(named(name))"
    case .startExperiment(let start): "experiment \(named(start.name))"
    case .terminateExperiment(let name): "terminate experiment \(named(name))"
    case .deleteExperiment(let name): "delete experiment \(named(name))"
    case .evict: "evict"
    case .scaleWorkload(let replicas): "workload \(replicas)"
    case .record(let event): event.reason
    }
  }
}

extension JSONValue {
  /// RFC 7386.
  func merged(with patch: JSONValue) -> JSONValue {
    guard case .object(let fields) = patch else { return patch }
    var result = asObject ?? [:]
    for (key, value) in fields {
      result[key] = value.isNull ? nil : (result[key] ?? .null).merged(with: value)
    }
    return .object(result)
  }
}
