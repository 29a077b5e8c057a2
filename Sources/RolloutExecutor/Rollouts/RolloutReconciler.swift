internal import KubernetesClient
internal import Manifest
internal import MetricModel
internal import Rollouts
internal import Synchronization

/// One pass over a Rollout: observe, decide, write the new state, act.
///
/// Nothing is remembered between passes but what the routers were last brought to, which only
/// spares asking them again. So a pass may break off after any write, and the next one, by this or
/// another controller, goes on from what the API holds.
final class RolloutReconciler: Sendable {
  private let client: ClusterClient
  private let caches: ClusterCaches
  private let metrics: ControllerMetrics
  private let events: EventRecorder
  private let now: @Sendable () -> Timestamp
  private let routed = Mutex<[String: Routing]>([:])

  /// What became of the last split that was asked for.
  private struct Routing {
    var target: TrafficTarget
    var until: Timestamp
    var isRefused: Bool
  }

  /// How long a router is trusted to be as it was left.
  private static let routerTrust = Milliseconds.seconds(60)

  /// After what time what a Rollout refers to is looked at again, where nobody watches it: routers'
  /// objects, workloads that are no Deployments.
  private static let refusalTrust = Milliseconds.seconds(5)

  /// How long ConfigMaps and Secrets are trusted to be as they were read.
  private static let configTrust = Milliseconds.seconds(30)

  init(
    _ client: ClusterClient, _ caches: ClusterCaches, metrics: ControllerMetrics,
    events: EventRecorder, now: @escaping @Sendable () -> Timestamp
  ) {
    self.client = client
    self.caches = caches
    self.metrics = metrics
    self.events = events
    self.now = now
  }

  /// Answers when to come back if nothing happens before.
  func reconcile(_ key: WorkQueue.Key) async throws(ClusterError) -> Duration? {
    guard let rollout = caches.rollouts.cache.object(key.namespace, key.name),
      !rollout.isBeingDeleted
    else { return nil }
    let now = now()
    let before = RolloutState(rollout: rollout)
    let (reading, refusal) = try await plan(of: rollout)
    guard let plan = reading else {
      try await store(
        before.refused(refusal, generation: rollout.generation, at: now), over: rollout)
      return .milliseconds(Self.refusalTrust.count)
    }
    let observer = ClusterObserver(caches: caches, client: client)
    let known = routed.withLock { $0[rollout.uid] }
    let isTrusted = known.map { !$0.isRefused && now < $0.until } ?? false
    var seen = try await observer.observe(
      rollout, plan, routed: isTrusted ? known?.target : nil, now: now)
    let applier = ActionApplier(
      writer: OwnerWriter(client: client, caches: caches, owner: rollout), events: events,
      plan: plan)
    if let known, known.isRefused, let reason = try await applier.refusal(of: known.target) {
      seen.refusal = "The Rollout \"\(plan.name)\" is invalid: \(reason)"
    }
    seen.workload = workload(of: rollout, plan)
    if plan.tracksConfig {
      seen.configCopies = try await ConfigCopies(client: client, rollout: rollout).made()
    }
    let (state, actions) = decide(plan, before, seen)
    let stored = try await store(state, over: rollout)
    try await perform(actions, stored, plan, at: now)
    // By what is stored: a weight that no router splits stands in no status.
    let isSettled = state.status == before.status && actions.isEmpty
    if !isSettled { return .zero }
    let look = plan.tracksConfig ? now.advanced(by: Self.configTrust) : nil
    let wake = [nextWake(plan, state, seen), retry(seen, now), look].compactMap { $0 }.min()
    return wake.map { .milliseconds(max(0, $0.since(now).count)) }
  }

  /// Invalid references may become valid without a word; routers may be changed by others.
  private func retry(_ seen: RolloutObservation, _ now: Timestamp) -> Timestamp? {
    if seen.refusal != nil { return now.advanced(by: Self.refusalTrust) }
    return seen.routed == nil ? nil : now.advanced(by: Self.routerTrust)
  }

  private func perform(
    _ actions: [RolloutAction], _ rollout: JSONValue, _ plan: RolloutPlan, at now: Timestamp
  ) async throws(ClusterError) {
    let applier = ActionApplier(
      writer: OwnerWriter(client: client, caches: caches, owner: rollout), events: events,
      plan: plan)
    for action in actions {
      do throws(ClusterError) {
        try await applier.perform(action)
      } catch {
        // What a router refuses, the spec can't have: the next pass says so in the status.
        if case .route(let target) = action, case .configuration = error {
          remember(Routing(target: target, until: now, isRefused: true), of: rollout)
        }
        throw error
      }
      switch action {
      case .route(let target):
        let until = now.advanced(by: Self.routerTrust)
        remember(Routing(target: target, until: until, isRefused: false), of: rollout)
      case .record(let event): metrics.count(event, of: rollout)
      default: break
      }
    }
  }

  // What the Rollout asks for.

  /// The plan, or why there is none.
  private func plan(
    of rollout: JSONValue
  ) async throws(ClusterError) -> (plan: RolloutPlan?, refusal: String) {
    var workload: JSONValue?
    if let reference = rollout[path: "spec", "workloadRef"] {
      let name = reference.text("name")
      workload = try await self.workload(reference, of: rollout)
      if workload == nil {
        let found = "\(reference.text("kind").lowercased())s \"\(name)\" not found"
        return (
          nil,
          "The Rollout \"\(rollout.name)\" is invalid: spec.workloadRef.name: Invalid value: "
            + "\"\(name)\": \(found)"
        )
      }
    }
    let reading = RolloutPlan.read(rollout.manifestNode, workload: workload?.manifestNode)
    guard var plan = reading.plan else {
      return (nil, reading.invalidSpecMessage ?? "The Rollout is invalid")
    }
    plan.generation = rollout.generation
    if plan.tracksConfig {
      let configs = ConfigCopies(client: client, rollout: rollout)
      plan = plan.versioned(by: try await configs.observed(plan.trackedConfigs))
    }
    // A ReplicaSet that runs this template already decides what its revision is called.
    let sets = caches.owned(by: rollout, caches.replicaSets)
    if !sets.contains(where: { $0.label(RolloutLabel.podHash) == plan.podHash }),
      let set = sets.first(where: { TemplateMatch.matches(JSONValue(plan.template), $0) }),
      let hash = set.label(RolloutLabel.podHash)
    {
      plan.podHash = hash
    }
    return (plan, "")
  }

  /// The object that `workloadRef` names.
  private func workload(
    _ reference: JSONValue, of rollout: JSONValue
  ) async throws(ClusterError) -> JSONValue? {
    let name = reference.text("name")
    switch reference.text("kind") {
    case "Deployment": return caches.deployments.cache.object(rollout.namespace, name)
    case let kind:
      guard let kind = [ResourceKind.replicaSets, .podTemplates].first(where: { $0.kind == kind })
      else { return nil }
      do throws(ClusterError) {
        return try await client.get(ObjectReference(kind, rollout.namespace, name))
      } catch {
        guard error.isNotFound else { throw error }
        return nil
      }
    }
  }

  private func workload(of rollout: JSONValue, _ plan: RolloutPlan) -> ObservedWorkload? {
    guard let reference = plan.workload,
      let object = caches.deployments.cache.object(plan.namespace, reference.name)
    else { return nil }
    return ObservedWorkload(
      generation: object.generation, replicas: (object["spec"] ?? [:]).whole("replicas") ?? 1)
  }

  // What it came to.

  /// Writes what changed of the status, then the revision, which stands in an annotation. Refused
  /// as a conflict when the Rollout is another than the one decided about.
  @discardableResult
  private func store(
    _ state: RolloutState, over rollout: JSONValue
  ) async throws(ClusterError) -> JSONValue {
    let writer = OwnerWriter(client: client, caches: caches, owner: rollout)
    var object = rollout
    let before = RolloutState(rollout: rollout).status.asObject ?? [:]
    let wanted = state.status.asObject ?? [:]
    let status = rollout["status"] ?? [:]
    var next = status
    for key in before.keys where wanted[key] == nil { next[key] = nil }
    for (key, value) in wanted { next[key] = value }
    if let change = MergePatch.changing(status, to: next) {
      let patch: JSONValue = [
        "metadata": ["resourceVersion": .string(object.resourceVersion)], "status": change,
      ]
      object = try await writer.patch(object.name, .rollouts, patch, subresource: "status")
    }
    let revision = String(state.revision)
    if state.revision > 0, object.annotation(RolloutAnnotation.revision) != revision {
      object = try await writer.patch(
        object.name, .rollouts,
        ["metadata": ["annotations": [RolloutAnnotation.revision: .string(revision)]]])
    }
    return object
  }

  // Routers.

  private func remember(_ routing: Routing, of rollout: JSONValue) {
    routed.withLock { $0[rollout.uid] = routing }
  }

  /// Forgets what was written, as another controller may have written since.
  func stop() { routed.withLock { $0 = [:] } }
}
