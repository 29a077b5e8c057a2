internal import Analysis
internal import KubernetesClient
package import Manifest
internal import MetricModel
package import Rollouts

/// The state of a rollout as Argo's `status`, and back. What a status lacks is what a new rollout
/// has; what it holds beyond the state (fields of other controllers) is left alone by the patches
/// made from the difference of two such values.
extension RolloutState {
  /// Reads `status` and the revision annotation of a Rollout object.
  package init(rollout object: JSONValue) {
    self.init()
    let status = object["status"] ?? [:]
    currentHash = status.text("currentPodHash")
    stableHash = status.text("stableRS")
    stepHash = status.text("currentStepHash")
    stepIndex = status.whole("currentStepIndex") ?? 0
    revision = object.annotation(RolloutAnnotation.revision).flatMap { Int($0) } ?? 0
    isAborted = status["abort"]?.asBool ?? false
    abortedAt = status.time("abortedAt")
    promotesFully = status["promoteFull"]?.asBool ?? false
    pauses = (status["pauseConditions"]?.asArray ?? []).compactMap { pause in
      guard let reason = RolloutPause.Reason(rawValue: pause.text("reason")),
        let start = pause.time("startTime")
      else { return nil }
      return RolloutPause(reason: reason, start: start)
    }
    isControllerPaused = status["controllerPause"]?.asBool ?? false
    restartedAt = status.time("restartedAt")
    readCanary(status["canary"] ?? [:])
    blueGreen = status["blueGreen"].map { BlueGreenStatus($0) }
    replicas.pods = status.whole("replicas") ?? 0
    replicas.updated = status.whole("updatedReplicas") ?? 0
    replicas.ready = status.whole("readyReplicas") ?? 0
    replicas.available = status.whole("availableReplicas") ?? 0
    replicas.scaled = status.whole("HPAReplicas") ?? 0
    selector = status.text("selector")
    observedGeneration = status.text("observedGeneration")
    workloadObservedGeneration = status.text("workloadObservedGeneration")
    duration = status["duration"].flatMap { RolloutDuration($0) }
    conditions = (status["conditions"]?.asArray ?? []).compactMap { RolloutCondition($0) }
      .sorted { $0.kind.rawValue < $1.kind.rawValue }
    phase = RolloutPhase(rawValue: status.text("phase")) ?? .progressing
    message = status.text("message")
  }

  private mutating func readCanary(_ canary: JSONValue) {
    if let weights = canary["weights"] {
      let split = RoutedTraffic(
        canary: TrafficTarget.Destination(weights["canary"] ?? [:]),
        stable: TrafficTarget.Destination(weights["stable"] ?? [:]),
        additional: (weights["additional"]?.asArray ?? []).map { TrafficTarget.Destination($0) })
      traffic = split
      weight = split.canary.weight
    }
    stepRun = canary["currentStepAnalysisRunStatus"].flatMap { RunStatus($0) }
    backgroundRun = canary["currentBackgroundAnalysisRunStatus"].flatMap { RunStatus($0) }
    experiment = canary.text("currentExperiment")
    stablePingPong = PingPongRole(rawValue: canary.text("stablePingPong"))
  }

  /// `status` as Argo writes it; empty fields are left out.
  package var status: JSONValue {
    var status: [String: JSONValue?] = [
      "currentPodHash": .text(currentHash), "stableRS": .text(stableHash),
      "currentStepHash": .text(stepHash),
      "currentStepIndex": stepHash.isEmpty ? nil : .integer(Int64(stepIndex)),
      "abort": isAborted ? true : nil, "abortedAt": .time(abortedAt),
      "promoteFull": promotesFully ? true : nil,
      "pauseConditions": pauses.isEmpty ? nil : .array(pauses.map(\.json)),
      "controllerPause": isControllerPaused ? true : nil, "restartedAt": .time(restartedAt),
      "selector": .text(selector), "observedGeneration": .text(observedGeneration),
      "workloadObservedGeneration": .text(workloadObservedGeneration),
      "duration": duration?.json, "phase": .string(phase.rawValue), "message": .text(message),
      "conditions": conditions.isEmpty ? nil : .array(conditions.map(\.json)),
      "blueGreen": blueGreen?.json,
    ]
    let counts = [
      ("replicas", replicas.pods), ("updatedReplicas", replicas.updated),
      ("readyReplicas", replicas.ready), ("availableReplicas", replicas.available),
      ("HPAReplicas", replicas.scaled),
    ]
    for (field, count) in counts { status[field] = .integer(Int64(count)) }
    let canary = JSONValue(present: [
      "weights": traffic?.json, "currentStepAnalysisRunStatus": stepRun?.json,
      "currentBackgroundAnalysisRunStatus": backgroundRun?.json,
      "currentExperiment": .text(experiment),
      "stablePingPong": stablePingPong.map { .string($0.rawValue) },
    ])
    status["canary"] = canary == [:] ? nil : canary
    return JSONValue(present: status)
  }
}

extension RolloutPause {
  fileprivate var json: JSONValue {
    ["reason": .string(reason.rawValue), "startTime": .string(start.rfc3339)]
  }
}

extension RunStatus {
  fileprivate init?(_ json: JSONValue) {
    let name = json.text("name")
    guard !name.isEmpty else { return nil }
    self.init(
      name: name, phase: AnalysisPhase(rawValue: json.text("status")) ?? .pending,
      message: json.text("message"))
  }

  fileprivate var json: JSONValue {
    JSONValue(present: [
      "name": .string(name), "status": .string(phase.rawValue), "message": .text(message),
    ])
  }
}

extension TrafficTarget.Destination {
  fileprivate init(_ json: JSONValue) {
    self.init(
      service: json.text("serviceName"), podHash: json.text("podTemplateHash"),
      weight: json.whole("weight") ?? 0)
  }

  fileprivate var json: JSONValue {
    JSONValue(present: [
      "serviceName": .text(service), "podTemplateHash": .text(podHash),
      "weight": .integer(Int64(weight)),
    ])
  }
}

extension RoutedTraffic {
  fileprivate var json: JSONValue {
    JSONValue(present: [
      "canary": canary.json, "stable": stable.json,
      "additional": additional.isEmpty ? nil : .array(additional.map(\.json)),
    ])
  }
}

extension BlueGreenStatus {
  fileprivate init(_ json: JSONValue) {
    self.init()
    activeSelector = json.text("activeSelector")
    previewSelector = json.text("previewSelector")
    isPreviewScaledUp = json["scaleUpPreviewCheckPoint"]?.asBool ?? false
    prePromotion = json["prePromotionAnalysisRunStatus"].flatMap { RunStatus($0) }
    postPromotion = json["postPromotionAnalysisRunStatus"].flatMap { RunStatus($0) }
  }

  fileprivate var json: JSONValue {
    JSONValue(present: [
      "activeSelector": .text(activeSelector), "previewSelector": .text(previewSelector),
      "scaleUpPreviewCheckPoint": isPreviewScaledUp ? true : nil,
      "prePromotionAnalysisRunStatus": prePromotion?.json,
      "postPromotionAnalysisRunStatus": postPromotion?.json,
    ])
  }
}

extension RolloutDuration {
  fileprivate init?(_ json: JSONValue) {
    guard let start = json.time("rolloutStartedAt") else { return nil }
    self.init(started: start)
    finished = json.time("finishedAt")
    manualPauseStarted = json.time("manualPauseStartedAt")
    manualPauseTotal = .seconds(json["totalManualPauseDurationSeconds"]?.asInteger ?? 0)
    completion = Completion(rawValue: json.text("completionStatus"))
  }

  fileprivate var json: JSONValue {
    JSONValue(present: [
      "rolloutStartedAt": .time(started), "finishedAt": .time(finished),
      "manualPauseStartedAt": .time(manualPauseStarted),
      "totalManualPauseDurationSeconds": manualPauseTotal > .zero
        ? .integer(manualPauseTotal.count / 1000) : nil,
      "completionStatus": completion.map { .string($0.rawValue) },
    ])
  }
}

extension RolloutCondition {
  fileprivate init?(_ json: JSONValue) {
    guard let kind = Kind(rawValue: json.text("type")),
      let status = Status(rawValue: json.text("status"))
    else { return nil }
    let changed = json.time("lastTransitionTime") ?? Timestamp(milliseconds: 0)
    self.init(
      kind: kind, status: status, reason: json.text("reason"), message: json.text("message"),
      updated: json.time("lastUpdateTime") ?? changed, changed: changed)
  }

  fileprivate var json: JSONValue {
    [
      "type": .string(kind.rawValue), "status": .string(status.rawValue),
      "reason": .string(reason), "message": .string(message),
      "lastUpdateTime": .string(updated.rfc3339), "lastTransitionTime": .string(changed.rfc3339),
    ]
  }
}
