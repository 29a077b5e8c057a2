internal import KubernetesClient
internal import Manifest
internal import MetricModel
internal import Rollouts

/// ReplicaSets as Argo makes them, so that either controller goes on with the other's.
enum ReplicaSetManifest {
  static func name(rollout: String, podHash: String) -> String { "\(rollout)-\(podHash)" }

  /// A new ReplicaSet without pods.
  static func new(_ start: ReplicaSetStart, of rollout: JSONValue, _ plan: RolloutPlan) -> JSONValue
  {
    var template = JSONValue(plan.template)
    let hash = [RolloutLabel.podHash: start.podHash]
    let metadata = start.metadata
    let labels = (template[path: "metadata", "labels"] ?? [:]).texts
    template[path: "metadata", "labels"] = JSONValue(
      labels.merging(metadata.labels) { $1 }.merging(hash) { $1 })
    let podAnnotations = (template[path: "metadata", "annotations"] ?? [:]).texts
      .merging(metadata.annotations) { $1 }
    if !podAnnotations.isEmpty {
      template[path: "metadata", "annotations"] = JSONValue(podAnnotations)
    }
    if let avoided = start.avoids { avoid(avoided, in: &template) }
    var annotations = [
      RolloutAnnotation.revision: String(start.revision),
      RolloutAnnotation.desiredReplicas: String(start.sizedFor),
    ]
    if !metadata.isEmpty { annotations[RolloutAnnotation.ephemeralMetadata] = metadata.spelled }
    return [
      "apiVersion": "apps/v1", "kind": "ReplicaSet",
      "metadata": [
        "name": .string(name(rollout: plan.name, podHash: start.podHash)),
        "namespace": .string(plan.namespace),
        "labels": JSONValue(labels.merging(hash) { $1 }),
        "annotations": JSONValue(annotations),
        "ownerReferences": [rollout.asControllerOwner],
      ],
      "spec": [
        "replicas": 0, "minReadySeconds": .integer(plan.minReady.count / 1000),
        "selector": ["matchLabels": JSONValue(plan.selector.merging(hash) { $1 })],
        "template": template,
      ],
    ]
  }

  private static func avoid(_ avoided: ReplicaSetStart.Avoidance, in template: inout JSONValue) {
    let term: JSONValue = [
      "labelSelector": [
        "matchExpressions": [
          [
            "key": .string(RolloutLabel.podHash), "operator": "In",
            "values": [.string(avoided.podHash)],
          ]
        ]
      ],
      "topologyKey": "kubernetes.io/hostname",
    ]
    let (field, rule): (JSONValue.Step, JSONValue) =
      switch avoided.kind {
      case .required: ("requiredDuringSchedulingIgnoredDuringExecution", term)
      case .preferred(let weight):
        (
          "preferredDuringSchedulingIgnoredDuringExecution",
          ["weight": .integer(Int64(weight)), "podAffinityTerm": term]
        )
      }
    let path: [JSONValue.Step] = ["spec", "affinity", "podAntiAffinity", field]
    template[path: path] = .array((template[path: path]?.asArray ?? []) + [rule])
  }
}

extension PodMetadata {
  /// As in Argo's annotation.
  var spelled: String {
    JSONValue(present: [
      "labels": labels.isEmpty ? nil : JSONValue(labels),
      "annotations": annotations.isEmpty ? nil : JSONValue(annotations),
    ]).spelled
  }

  init(spelled text: String) {
    let value = (try? JSONValue(parsing: text)) ?? [:]
    self.init(
      labels: (value["labels"] ?? [:]).texts, annotations: (value["annotations"] ?? [:]).texts)
  }
}

extension ObservedReplicaSet {
  /// nil for a ReplicaSet without a hash, which is none of a Rollout's.
  init?(_ object: JSONValue) {
    guard let hash = object.label(RolloutLabel.podHash) else { return nil }
    let status = object["status"] ?? [:]
    self.init(
      podHash: hash,
      revision: object.annotation(RolloutAnnotation.revision).flatMap { Int($0) } ?? 0,
      created: object.created, desired: (object["spec"] ?? [:]).whole("replicas") ?? 1,
      pods: status.whole("replicas") ?? 0, ready: status.whole("readyReplicas") ?? 0,
      available: status.whole("availableReplicas") ?? 0)
    sizedFor = object.annotation(RolloutAnnotation.desiredReplicas).flatMap { Int($0) }
    scaleDownDeadline = object.annotation(RolloutAnnotation.scaleDownDeadline)
      .flatMap { Timestamp(parsing: $0) }
    configs = ConfigReference.all(in: object[path: "spec", "template"] ?? [:])
    isRejected = object.annotation(RolloutAnnotation.rejected) == "true"
    metadata =
      object.annotation(RolloutAnnotation.ephemeralMetadata)
      .map { PodMetadata(spelled: $0) } ?? PodMetadata()
  }
}
