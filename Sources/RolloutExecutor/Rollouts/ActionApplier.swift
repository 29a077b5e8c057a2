internal import Analysis
internal import HTTPTransport
internal import KubernetesClient
internal import Manifest
internal import MetricModel
internal import Rollouts

/// Performs the actions of a decision. Each may be repeated: what it asks for may hold already.
///
/// Answers are put into the caches, so that the next decision sees at least what this one wrote.
struct ActionApplier {
  let writer: OwnerWriter
  let events: EventRecorder
  let plan: RolloutPlan

  var client: ClusterClient { writer.client }
  var caches: ClusterCaches { writer.caches }
  var rollout: JSONValue { writer.owner }

  func perform(_ action: RolloutAction) async throws(ClusterError) {
    switch action {
    case .copyConfig(let copy):
      try await ConfigCopies(client: client, rollout: rollout).make(copy)
    case .deleteConfig(let reference):
      try await ConfigCopies(client: client, rollout: rollout).remove(reference)
    case .createReplicaSet(let start):
      try await writer.create(ReplicaSetManifest.new(start, of: rollout, plan), .replicaSets)
    case .setRevision(let hash, let revision):
      try await annotate(hash, [RolloutAnnotation.revision: .string(String(revision))])
    case .scale(let hash, let replicas, let sizedFor):
      try await scale(hash, to: replicas, sizedFor: sizedFor)
    case .setScaleDownDeadline(let hash, let time):
      let text = time.map { JSONValue.string($0.wholeSecondsUp) } ?? .null
      try await annotate(hash, [RolloutAnnotation.scaleDownDeadline: text])
    case .setRejected(let hash, let isRejected):
      try await annotate(hash, [RolloutAnnotation.rejected: isRejected ? "true" : .null])
    case .setMetadata(let hash, let metadata): try await set(metadata, on: hash)
    case .deleteReplicaSet(let hash): try await writer.delete(replicaSet(hash), .replicaSets)
    case .select(let service, let hash): try await select(service, hash)
    case .route(let target): try await route(target)
    case .startAnalysis(let start):
      let state = RolloutState(rollout: rollout)
      try await writer.startAnalysis(
        start, podHash: plan.podHash, revision: state.revision, stableHash: state.stableHash)
    case .terminateAnalysis(let name): try await writer.terminate(.analysisRuns, name)
    case .deleteAnalysis(let name):
      try await writer.delete(
        caches.analysisRuns.cache.object(plan.namespace, name), .analysisRuns)
    case .startExperiment(let start):
      let experiment = ExperimentManifest.new(start, of: rollout, plan, sets: replicaSet)
      try await writer.create(experiment, .experiments)
    case .terminateExperiment(let name): try await writer.terminate(.experiments, name)
    case .deleteExperiment(let name):
      try await writer.delete(
        caches.experiments.cache.object(plan.namespace, name), .experiments)
    case .evict(let pod): try await evict(pod)
    case .scaleWorkload(let replicas): try await scaleWorkload(replicas)
    case .record(let event):
      events.record(
        event.reason, event.message, about: rollout, isWarning: event.reason == "RolloutAborted")
    }
  }

  // ReplicaSets.

  private func replicaSet(_ podHash: String) -> JSONValue? {
    caches.owned(by: rollout, caches.replicaSets)
      .first { $0.label(RolloutLabel.podHash) == podHash }
  }

  private func annotate(
    _ podHash: String, _ annotations: [String: JSONValue]
  ) async throws(ClusterError) {
    guard let set = replicaSet(podHash) else { return }
    try await writer.patch(
      set.name, .replicaSets, ["metadata": ["annotations": .object(annotations)]])
  }

  /// Refused as a conflict when the ReplicaSet is another than the one decided about.
  private func scale(
    _ podHash: String, to replicas: Int, sizedFor: Int
  ) async throws(ClusterError) {
    guard let set = replicaSet(podHash) else { return }
    try await writer.patch(
      set.name, .replicaSets,
      [
        "metadata": [
          "resourceVersion": .string(set.resourceVersion),
          "annotations": [RolloutAnnotation.desiredReplicas: .string(String(sizedFor))],
        ], "spec": ["replicas": .integer(Int64(replicas))],
      ])
  }

  /// The template first, so that pods made from now on have it, then the pods that exist.
  private func set(_ metadata: PodMetadata, on podHash: String) async throws(ClusterError) {
    guard let set = replicaSet(podHash) else { return }
    let old = ObservedReplicaSet(set)?.metadata ?? PodMetadata()
    let change: JSONValue = [
      "labels": Self.change(old.labels, metadata.labels),
      "annotations": Self.change(old.annotations, metadata.annotations),
    ]
    let pods = try await client.list(
      .pods, namespace: set.namespace, labels: "\(RolloutLabel.podHash)=\(podHash)")
    try await writer.patch(set.name, .replicaSets, ["spec": ["template": ["metadata": change]]])
    for pod in pods.items where pod.controllerOwner?.uid == set.uid {
      do throws(ClusterError) {
        try await client.patch(
          ObjectReference(.pods, pod.namespace, pod.name), ["metadata": change])
      } catch {
        guard error.isNotFound else { throw error }
      }
    }
    // Last: until it is there, all of this is done again.
    try await annotate(
      podHash,
      [RolloutAnnotation.ephemeralMetadata: metadata.isEmpty ? .null : .string(metadata.spelled)])
  }

  private static func change(_ old: [String: String], _ new: [String: String]) -> JSONValue {
    var patch = JSONValue(new)
    for key in old.keys where new[key] == nil { patch[key] = .null }
    return patch
  }

  // Services, pods, workloads.

  private func select(_ service: String, _ podHash: String) async throws(ClusterError) {
    try await writer.patch(
      service, .services,
      [
        "metadata": ["annotations": [RolloutAnnotation.managedBy: .string(plan.name)]],
        "spec": ["selector": [RolloutLabel.podHash: .string(podHash)]],
      ])
  }

  /// A disruption budget may say no; then the pod is asked for again in a later pass.
  private func evict(_ pod: String) async throws(ClusterError) {
    let reference = ObjectReference(.pods, plan.namespace, pod)
    let version = try await client.served(.disruptionBudgets).apiVersion
    do throws(ClusterError) {
      try await client.send(
        .post, path: reference.path("eviction"), kind: .pods,
        body: [
          "apiVersion": .string(version), "kind": "Eviction",
          "metadata": ["name": .string(pod), "namespace": .string(plan.namespace)],
        ])
    } catch {
      guard error.isNotFound || error.isTooMany else { throw error }
    }
  }

  private func scaleWorkload(_ replicas: Int) async throws(ClusterError) {
    guard let workload = plan.workload, workload.kind == "Deployment" else { return }
    try await writer.patch(
      workload.name, .deployments, ["spec": ["replicas": .integer(Int64(replicas))]])
  }
}

extension Timestamp {
  /// `wholeSeconds`, rounded up: a deadline must not come early.
  var wholeSecondsUp: String { advanced(by: Milliseconds(999)).wholeSeconds }
}
