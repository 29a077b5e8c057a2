import KubernetesClient
import Manifest
import MetricModel
import RolloutExecutor
import Testing

/// The patches that Argo's tool sends, as its documentation and the reference name them.
@Suite struct RolloutVerbTests {
  private func rollout(
    status: JSONValue = [:], paused: Bool = false, steps: Int = 3
  ) -> JSONValue {
    [
      "metadata": ["name": "m", "namespace": "n", "uid": "u"],
      "spec": [
        "paused": .bool(paused),
        "strategy": [
          "canary": ["steps": .array(Array(repeating: ["pause": [:]], count: steps))]
        ],
        "template": [
          "spec": ["containers": [["name": "a", "image": "a:1"], ["name": "b", "image": "b:1"]]]
        ],
      ], "status": status,
    ]
  }

  private func patches(_ verb: RolloutVerb, _ rollout: JSONValue) throws -> [String] {
    try verb.writes(on: rollout).map { "\($0.isStatus ? "status" : "spec") \($0.patch.spelled)" }
  }

  @Test func `abort, retry and pause`() throws {
    #expect(try patches(.abort, rollout()) == [#"status {"status":{"abort":true}}"#])
    #expect(try patches(.retry, rollout()) == [#"status {"status":{"abort":false}}"#])
    #expect(try patches(.pause, rollout()) == [#"spec {"spec":{"paused":true}}"#])
    let time = Timestamp(milliseconds: 1_795_427_195_915)
    #expect(
      try patches(.restart(at: time), rollout())
        == [#"spec {"spec":{"restartAt":"2026-11-23T09:46:35Z"}}"#])
  }

  @Test func `promote lifts a pause, and only that`() throws {
    let status: JSONValue = [
      "currentStepIndex": 1, "controllerPause": true,
      "pauseConditions": [
        ["reason": "CanaryPauseStep", "startTime": "2026-11-23T09:46:35Z"]
      ],
    ]
    #expect(
      try patches(.promote, rollout(status: status))
        == [#"status {"status":{"pauseConditions":null}}"#])
    #expect(
      try patches(.promote, rollout(status: status, paused: true))
        == [
          #"status {"status":{"pauseConditions":null}}"#, #"spec {"spec":{"paused":false}}"#,
        ])
  }

  @Test func `promote without a pause skips the step, at the end nothing`() throws {
    #expect(
      try patches(.promote, rollout(status: ["currentStepIndex": 1]))
        == [#"status {"status":{"currentStepIndex":2,"pauseConditions":null}}"#])
    #expect(try patches(.promote, rollout(status: ["currentStepIndex": 3])) == [])
    #expect(
      try patches(.promote, rollout(status: ["currentStepIndex": 1], paused: true))
        == [#"spec {"spec":{"paused":false}}"#])
  }

  @Test func `promote after an inconclusive analysis goes on past it`() throws {
    let status: JSONValue = [
      "currentStepIndex": 1, "controllerPause": true,
      "pauseConditions": [
        ["reason": "InconclusiveAnalysisRun", "startTime": "2026-11-23T09:46:35Z"]
      ],
    ]
    #expect(
      try patches(.promote, rollout(status: status))
        == [
          #"status {"status":{"controllerPause":false,"currentStepIndex":2,"#
            + #""pauseConditions":null}}"#
        ])
  }

  @Test func `a full promotion of what is stable is none`() throws {
    let stable: JSONValue = ["currentPodHash": "x", "stableRS": "x"]
    #expect(try patches(.promoteFully, rollout(status: stable)) == [])
    let update: JSONValue = ["currentPodHash": "y", "stableRS": "x"]
    #expect(
      try patches(.promoteFully, rollout(status: update))
        == [#"status {"status":{"promoteFull":true}}"#])
  }

  @Test func `images are set by container, unknown ones are named`() throws {
    let found = try patches(.setImages(["b": "b:2"]), rollout())
    let containers = #"[{"image":"a:1","name":"a"},{"image":"b:2","name":"b"}]"#
    #expect(found == [#"spec {"spec":{"template":{"spec":{"containers":\#(containers)}}}}"#])
    let error = #expect(throws: VerbError.self) { try patches(.setImages(["c": "x"]), rollout()) }
    #expect(error?.description == "no container \"c\", found a, b")
  }

  private func replicaSet(_ revision: Int, image: String, metadata: String? = nil) -> JSONValue {
    var set: JSONValue = [
      "metadata": [
        "name": .string("m-\(revision)"),
        "labels": ["rollouts-pod-template-hash": .string("h\(revision)")],
        "annotations": ["rollout.argoproj.io/revision": .string("\(revision)")],
        "ownerReferences": [["kind": "Rollout", "name": "m", "uid": "u", "controller": true]],
      ],
      "spec": [
        "template": [
          "metadata": [
            "labels": ["app": "m", "role": "canary", "rollouts-pod-template-hash": "h"]
          ], "spec": ["containers": [["image": .string(image)]]],
        ]
      ],
    ]
    set[path: "metadata", "annotations", "rollout.argoproj.io/ephemeral-metadata"] =
      metadata.map { .string($0) }
    return set
  }

  @Test func `undo finds the revision before, without what the controller added`() throws {
    var current = rollout()
    current[path: "metadata", "annotations"] = ["rollout.argoproj.io/revision": "3"]
    let sets = [
      replicaSet(1, image: "1"),
      replicaSet(2, image: "2", metadata: #"{"labels":{"role":"canary"}}"#),
      replicaSet(3, image: "3"),
    ]
    let template = try RolloutVerb.template(ofRevision: 0, of: current, replicaSets: sets)
    #expect(template[path: "spec", "containers", 0, "image"] == "2")
    #expect(template[path: "metadata", "labels"] == ["app": "m"])
    #expect(
      try RolloutVerb.template(ofRevision: 1, of: current, replicaSets: sets)[
        path: "spec", "containers", 0, "image"] == "1")
    let error = #expect(throws: VerbError.self) {
      try RolloutVerb.template(ofRevision: 9, of: current, replicaSets: sets)
    }
    #expect(error?.description == "no revision 9, found 3, 2, 1")
  }

  @Test func `whoever keeps a Rollout in step with a repository is named`() {
    var object = rollout()
    #expect(RolloutVerb.repositoryKeeper(of: object) == nil)
    object[path: "metadata", "labels"] = ["kustomize.toolkit.fluxcd.io/name": "shop"]
    #expect(RolloutVerb.repositoryKeeper(of: object) == "Flux")
    object[path: "metadata", "annotations"] = ["argocd.argoproj.io/tracking-id": "x"]
    #expect(RolloutVerb.repositoryKeeper(of: object) == "Argo CD")
  }

  @Test func `what the repository must change is said`() {
    var object: JSONValue = [
      "metadata": ["name": "shop"],
      "spec": ["template": ["spec": ["containers": [["name": "shop", "image": "shop:2"]]]]],
    ]
    #expect(RolloutVerb.abort.repositoryAdvice(for: object) == nil)
    object[path: "metadata", "annotations"] = ["argocd.argoproj.io/tracking-id": "x"]
    #expect(
      RolloutVerb.abort.repositoryAdvice(for: object)
        == "Argo CD keeps this Rollout as its repository has it, which still asks for shop:2: "
        + "revert that change there; until then the Rollout stays Degraded, and `retry` would try "
        + "it again")
    let old: JSONValue = ["spec": ["containers": [["name": "shop", "image": "shop:1"]]]]
    #expect(
      RolloutVerb.undo(template: old).repositoryAdvice(for: object)
        == "Argo CD keeps this Rollout as its repository has it: set spec.template (shop:1) there "
        + "too, or this is taken back with the next sync")
    #expect(RolloutVerb.retry.repositoryAdvice(for: object) == nil)
    #expect(RolloutVerb.promote.repositoryAdvice(for: object) == nil)
    object[path: "spec", "paused"] = true
    #expect(RolloutVerb.promote.repositoryAdvice(for: object)?.contains("spec.paused") == true)
  }
}
