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
  private let routed = Mutex<[String: (target: TrafficTarget, until: Timestamp)]>([:])

  /// How long a router is trusted to be as it was left.
  private static let routerTrust = Milliseconds.seconds(60)

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
    guard let rollout = caches.rollouts.cache.object(key.namespace, key.name) else {
      metrics.forget(rollout: key)
      return nil
    }
    if rollout.isBeingDeleted { return nil }
    let now = now()
    let before = RolloutState(rollout: rollout)
    guard let plan = plan(of: rollout) else {
      let message = invalidity(of: rollout)
      try await store(
        before.refused(message, generation: rollout.generation, at: now), over: rollout)
      return .seconds(20)
    }
    let seen = try await ClusterObserver(caches: caches, client: client)
      .observe(rollout, plan, routed: knownRouting(rollout, at: now), now: now)
    let (state, actions) = decide(plan, before, seen)
    let stored = try await store(state, over: rollout)
    let applier = ActionApplier(
      client: client, caches: caches, events: events, rollout: stored, plan: plan)
    try await applier.perform(actions)
    for case .route(let target) in actions { remember(target, of: rollout, at: now) }
    for case .record(let event) in actions { metrics.count(event, of: rollout) }
    metrics.show(rollout, plan, state)
    let isSettled = state == before && actions.isEmpty
    if !isSettled { return .zero }
    let wake = [nextWake(plan, state, seen), retry(seen, now)].compactMap { $0 }.min()
    return wake.map { .milliseconds(max(0, $0.since(now).count)) }
  }

  /// Invalid references may become valid without a word; routers may be changed by others.
  private func retry(_ seen: RolloutObservation, _ now: Timestamp) -> Timestamp? {
    if seen.refusal != nil { return now.advanced(by: .seconds(20)) }
    return seen.routed == nil ? nil : now.advanced(by: Self.routerTrust)
  }

  // What the Rollout asks for.

  private func plan(of rollout: JSONValue) -> RolloutPlan? {
    guard var plan = RolloutPlan.read(rollout.manifestNode).plan else { return nil }
    plan.generation = rollout.generation
    // A ReplicaSet that runs this template already decides what its revision is called.
    let sets = caches.owned(by: rollout, caches.replicaSets)
    if !sets.contains(where: { $0.label(RolloutLabel.podHash) == plan.podHash }),
      let set = sets.first(where: { TemplateMatch.matches(JSONValue(plan.template), $0) }),
      let hash = set.label(RolloutLabel.podHash)
    {
      plan.podHash = hash
    }
    return plan
  }

  private func invalidity(of rollout: JSONValue) -> String {
    RolloutPlan.read(rollout.manifestNode).invalidSpecMessage ?? "The Rollout is invalid"
  }

  // What it came to.

  /// Writes what changed of the status, then the revision, which stands in an annotation. Refused
  /// as a conflict when the Rollout is another than the one decided about.
  @discardableResult
  private func store(
    _ state: RolloutState, over rollout: JSONValue
  ) async throws(ClusterError) -> JSONValue {
    let reference = ObjectReference(.rollouts, rollout.namespace, rollout.name)
    var object = rollout
    do throws(ClusterError) {
      let before = RolloutState(rollout: rollout).status.asObject ?? [:]
      let wanted = state.status.asObject ?? [:]
      let status = rollout["status"] ?? [:]
      var next = status
      for key in before.keys where wanted[key] == nil { next[key] = nil }
      for (key, value) in wanted { next[key] = value }
      if var patch = MergePatch.changing(status, to: next).map({ JSONValue.object(["status": $0]) }) {
        patch[path: "metadata", "resourceVersion"] = .string(object.resourceVersion)
        object = try await client.patch(reference, .merge(patch), subresource: "status")
        caches.absorb(object, .rollouts)
      }
      let revision = String(state.revision)
      if state.revision > 0, object.annotation(RolloutAnnotation.revision) != revision {
        object = try await client.patch(
          reference,
          .merge(["metadata": ["annotations": [RolloutAnnotation.revision: .string(revision)]]]))
        caches.absorb(object, .rollouts)
      }
      return object
    } catch {
      if error.isConflict { caches.absorb(try await client.get(reference), .rollouts) }
      throw error
    }
  }

  // Routers.

  private func knownRouting(_ rollout: JSONValue, at now: Timestamp) -> TrafficTarget? {
    routed.withLock { routed in
      guard let known = routed[rollout.uid], now < known.until else { return nil }
      return known.target
    }
  }

  private func remember(_ target: TrafficTarget, of rollout: JSONValue, at now: Timestamp) {
    routed.withLock { $0[rollout.uid] = (target, now.advanced(by: Self.routerTrust)) }
  }

  /// Forgets what was written, as another controller may have written since.
  func stop() { routed.withLock { $0 = [:] } }
}
