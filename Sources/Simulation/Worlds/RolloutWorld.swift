internal import Analysis
package import Manifest
package import MetricModel
package import Rollouts
package import TrafficRouting

/// All that an API server holds of one rollout, and what each write does to it: pods in numbers,
/// Services, runs, and real router objects edited by the real routers.
///
///     var world = RolloutWorld(plan: plan, now: start)
///     let (next, actions) = decide(world.plan, world.state, world.observation)
///     world.state = next
///     for action in actions { try world.perform(action) }
package struct RolloutWorld: Sendable {
  package var plan: RolloutPlan
  package var state = RolloutState()
  package var now: Timestamp
  package var replicaSets: [ObservedReplicaSet] = []
  package var runs: [String: ObservedRun] = [:]
  package var placements: [String: AnalysisPlacement] = [:]
  package var experiments: [String: ObservedExperiment] = [:]
  package var services: [String: String] = [:]
  package var routerObjects: [RoutedObject: JSONValue] = [:]
  /// What the routers hold; nil after a hand has been at them.
  package var routed: TrafficTarget?
  package var workload: ObservedWorkload?
  /// ConfigMaps and Secrets of people, with a word for their content.
  package var configs: [ConfigReference: String] = [:]
  /// Copies of them, with the content they were made of.
  package private(set) var configCopies: [ConfigReference: String] = [:]
  /// The pod templates of the ReplicaSets, by their hashes.
  package private(set) var templates: [String: ManifestNode] = [:]
  package var refusal: String?
  /// Revisions whose new pods don't become available by themselves.
  package var held: Set<String> = []
  /// Whether no revision's new pods do.
  package var holdsAll = false
  /// The annotation that lists destinations of others.
  package var otherDestinations: String?
  private var podCount = 0

  package init(plan: RolloutPlan, now: Timestamp) {
    self.plan = plan
    self.now = now
    settleObjects()
  }

  /// Makes the Services and router objects that the plan refers to and that don't exist.
  package mutating func settleObjects() {
    var names: [String?] = []
    switch plan.strategy {
    case .canary(let canary):
      names = [canary.canaryService, canary.stableService]
      if let pingPong = canary.pingPong { names += [pingPong.ping, pingPong.pong] }
    case .blueGreen(let blueGreen): names = [blueGreen.activeService, blueGreen.previewService]
    }
    for case let name? in names where services[name] == nil { services[name] = "" }
    let turn =
      state.stablePingPong == .pong ? plan.canary.pingPong?.pong : plan.canary.pingPong?.ping
    let stable = turn ?? plan.canary.stableService ?? ""
    for router in plan.canary.routing?.routers ?? [] {
      for (object, value) in RouterObjects.fresh(router, context, stable: stable)
      where routerObjects[object] == nil {
        routerObjects[object] = value
        routed = nil
      }
    }
  }

  /// The plan that is decided about: with the config there is.
  package var versionedPlan: RolloutPlan { versioned(plan) }

  /// A plan of some time ago, with the config there is.
  func versioned(_ plan: RolloutPlan) -> RolloutPlan {
    var seen: [ConfigReference: ObservedConfig] = [:]
    for reference in plan.trackedConfigs {
      if configCopies[reference] != nil {
        seen[reference] = .copy
      } else if let content = configs[reference] {
        seen[reference] = .content(hash: content)
      }
    }
    return plan.versioned(by: seen)
  }

  package var context: RoutingContext { RoutingContext(plan: plan, annotation: otherDestinations) }

  package var observation: RolloutObservation {
    var seen = RolloutObservation(
      now: now, replicaSets: replicaSets, runs: runs, experiments: experiments,
      services: services, routed: routed, workload: workload, refusal: refusal)
    seen.configCopies = Set(configCopies.keys)
    return seen
  }

  package func replicaSet(_ podHash: String) -> ObservedReplicaSet? {
    replicaSets.first { $0.podHash == podHash }
  }

  /// Does what an action says. A router's refusal is kept for the next observation, as a controller
  /// does, and thrown.
  ///
  /// `decided` is the plan that was decided about, where that isn't the present one.
  package mutating func perform(
    _ action: RolloutAction, by decided: RolloutPlan? = nil
  ) throws(RouterRefusal) {
    switch action {
    case .copyConfig(let copy):
      if configs[copy.source] == copy.contentHash {
        configCopies[copy.reference] = copy.contentHash
      }
    case .deleteConfig(let reference): configCopies[reference] = nil
    case .createReplicaSet(let start): create(start, by: decided ?? versionedPlan)
    case .setRevision(let hash, let revision): change(hash) { $0.revision = revision }
    case .scale(let hash, let replicas, let sizedFor): scale(hash, replicas, sizedFor)
    case .setScaleDownDeadline(let hash, let time): change(hash) { $0.scaleDownDeadline = time }
    case .setRejected(let hash, let isRejected): change(hash) { $0.isRejected = isRejected }
    case .setMetadata(let hash, let metadata): change(hash) { $0.metadata = metadata }
    case .deleteReplicaSet(let hash): replicaSets.removeAll { $0.podHash == hash }
    case .select(let service, let hash): services[service] = hash
    case .route(let target): try route(target)
    case .startAnalysis(let start):
      guard runs[start.name] == nil else { return }
      runs[start.name] = ObservedRun(phase: .running, created: now)
      placements[start.name] = start.placement
    case .terminateAnalysis(let name):
      runs[name]?.isTerminating = true
      if runs[name]?.isCompleted == false { runs[name]?.phase = .successful }
    case .deleteAnalysis(let name): runs[name] = nil
    case .startExperiment(let start):
      guard experiments[start.name] == nil else { return }
      experiments[start.name] = ObservedExperiment(phase: .running, created: now)
    case .terminateExperiment(let name):
      experiments[name]?.isTerminating = true
      if experiments[name]?.phase.isCompleted == false { experiments[name]?.phase = .successful }
    case .deleteExperiment(let name): experiments[name] = nil
    case .evict(let pod): evict(pod)
    case .scaleWorkload(let replicas): workload?.replicas = replicas
    case .record: return
    }
  }

  private mutating func create(_ start: ReplicaSetStart, by plan: RolloutPlan) {
    guard replicaSet(start.podHash) == nil else { return }
    var set = ObservedReplicaSet(
      podHash: start.podHash, revision: start.revision, created: now, desired: 0, pods: 0,
      ready: 0, available: 0)
    set.sizedFor = start.sizedFor
    set.metadata = start.metadata
    let template = plan.template
    set.configs = ConfigReference.all(in: JSONValue(template))
    templates[start.podHash] = template
    replicaSets.append(set)
  }

  package mutating func change(_ hash: String, _ edit: (inout ObservedReplicaSet) -> Void) {
    guard let index = replicaSets.firstIndex(where: { $0.podHash == hash }) else { return }
    edit(&replicaSets[index])
  }

  private mutating func scale(_ hash: String, _ replicas: Int, _ sizedFor: Int) {
    change(hash) { set in
      set.desired = replicas
      set.sizedFor = sizedFor
    }
    settlePods(hash)
  }

  /// Starts missing pods and takes surplus ones away, those that aren't available first.
  package mutating func settlePods(_ hash: String) {
    guard let index = replicaSets.firstIndex(where: { $0.podHash == hash }) else { return }
    var set = replicaSets[index]
    while set.podList.count > set.desired {
      let victim = set.podList.lastIndex { !$0.isAvailable } ?? set.podList.count - 1
      set.podList.remove(at: victim)
    }
    while set.podList.count < set.desired {
      podCount += 1
      set.podList.append(
        ObservedPod(
          name: "pod-\(podCount)", created: now, isAvailable: !holdsAll && !held.contains(hash)))
    }
    replicaSets[index] = set
    count(index)
  }

  private mutating func count(_ index: Int) {
    replicaSets[index].pods = replicaSets[index].podList.count
    replicaSets[index].available = replicaSets[index].podList.count { $0.isAvailable }
    replicaSets[index].ready = replicaSets[index].available
  }

  /// Lets exactly so many pods of a revision be available, as far as it has them.
  package mutating func setAvailable(_ hash: String, _ available: Int) {
    guard let index = replicaSets.firstIndex(where: { $0.podHash == hash }) else { return }
    for pod in replicaSets[index].podList.indices {
      replicaSets[index].podList[pod].isAvailable = pod < available
    }
    count(index)
  }

  private mutating func evict(_ pod: String) {
    for index in replicaSets.indices
    where replicaSets[index].podList.contains(where: { $0.name == pod }) {
      replicaSets[index].podList.removeAll { $0.name == pod }
      settlePods(replicaSets[index].podHash)
    }
  }

  private mutating func route(_ target: TrafficTarget) throws(RouterRefusal) {
    do throws(RouterRefusal) {
      for router in plan.canary.routing?.routers ?? [] {
        let edits = try router.edits(to: target, context: context, current: routerObjects)
        for edit in edits { routerObjects[edit.object] = edit.after }
      }
      routed = target
    } catch {
      refusal = error.description
      throw error
    }
  }
}

/// Router objects as a person first writes them: everything to stable.
enum RouterObjects {
  static func fresh(
    _ router: RouterPlan, _ context: RoutingContext, stable: String
  ) -> [(RoutedObject, JSONValue)] {
    router.objects(context).compactMap { object in
      switch object.kind {
      case .virtualService:
        guard case .istio(let plan) = router else { return nil }
        return (object, virtualService(plan, object, stable))
      case .destinationRule:
        return (object, ["spec": ["host": .string(context.rollout), "subsets": []]])
      case .ingress:
        guard case .nginx(let plan) = router, plan.stableIngresses.contains(object.name) else {
          return nil
        }
        return (object, ingress(stable))
      case .httpRoute, .grpcRoute, .tcpRoute, .tlsRoute:
        return (
          object, ["spec": ["rules": [["backendRefs": [["name": .string(stable), "port": 80]]]]]]
        )
      }
    }
  }

  private static func virtualService(
    _ plan: IstioPlan, _ object: RoutedObject, _ stable: String
  ) -> JSONValue {
    var destination: JSONValue = ["host": .string(stable)]
    if let rule = plan.destinationRule {
      destination = ["host": "shop", "subset": .string(rule.stableSubset)]
    }
    let route: JSONValue = [["destination": destination, "weight": 100]]
    let wanted = plan.virtualServices.first { $0.name == object.name }
    var spec = JSONValue.object([:])
    let names = wanted?.routes ?? []
    let others = (wanted?.tlsRoutes.isEmpty ?? true) && (wanted?.tcpRoutes.isEmpty ?? true)
    if !names.isEmpty || others {
      spec["http"] = .array(
        names.isEmpty
          ? [["route": route]] : names.map { ["name": .string($0), "route": route] })
    }
    for (field, matches) in [("tls", wanted?.tlsRoutes ?? []), ("tcp", wanted?.tcpRoutes ?? [])]
    where !matches.isEmpty {
      spec[field] = .array(
        matches.map { match in
          var value = JSONValue.object([:])
          if let port = match.port { value["port"] = .integer(Int64(port)) }
          if !match.sniHosts.isEmpty {
            value["sniHosts"] = .array(match.sniHosts.map { .string($0) })
          }
          return ["match": [value], "route": route]
        })
    }
    return ["spec": spec]
  }

  private static func ingress(_ stable: String) -> JSONValue {
    [
      "spec": [
        "rules": [
          [
            "http": [
              "paths": [
                [
                  "path": "/",
                  "backend": ["service": ["name": .string(stable), "port": ["number": 80]]],
                ]
              ]
            ]
          ]
        ]
      ]
    ]
  }
}
