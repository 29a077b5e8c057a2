internal import KubernetesClient
package import Manifest
package import MetricModel
internal import Rollouts

/// What a person asks of a Rollout. Each is the patch that `kubectl argo rollouts` sends, so either
/// tool works with either controller.
package enum RolloutVerb: Sendable {
  case abort
  case retry
  case pause
  case promote
  case promoteFully
  case restart(at: Timestamp)
  /// Images by container; `*` stands for all containers.
  case setImages([String: String])
  /// Back to the pod template of an earlier revision.
  case undo(template: JSONValue)

  /// A patch of the object or of its status.
  package struct Write: Equatable, Sendable {
    package var isStatus: Bool
    /// A JSON merge patch.
    package var patch: JSONValue
  }

  /// The writes, in their order; none when there is nothing to do.
  ///
  /// - Throws: `VerbError` for what can't be done.
  package func writes(on rollout: JSONValue) throws(VerbError) -> [Write] {
    switch self {
    case .abort: return [Write(isStatus: true, patch: ["status": ["abort": true]])]
    case .retry: return [Write(isStatus: true, patch: ["status": ["abort": false]])]
    case .pause: return [Write(isStatus: false, patch: ["spec": ["paused": true]])]
    case .promote: return Self.promote(rollout)
    case .promoteFully:
      let state = RolloutState(rollout: rollout)
      let isDone = state.currentHash == state.stableHash
      return isDone ? [] : [Write(isStatus: true, patch: ["status": ["promoteFull": true]])]
    case .restart(let time):
      return [
        Write(isStatus: false, patch: ["spec": ["restartAt": .string(time.wholeSeconds)]])
      ]
    case .setImages(let images): return [try Self.setImages(images, rollout)]
    case .undo(let template):
      var change = template
      if let old = rollout[path: "spec", "template"] {
        guard let patch = MergePatch.changing(old, to: template) else {
          throw VerbError("the template of that revision is in force already")
        }
        change = patch
      }
      return [Write(isStatus: false, patch: ["spec": ["template": change]])]
    }
  }

  /// Lifts what holds the Rollout. The step after an inconclusive analysis, or after one that still
  /// runs, is counted by whoever asks, as Argo's tool does.
  private static func promote(_ rollout: JSONValue) -> [Write] {
    let state = RolloutState(rollout: rollout)
    let steps = rollout[path: "spec", "strategy", "canary", "steps"]?.asArray?.count ?? 0
    let next = JSONValue.integer(Int64(min(steps, state.stepIndex + 1)))
    let isInconclusive =
      state.pause(.inconclusiveAnalysis) != nil || state.pause(.inconclusiveExperiment) != nil
    var writes: [Write] = []
    if isInconclusive, state.isControllerPaused {
      writes.append(
        Write(
          isStatus: true,
          patch: [
            "status": [
              "pauseConditions": .null, "controllerPause": false, "currentStepIndex": next,
            ]
          ]))
    } else if !state.pauses.isEmpty {
      writes.append(Write(isStatus: true, patch: ["status": ["pauseConditions": .null]]))
    } else if rollout[path: "spec", "paused"]?.asBool != true, state.stepIndex < steps {
      writes.append(
        Write(
          isStatus: true,
          patch: ["status": ["pauseConditions": .null, "currentStepIndex": next]]))
    }
    if rollout[path: "spec", "paused"]?.asBool == true {
      writes.append(Write(isStatus: false, patch: ["spec": ["paused": false]]))
    }
    return writes
  }

  private static func setImages(
    _ images: [String: String], _ rollout: JSONValue
  ) throws(VerbError) -> Write {
    guard rollout[path: "spec", "workloadRef"] == nil else {
      throw VerbError("the pod template belongs to the object of workloadRef: set its image there")
    }
    var patch: [String: JSONValue] = [:]
    var names: [String] = []
    for field in ["containers", "initContainers"] {
      var containers = rollout[path: "spec", "template", "spec", .field(field)]?.asArray ?? []
      for index in containers.indices {
        let name = containers[index].text("name")
        names.append(name)
        guard let image = images[name] ?? images["*"] else { continue }
        containers[index]["image"] = .string(image)
        patch[field] = .array(containers)
      }
    }
    if let unknown = images.keys.sorted().first(where: { $0 != "*" && !names.contains($0) }) {
      throw VerbError("no container \"\(unknown)\", found \(names.joined(separator: ", "))")
    }
    return Write(isStatus: false, patch: ["spec": ["template": ["spec": .object(patch)]]])
  }

  /// The pod template of a revision, 0 for the one before the current.
  package static func template(
    ofRevision revision: Int, of rollout: JSONValue, replicaSets: [JSONValue]
  ) throws(VerbError) -> JSONValue {
    let byRevision = replicaSets.filter { $0.controllerOwner?.uid == rollout.uid }
      .compactMap { set in ObservedReplicaSet(set).map { ($0.revision, set, $0.metadata) } }
      .sorted { $0.0 > $1.0 }
    let current = rollout.annotation(RolloutAnnotation.revision).flatMap { Int($0) } ?? 0
    let wanted = byRevision.first { revision == 0 ? $0.0 < current : $0.0 == revision }
    guard let (_, set, metadata) = wanted, var template = set[path: "spec", "template"] else {
      let known = byRevision.map { String($0.0) }.joined(separator: ", ")
      throw VerbError(
        revision == 0
          ? "no revision before the current one" : "no revision \(revision), found \(known)")
    }
    for key in [RolloutLabel.podHash] + Array(metadata.labels.keys) {
      template[path: "metadata", "labels", .field(key)] = nil
    }
    for key in metadata.annotations.keys {
      template[path: "metadata", "annotations", .field(key)] = nil
    }
    if template[path: "metadata", "creationTimestamp"]?.isNull == true {
      template[path: "metadata", "creationTimestamp"] = nil
    }
    return template
  }

  /// Who keeps this object equal to a repository; nil when nobody is known to. What a verb changes
  /// in `spec` is undone by it unless the repository changes too.
  package static func repositoryKeeper(of rollout: JSONValue) -> String? {
    let metadata = rollout["metadata"] ?? [:]
    let keys = ["labels", "annotations"].flatMap { Array((metadata[$0] ?? [:]).texts.keys) }
    for key in keys.sorted() {
      if key.hasPrefix("argocd.argoproj.io/") { return "Argo CD" }
      if key.contains("toolkit.fluxcd.io/") { return "Flux" }
    }
    return nil
  }
}

/// Why a verb can't be carried out.
package struct VerbError: Error, Equatable, Sendable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}
