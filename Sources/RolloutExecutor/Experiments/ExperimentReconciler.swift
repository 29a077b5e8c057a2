internal import Analysis
internal import KubernetesClient
internal import Manifest
internal import MetricModel
internal import Rollouts

/// One pass over an Experiment: observe, decide, write the new state, act; as for Rollouts.
struct ExperimentReconciler: Sendable {
  let client: ClusterClient
  let caches: ClusterCaches
  let events: EventRecorder
  let now: @Sendable () -> Timestamp

  /// Answers when to come back if nothing happens before.
  func reconcile(_ key: WorkQueue.Key) async throws(ClusterError) -> Duration? {
    guard let experiment = caches.experiments.cache.object(key.namespace, key.name),
      !experiment.isBeingDeleted
    else { return nil }
    let now = now()
    let before = ExperimentState(experiment: experiment)
    let (reading, problems) = ExperimentPlan.read(experiment.manifestNode)
    guard let plan = reading else {
      if before.isCompleted { return nil }
      var state = before
      state.phase = .error
      state.message = problems.first { $0.severity == .refused }.map { "\($0.error)" } ?? ""
      try await store(state, over: experiment)
      return nil
    }
    let sets = replicaSets(of: experiment, plan)
    let seen = observe(experiment, plan, sets, now)
    let (state, actions) = decide(plan, before, seen)
    let stored = try await store(state, over: experiment)
    let writer = OwnerWriter(client: client, caches: caches, owner: stored)
    for action in actions { try await perform(action, writer, plan, sets) }
    if state != before || !actions.isEmpty { return .zero }
    return nextWake(plan, state, seen).map { .milliseconds(max(0, $0.since(now).count)) }
  }

  /// By template.
  private func replicaSets(
    of experiment: JSONValue, _ plan: ExperimentPlan
  ) -> [String: JSONValue] {
    let owned = caches.owned(by: experiment, caches.replicaSets)
    var result: [String: JSONValue] = [:]
    for template in plan.templates {
      result[template.name] = owned.first { $0.name == "\(experiment.name)-\(template.name)" }
    }
    return result
  }

  private func observe(
    _ experiment: JSONValue, _ plan: ExperimentPlan, _ sets: [String: JSONValue], _ now: Timestamp
  ) -> ExperimentObservation {
    var seen = ExperimentObservation(now: now)
    seen.replicaSets = sets.compactMapValues { ObservedReplicaSet($0) }
    for run in caches.owned(by: experiment, caches.analysisRuns) {
      seen.runs[run.name] = ObservedRun(run)
    }
    seen.services = Set(caches.owned(by: experiment, caches.services).map(\.name))
    for analysis in plan.analyses {
      let use = AnalysisUse(templates: [analysis.template])
      guard let refusal = caches.refusal(of: use, namespace: plan.namespace) else { continue }
      seen.refusal = refusal.reason
    }
    return seen
  }

  @discardableResult
  private func store(
    _ state: ExperimentState, over experiment: JSONValue
  ) async throws(ClusterError) -> JSONValue {
    var wanted = experiment
    wanted["status"] = state.status
    guard var patch = MergePatch.changing(experiment, to: wanted) else { return experiment }
    patch[path: "metadata", "resourceVersion"] = .string(experiment.resourceVersion)
    return try await OwnerWriter(client: client, caches: caches, owner: experiment)
      .patch(experiment.name, .experiments, patch)
  }

  private func perform(
    _ action: ExperimentAction, _ writer: OwnerWriter, _ plan: ExperimentPlan,
    _ sets: [String: JSONValue]
  ) async throws(ClusterError) {
    let experiment = writer.owner
    switch action {
    case .createReplicaSet(let name, let hash):
      guard let template = plan.templates.first(where: { $0.name == name }) else { return }
      try await writer.create(
        ExperimentManifest.replicaSet(template, of: experiment, podHash: hash), .replicaSets)
    case .scale(let name, let replicas):
      guard let set = sets[name] else { return }
      try await writer.patch(
        set.name, .replicaSets,
        [
          "metadata": ["annotations": [RolloutAnnotation.scaleDownDeadline: .null]],
          "spec": ["replicas": .integer(Int64(replicas))],
        ])
    case .setScaleDownDeadline(let name, let time):
      guard let set = sets[name] else { return }
      try await writer.patch(
        set.name, .replicaSets,
        [
          "metadata": [
            "annotations": [RolloutAnnotation.scaleDownDeadline: .string(time.wholeSecondsUp)]
          ]
        ])
    case .createService(let name, let service, let hash):
      guard let template = plan.templates.first(where: { $0.name == name }) else { return }
      try await writer.create(
        ExperimentManifest.service(
          service, of: experiment, podHash: hash,
          ports: ExperimentManifest.ports(of: template.template)), .services)
    case .deleteService(let name):
      try await writer.delete(
        caches.services.cache.object(experiment.namespace, name), .services)
    case .startAnalysis(let start):
      try await writer.startAnalysis(
        start, podHash: experiment.label(RolloutLabel.podHash) ?? "", revision: nil,
        stableHash: "")
    case .terminateAnalysis(let name): try await writer.terminate(.analysisRuns, name)
    case .record(let event):
      events.record(
        event.reason, event.message, about: experiment,
        isWarning: event.reason == "ExperimentFailed" || event.reason == "ExperimentError")
    }
  }
}
