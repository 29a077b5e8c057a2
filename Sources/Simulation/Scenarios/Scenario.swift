package import Analysis
package import Manifest
package import MetricModel
package import Rollouts

/// A rollout, what happens to it, and what must follow: one document of a scenario file.
///
///     scenario: a pause waits for a person
///     spec: {replicas: 4, strategy: {canary: {steps: [{setWeight: 25}, {pause: {}}]}}}
///     script:
///     - update: v2
///     - expect: {phase: Paused, pods: {v1: 3, v2: 1}}
///     - promote
///     - expect: {phase: Healthy}
///
/// The format stands in `queries/rollouts/README.md`.
package struct Scenario: Sendable {
  package var name: String
  /// The Rollout of the first revision, `v1`.
  package var manifest: JSONValue
  package var entries: [Entry]

  package struct Entry: Sendable {
    package var kind: Kind
    /// Where it stands in the file.
    package var line: Int

    package enum Kind: Sendable {
      case update(String)
      /// A merge patch of the whole Rollout.
      case patch(JSONValue)
      case request(RolloutRequest)
      case wait(Milliseconds)
      /// Revisions whose pods wait to be let, from now on; and how many are let be available.
      case hold([String])
      case ready([String: Int])
      /// AnalysisRuns by the end of their names; "*" for all that run.
      case runs([String: AnalysisPhase])
      case experiment(AnalysisPhase, services: [String: String])
      case restart
      /// Back to the pod template of a revision's ReplicaSet.
      case undo(String)
      /// A hand edits a ConfigMap or a Secret, which makes a revision of this tag.
      case config(ConfigReference, content: String, tag: String)
      /// Objects as a hand leaves them.
      case service(name: String, tag: String)
      case router(path: [JSONValue.Step], value: JSONValue)
      case others(String)
      case workload(Int)
      case refusal(String?)
      case expect(Expectation)
    }
  }

  /// Whether a document is one.
  package static func isScenario(_ document: ManifestNode) -> Bool { document["scenario"] != nil }

  package init(_ document: ManifestNode) throws(ManifestError) {
    var object = try document.object(at: "")
    name = try object.text("scenario")
    let annotations =
      try object.fields.contains("annotations")
      ? object.textMap("annotations") : [:]
    manifest = Self.manifest(spec: try object.required("spec"), annotations: annotations)
    entries = []
    for (node, path) in try object.list("script") {
      entries.append(Entry(kind: try Self.entry(node, path: path), line: node.line))
    }
    try object.finish()
  }

  /// The spec with what every Rollout needs: one container, whose image is the revision's tag.
  private static func manifest(
    spec: ManifestNode, annotations: [String: String]
  ) -> JSONValue {
    var spec = JSONValue(spec)
    if spec["workloadRef"] == nil {
      spec["selector"] = spec["selector"] ?? ["matchLabels": ["app": "shop"]]
      spec["template"] =
        spec["template"]
        ?? [
          "metadata": ["labels": ["app": "shop"]],
          "spec": ["containers": [["name": "shop", "image": "v1"]]],
        ]
    }
    return [
      "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
      "metadata": [
        "name": "shop", "namespace": "web", "generation": 1,
        "annotations": .object(annotations.mapValues { .string($0) }),
      ], "spec": spec,
    ]
  }
}
