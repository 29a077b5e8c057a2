import Analysis
import Manifest
import MetricModel
import Rollouts

/// A rollout in a cluster whose pods are available as soon as they are asked for, unless held back.
struct RolloutWalk {
  var plan: RolloutPlan
  var state = RolloutState()
  var seen = RolloutObservation(now: Timestamp(milliseconds: 0))
  var log: [RolloutAction] = []
  /// Revisions whose pods never become available.
  var broken: Set<String> = []
  /// How runs end, by name; absent ones stay running.
  var outcomes: [String: ObservedRun] = [:]
  var isReplaced = false

  /// The hash of an image's revision.
  static func hash(_ image: String) -> String { plan(image: image).podHash }

  init(_ plan: RolloutPlan) { self.plan = plan }

  /// A plan with one container, whose image tells revisions apart.
  static func plan(
    image: String = "model:1", replicas: Int = 10, steps: [CanaryStep] = []
  ) -> RolloutPlan {
    RolloutPlan(
      name: "model", replicas: replicas, selector: ["app": "model"],
      template: template(image), canary: CanaryPlan(steps: steps))
  }

  static func template(_ image: String) -> ManifestNode {
    ManifestNode(.map([ManifestEntry(key: "image", value: ManifestNode(.text(image)))]))
  }

  mutating func update(image: String) { plan.template = Self.template(image) }

  mutating func request(_ request: RolloutRequest) { request.apply(to: &plan, &state) }

  /// One pass: decide, then perform.
  @discardableResult
  mutating func pass() -> [RolloutAction] {
    let (next, actions) = decide(plan, state, seen)
    isReplaced = next != state
    state = next
    for action in actions { perform(action) }
    log += actions
    return actions
  }

  /// Passes until nothing changes any more; the number of passes.
  @discardableResult
  mutating func settle() -> Int {
    for count in 1...200 where pass().isEmpty && !isReplaced { return count }
    return .max
  }

  mutating func wait(_ duration: Milliseconds) {
    seen.now = seen.now.advanced(by: duration)
    settle()
  }

  func size(_ image: String) -> Int? {
    seen.replicaSet(Self.hash(image))?.desired
  }

  var events: [String] {
    log.compactMap {
      if case .record(let event) = $0 { event.reason } else { nil }
    }
  }

  private mutating func perform(_ action: RolloutAction) {
    switch action {
    case .createReplicaSet(let start):
      var set = ObservedReplicaSet(
        podHash: start.podHash, revision: start.revision, created: seen.now, desired: 0, pods: 0,
        ready: 0, available: 0)
      set.sizedFor = start.sizedFor
      set.metadata = start.metadata
      seen.replicaSets.append(set)
    case .setRevision(let hash, let revision):
      change(hash) { $0.revision = revision }
    case .scale(let hash, let replicas, let sizedFor):
      let isBroken = broken.contains(hash)
      change(hash) {
        $0.desired = replicas
        $0.sizedFor = sizedFor
        $0.pods = replicas
        $0.ready = isBroken ? min($0.ready, replicas) : replicas
        $0.available = $0.ready
      }
    case .setScaleDownDeadline(let hash, let time): change(hash) { $0.scaleDownDeadline = time }
    case .setRejected(let hash, let isRejected): change(hash) { $0.isRejected = isRejected }
    case .setMetadata(let hash, let metadata): change(hash) { $0.metadata = metadata }
    case .deleteReplicaSet(let hash):
      seen.replicaSets.removeAll { $0.podHash == hash }
    case .select(let service, let hash): seen.services[service] = hash
    case .route(let target): seen.routed = target
    case .startAnalysis(let start):
      seen.runs[start.name] = outcomes[start.name] ?? ObservedRun(phase: .running)
      seen.runs[start.name]?.created = seen.now
    case .terminateAnalysis(let name):
      seen.runs[name] = ObservedRun(phase: .successful, isTerminating: true)
    case .deleteAnalysis(let name): seen.runs[name] = nil
    case .startExperiment(let start):
      seen.experiments[start.name] = ObservedExperiment(phase: .running, created: seen.now)
    case .terminateExperiment(let name):
      seen.experiments[name] = ObservedExperiment(phase: .successful, isTerminating: true)
    case .deleteExperiment(let name): seen.experiments[name] = nil
    case .evict(let pod):
      for index in seen.replicaSets.indices {
        seen.replicaSets[index].podList.removeAll { $0.name == pod }
      }
    case .copyConfig(let copy): seen.configCopies.insert(copy.reference)
    case .deleteConfig(let reference): seen.configCopies.remove(reference)
    case .scaleWorkload(let replicas): seen.workload?.replicas = replicas
    case .record: break
    }
  }

  private mutating func change(_ hash: String, _ edit: (inout ObservedReplicaSet) -> Void) {
    guard let index = seen.replicaSets.firstIndex(where: { $0.podHash == hash }) else { return }
    edit(&seen.replicaSets[index])
  }
}
