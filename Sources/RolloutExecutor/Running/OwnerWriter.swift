internal import Analysis
internal import KubernetesClient
internal import Manifest
internal import Rollouts

/// Writes the objects that a Rollout or an Experiment owns. Answers are put into the caches, so
/// that the next decision sees at least what this one wrote.
struct OwnerWriter {
  let client: ClusterClient
  let caches: ClusterCaches
  let owner: JSONValue

  private var namespace: String { owner.namespace }

  /// Creates an object, or adopts the one of the owner's that has its name.
  func create(_ object: JSONValue, _ kind: ResourceKind) async throws(ClusterError) {
    do throws(ClusterError) {
      caches.absorb(try await client.create(object, as: kind, namespace: namespace), kind)
    } catch {
      guard error.alreadyExists else { throw error }
      let existing = try await client.get(ObjectReference(kind, namespace, object.name))
      guard existing.controllerOwner?.uid == owner.uid else { throw error }
      caches.absorb(existing, kind)
    }
  }

  func delete(_ object: JSONValue?, _ kind: ResourceKind) async throws(ClusterError) {
    guard let object else { return }
    try await client.delete(
      ObjectReference(kind, object.namespace, object.name), uid: object.uid)
    caches.all.first { $0.cache.kind == kind }?.cache.remove(object)
  }

  func terminate(_ kind: ResourceKind, _ name: String) async throws(ClusterError) {
    do throws(ClusterError) {
      try await patch(name, kind, ["spec": ["terminate": true]])
    } catch {
      guard error.isNotFound else { throw error }
    }
  }

  /// By a JSON merge patch. After a conflict, and when nobody knows whether it was stored, the
  /// object as it is goes into the cache, so that the next pass decides by that.
  @discardableResult
  func patch(
    _ name: String, _ kind: ResourceKind, _ patch: JSONValue, subresource: String? = nil
  ) async throws(ClusterError) -> JSONValue {
    let reference = ObjectReference(kind, namespace, name)
    do throws(ClusterError) {
      let answer = try await client.patch(reference, patch, subresource: subresource)
      caches.absorb(answer, kind)
      return answer
    } catch {
      if error.isConflict || error.isOutcomeUnknown {
        caches.absorb(try await client.get(reference), kind)
      }
      throw error
    }
  }

  func startAnalysis(
    _ start: AnalysisStart, podHash: String, revision: Int?, stableHash: String
  ) async throws(ClusterError) {
    let spec: AnalysisSpec
    do throws(TemplateMergeError) {
      spec = try caches.analysisSpec(
        for: start.use, arguments: start.arguments, owner: owner, stableHash: stableHash,
        latestHash: podHash)
    } catch {
      throw .configuration("AnalysisRun \(start.name): \(error)")
    }
    let metadata = start.use.runMetadata
    let labels = AnalysisRunManifest.labels(of: start.placement, podHash: podHash, owner: owner)
    var annotations = metadata.annotations
    if let revision { annotations[RolloutAnnotation.revision] = String(revision) }
    // A template's own share is in its spec, which the run's annotation carries on.
    if let share = spec.budgetShare ?? start.budgetShare {
      annotations[AnalysisTemplate.budgetAnnotation] = String(share)
    }
    try await create(
      AnalysisRunManifest.new(
        start.name, spec: spec, owner: owner, labels: metadata.labels.merging(labels) { $1 },
        annotations: annotations), .analysisRuns)
  }
}
