import KubernetesClient
import Manifest
import MetricModel
import Rollouts
import Testing
import YAMLReader

@testable import RolloutExecutor

@Suite struct ReplicaSetManifestTests {
  private func rollout(_ strategy: String) throws -> ManifestNode {
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: Rollout
      metadata: {name: model, namespace: shop, uid: "7"}
      spec:
        replicas: 4
        minReadySeconds: 5
        selector: {matchLabels: {app: model}}
        strategy: {\(strategy)}
        template:
          metadata: {labels: {app: model}}
          spec:
            affinity:
              podAntiAffinity:
                requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone}]
            containers: [{name: main, image: "model:2"}]
      """
    return try #require(YAMLReader.documents(in: text).first)
  }

  /// The ReplicaSet of a second revision beside a stable one called `old`.
  private func made(_ strategy: String) throws -> JSONValue {
    let node = try rollout(strategy)
    let plan = try #require(RolloutPlan.read(node).plan)
    let now = Timestamp(milliseconds: 1_800_000_000_000)
    var state = RolloutState()
    (state.currentHash, state.stableHash, state.revision) = ("old", "old", 1)
    let old = ObservedReplicaSet(
      podHash: "old", revision: 1, created: now, desired: 4, pods: 4, ready: 4, available: 4)
    var seen = RolloutObservation(now: now, replicaSets: [old])
    seen.services["active"] = "old"
    // The first pass takes the template up.
    for _ in 0..<3 {
      let (next, actions) = decide(plan, state, seen)
      state = next
      for case .createReplicaSet(let start) in actions {
        return ReplicaSetManifest.new(start, of: JSONValue(node), plan)
      }
    }
    Issue.record("no ReplicaSet is made: \(state.message)")
    return [:]
  }

  private func rules(_ set: JSONValue, _ field: String) -> [JSONValue] {
    let path: [JSONValue.Step] = [
      "spec", "template", "spec", "affinity", "podAntiAffinity", .field(field),
    ]
    return set[path: path]?.asArray ?? []
  }

  @Test func `a new ReplicaSet has no pods, and labels that are its own`() throws {
    let set = try made("canary: {}")
    #expect(set[path: "spec", "replicas"] == 0)
    #expect(set[path: "spec", "minReadySeconds"] == 5)
    let hash = try #require(set.label(RolloutLabel.podHash))
    #expect(set.name == "model-\(hash)" && set.controllerOwner?.uid == "7")
    for path in [["spec", "selector", "matchLabels"], ["spec", "template", "metadata", "labels"]] {
      let labels = set[path: path.map { .field($0) }]
      #expect(labels == ["app": "model", "rollouts-pod-template-hash": .string(hash)])
    }
    #expect(
      rules(set, "requiredDuringSchedulingIgnoredDuringExecution") == [["topologyKey": "zone"]])
  }

  private let avoidance: JSONValue = [
    "labelSelector": [
      "matchExpressions": [
        ["key": "rollouts-pod-template-hash", "operator": "In", "values": ["old"]]
      ]
    ], "topologyKey": "kubernetes.io/hostname",
  ]

  @Test(arguments: ["canary", "blueGreen"])
  func `new pods avoid the nodes of the stable ones, beside what the template avoids`(
    strategy: String
  ) throws {
    let more = strategy == "blueGreen" ? "activeService: active, " : ""
    let needed = "requiredDuringSchedulingIgnoredDuringExecution"
    let strict = try made("\(strategy): {\(more)antiAffinity: {\(needed): {}}}")
    #expect(rules(strict, needed) == [["topologyKey": "zone"], avoidance])
    let wished = "preferredDuringSchedulingIgnoredDuringExecution"
    let soft = try made("\(strategy): {\(more)antiAffinity: {\(wished): {weight: 30}}}")
    #expect(rules(soft, wished) == [["weight": 30, "podAffinityTerm": avoidance]])
    #expect(rules(soft, needed).count == 1)
  }
}
