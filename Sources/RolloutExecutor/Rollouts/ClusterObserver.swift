internal import Analysis
internal import KubernetesClient
internal import Manifest
internal import MetricModel
internal import Rollouts

/// Gathers what a decision about a Rollout rests on, out of the caches.
struct ClusterObserver {
  let caches: ClusterCaches
  let client: ClusterClient

  /// - Parameter routed: what the routers were last brought to.
  func observe(
    _ rollout: JSONValue, _ plan: RolloutPlan, routed: TrafficTarget?, now: Timestamp
  ) async throws(ClusterError) -> RolloutObservation {
    let sets = caches.owned(by: rollout, caches.replicaSets)
    var seen = RolloutObservation(
      now: now, replicaSets: sets.compactMap { ObservedReplicaSet($0) }, routed: routed)
    for run in caches.owned(by: rollout, caches.analysisRuns) { seen.runs[run.name] = .init(run) }
    for experiment in caches.owned(by: rollout, caches.experiments) {
      seen.experiments[experiment.name] = .init(experiment)
    }
    for name in plan.serviceNames {
      guard let service = caches.services.cache.object(plan.namespace, name) else { continue }
      seen.services[name] = service[path: "spec", "selector"]?.text(RolloutLabel.podHash) ?? ""
    }
    seen.replicaFailure = sets.lazy.compactMap { Self.failure(of: $0) }.first
    seen.refusal = refusal(of: plan, seen)
    if let restartAt = plan.restartAt, restartAt <= now,
      RolloutState(rollout: rollout).restartedAt != restartAt
    {
      try await addPods(&seen, of: sets)
    }
    return seen
  }

  /// The condition `ReplicaFailure` of a ReplicaSet that can't make pods.
  private static func failure(of set: JSONValue) -> String? {
    let conditions = set[path: "status", "conditions"]?.asArray ?? []
    return conditions.first { $0.text("type") == "ReplicaFailure" && $0.text("status") == "True" }
      .map { $0.text("message") }
  }

  private func addPods(
    _ seen: inout RolloutObservation, of sets: [JSONValue]
  ) async throws(ClusterError) {
    for index in seen.replicaSets.indices where seen.replicaSets[index].pods > 0 {
      let hash = seen.replicaSets[index].podHash
      guard let set = sets.first(where: { $0.label(RolloutLabel.podHash) == hash }) else {
        continue
      }
      let pods = try await client.list(
        .pods, namespace: set.namespace, labels: "\(RolloutLabel.podHash)=\(hash)")
      seen.replicaSets[index].podList = pods.items
        .filter { $0.controllerOwner?.uid == set.uid }
        .map { ObservedPod($0, minReady: set[path: "spec", "minReadySeconds"], now: seen.now) }
    }
  }

  /// Why what the plan refers to can't be used, in Argo's words; nil when it can.
  private func refusal(of plan: RolloutPlan, _ seen: RolloutObservation) -> String? {
    for (field, name) in plan.services where seen.services[name] == nil {
      return Self.refusal(plan, field, name, "service \"\(name)\" not found")
    }
    for (field, use) in plan.analysisUses {
      if let (name, reason) = caches.refusal(of: use, namespace: plan.namespace) {
        return Self.refusal(plan, "\(field).templates", name, reason)
      }
    }
    return nil
  }

  private static func refusal(
    _ plan: RolloutPlan, _ field: String, _ value: String, _ reason: String
  ) -> String {
    "The Rollout \"\(plan.name)\" is invalid: \(field): Invalid value: \"\(value)\": \(reason)"
  }
}

extension RolloutPlan {
  /// The Services it names, by the field that does.
  var services: [(field: String, name: String)] {
    let named: [(String, String?)]
    switch strategy {
    case .canary(let canary):
      named = [
        ("spec.strategy.canary.canaryService", canary.canaryService),
        ("spec.strategy.canary.stableService", canary.stableService),
        ("spec.strategy.canary.pingPong.pingService", canary.pingPong?.ping),
        ("spec.strategy.canary.pingPong.pongService", canary.pingPong?.pong),
      ]
    case .blueGreen(let blueGreen):
      named = [
        ("spec.strategy.blueGreen.activeService", blueGreen.activeService),
        ("spec.strategy.blueGreen.previewService", blueGreen.previewService),
      ]
    }
    return named.compactMap { field, name in name.map { (field, $0) } }
  }

  var serviceNames: [String] { services.map(\.name) }

  /// The analyses it asks for, by the field that does.
  var analysisUses: [(field: String, use: AnalysisUse)] {
    switch strategy {
    case .blueGreen(let blueGreen):
      let path = "spec.strategy.blueGreen"
      let uses: [(String, AnalysisUse?)] = [
        ("\(path).prePromotionAnalysis", blueGreen.prePromotion),
        ("\(path).postPromotionAnalysis", blueGreen.postPromotion),
      ]
      return uses.compactMap { field, use in use.map { (field, $0) } }
    case .canary(let canary):
      let path = "spec.strategy.canary"
      var uses = canary.steps.enumerated().compactMap { index, step -> (String, AnalysisUse)? in
        guard case .analysis(let use) = step else { return nil }
        return ("\(path).steps[\(index)].analysis", use)
      }
      if let background = canary.background { uses.append(("\(path).analysis", background.use)) }
      return uses
    }
  }
}

extension ObservedRun {
  init(_ object: JSONValue) {
    let status = object["status"] ?? [:]
    self.init(
      phase: AnalysisPhase(rawValue: status.text("phase")) ?? .pending,
      message: status.text("message"),
      isTerminating: object[path: "spec", "terminate"]?.asBool ?? false, created: object.created)
  }
}

extension ObservedExperiment {
  init(_ object: JSONValue) {
    let status = object["status"] ?? [:]
    self.init(
      phase: AnalysisPhase(rawValue: status.text("phase")) ?? .pending,
      message: status.text("message"),
      isTerminating: object[path: "spec", "terminate"]?.asBool ?? false, created: object.created)
    for template in status["templateStatuses"]?.asArray ?? [] {
      let service = template.text("serviceName")
      guard !service.isEmpty, (template.whole("availableReplicas") ?? 0) > 0 else { continue }
      destinations[template.text("name")] = Destination(
        service: service, podHash: template.text("podTemplateHash"))
    }
  }
}

extension ObservedPod {
  init(_ object: JSONValue, minReady: JSONValue?, now: Timestamp) {
    let ready = (object[path: "status", "conditions"]?.asArray ?? [])
      .first { $0.text("type") == "Ready" && $0.text("status") == "True" }
    let since = ready?.time("lastTransitionTime")
    let wait = Milliseconds.seconds(minReady?.asInteger ?? 0)
    self.init(
      name: object.name, created: object.created,
      isAvailable: ready != nil
        && (wait == .zero || since.map { now >= $0.advanced(by: wait) } ?? false),
      isTerminating: object.isBeingDeleted)
  }
}
