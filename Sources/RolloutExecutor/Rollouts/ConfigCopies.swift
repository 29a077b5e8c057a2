internal import KubernetesClient
internal import Manifest
internal import Rollouts

/// The ConfigMaps and Secrets of a Rollout that versions them: read, copied, removed.
///
/// They are read anew in each pass of such a Rollout instead of watched: a watch would hold all
/// Secrets of the cluster in memory, for the few that ask for it.
struct ConfigCopies {
  let client: ClusterClient
  let rollout: JSONValue

  /// On a copy: the name of the Rollout it was made for, and that of its source.
  static let ownerLabel = "rollouts.assay.dev/config-of"
  static let sourceAnnotation = "rollouts.assay.dev/copy-of"

  /// What stands behind each reference; without those that don't exist.
  func observed(
    _ references: [ConfigReference]
  ) async throws(ClusterError) -> [ConfigReference: ObservedConfig] {
    var result: [ConfigReference: ObservedConfig] = [:]
    for reference in references {
      guard let object = try await read(reference) else { continue }
      result[reference] =
        isCopy(object) ? .copy : .content(hash: ConfigReference.contentHash(of: object))
    }
    return result
  }

  /// The copies there are.
  func made() async throws(ClusterError) -> Set<ConfigReference> {
    var result: Set<ConfigReference> = []
    for kind in ConfigReference.Kind.allCases {
      let list = try await client.list(
        ResourceKind(kind), namespace: rollout.namespace,
        labels: "\(Self.ownerLabel)=\(rollout.name)")
      for object in list.items where isCopy(object) {
        result.insert(ConfigReference(kind, object.name))
      }
    }
    return result
  }

  /// Refused as a conflict when the source is another than the one decided about.
  func make(_ copy: ConfigCopy) async throws(ClusterError) {
    guard let source = try await read(copy.source),
      ConfigReference.contentHash(of: source) == copy.contentHash
    else {
      throw .configuration("\(copy.source) changed while it was copied")
    }
    var object: JSONValue = [
      "apiVersion": "v1", "kind": .string(copy.source.kind.rawValue), "immutable": true,
      "metadata": [
        "name": .string(copy.reference.name), "namespace": .string(rollout.namespace),
        "labels": [Self.ownerLabel: .string(rollout.name)],
        "annotations": [Self.sourceAnnotation: .string(copy.source.name)],
        "ownerReferences": [rollout.asControllerOwner],
      ],
    ]
    for field in ["type", "data", "binaryData"] { object[field] = source[field] }
    do throws(ClusterError) {
      try await client.create(
        object, as: ResourceKind(copy.source.kind), namespace: rollout.namespace)
    } catch {
      guard error.alreadyExists, let existing = try await read(copy.reference), isCopy(existing)
      else { throw error }
    }
  }

  func remove(_ reference: ConfigReference) async throws(ClusterError) {
    guard let object = try await read(reference), isCopy(object) else { return }
    try await client.delete(self.reference(reference), uid: object.uid)
  }

  private func isCopy(_ object: JSONValue) -> Bool {
    object.label(Self.ownerLabel) == rollout.name && object.controllerOwner?.uid == rollout.uid
  }

  private func reference(_ config: ConfigReference) -> ObjectReference {
    ObjectReference(ResourceKind(config.kind), rollout.namespace, config.name)
  }

  private func read(_ config: ConfigReference) async throws(ClusterError) -> JSONValue? {
    do throws(ClusterError) {
      return try await client.get(reference(config))
    } catch {
      guard error.isNotFound else { throw error }
      return nil
    }
  }
}

extension ResourceKind {
  fileprivate init(_ kind: ConfigReference.Kind) {
    self =
      switch kind {
      case .configMap: .configMaps
      case .secret: .secrets
      }
  }
}
