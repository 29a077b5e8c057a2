package import Analysis
package import MetricModel

/// What a rollout remembers between decisions: Argo's `status`, field by field, and nothing else.
///
/// Each field names its place below `status`. What Argo keeps in annotations of ReplicaSets is part
/// of the observation. `revision` is written to the Rollout's annotation
/// `rollout.argoproj.io/revision` for other tools and derived anew in every pass.
package struct RolloutState: Equatable, Sendable {
  /// `currentPodHash`: the template being rolled out; "" before the first decision.
  package var currentHash = ""
  /// `stableRS`: the fully promoted template; "" until the first deployment is done.
  package var stableHash = ""
  /// `currentStepHash`; "" without steps.
  package var stepHash = ""
  /// `currentStepIndex`: the step being worked on, from 0; the number of steps when all are done.
  package var stepIndex = 0
  /// The number of the current revision, from 1; 0 before the first.
  package var revision = 0
  /// `abort`, set by an analysis, the deadline or a person.
  package var isAborted = false
  /// `abortedAt`.
  package var abortedAt: Timestamp?
  /// `promoteFull`.
  package var promotesFully = false
  /// `pauseConditions`.
  package var pauses: [RolloutPause] = []
  /// `controllerPause`: a pause was entered, and left if `pauses` is empty.
  package var isControllerPaused = false
  /// `restartedAt`: the `restartAt` up to which all pods were replaced.
  package var restartedAt: Timestamp?

  /// `canary.weights`: how the traffic is split; nil where no router splits it.
  package var traffic: RoutedTraffic?
  /// The canary's share of traffic in percent, of pods where no router splits it.
  package var weight = 0
  /// `canary.currentStepAnalysisRunStatus`.
  package var stepRun: RunStatus?
  /// `canary.currentBackgroundAnalysisRunStatus`.
  package var backgroundRun: RunStatus?
  /// `canary.currentExperiment`; "" for none.
  package var experiment = ""
  /// `canary.stablePingPong`: which of the two Services is stable's; nil without ping-pong.
  package var stablePingPong: PingPongRole?

  /// `blueGreen`; nil under a canary.
  package var blueGreen: BlueGreenStatus?

  /// `replicas`, `updatedReplicas`, `readyReplicas`, `availableReplicas`, `HPAReplicas`.
  package var replicas = ReplicaStatus()
  /// `selector`, for the scale subresource.
  package var selector = ""
  /// `observedGeneration`, a text in Argo's schema.
  package var observedGeneration = ""
  /// `workloadObservedGeneration`; "" without a workload.
  package var workloadObservedGeneration = ""
  /// `duration`; nil before the first update.
  package var duration: RolloutDuration?
  /// `conditions`, sorted by type.
  package var conditions: [RolloutCondition] = []
  /// `phase`.
  package var phase = RolloutPhase.progressing
  /// `message`: goes with `phase`, in Argo's words.
  package var message = ""

  package init() {}

  package func condition(_ kind: RolloutCondition.Kind) -> RolloutCondition? {
    conditions.first { $0.kind == kind }
  }

  package func pause(_ reason: RolloutPause.Reason) -> RolloutPause? {
    pauses.first { $0.reason == reason }
  }

  /// Whether the revision being rolled out is the one that runs everywhere.
  package var isFullyPromoted: Bool { stableHash == currentHash && !currentHash.isEmpty }

  /// Why the update was aborted, out of the condition that tells it; "" when a person did it.
  package var abortReason: String {
    guard let condition = condition(.progressing), condition.reason == "RolloutAborted" else {
      return ""
    }
    let prefix = "\(RolloutState.abortedText(revision: revision)): "
    return condition.message.hasPrefix(prefix)
      ? String(condition.message.dropFirst(prefix.count)) : ""
  }

  static func abortedText(revision: Int) -> String {
    "Rollout aborted update to revision \(revision)"
  }
}

/// An entry of `status.pauseConditions`.
package struct RolloutPause: Hashable, Sendable {
  package enum Reason: String, Hashable, Sendable, CaseIterable {
    case canaryPauseStep = "CanaryPauseStep"
    case blueGreenPause = "BlueGreenPause"
    case inconclusiveAnalysis = "InconclusiveAnalysisRun"
    case inconclusiveExperiment = "InconclusiveExperiment"
  }

  package var reason: Reason
  /// `startTime`.
  package var start: Timestamp

  package init(reason: Reason, start: Timestamp) {
    self.reason = reason
    self.start = start
  }
}

/// `status.canary.currentStepAnalysisRunStatus` and its siblings.
package struct RunStatus: Hashable, Sendable {
  package var name: String
  /// `status`.
  package var phase: AnalysisPhase
  package var message: String

  package init(name: String, phase: AnalysisPhase = .pending, message: String = "") {
    self.name = name
    self.phase = phase
    self.message = message
  }
}

/// `status.canary.weights`.
package struct RoutedTraffic: Hashable, Sendable {
  package var canary: TrafficTarget.Destination
  package var stable: TrafficTarget.Destination
  package var additional: [TrafficTarget.Destination]

  package init(
    canary: TrafficTarget.Destination, stable: TrafficTarget.Destination,
    additional: [TrafficTarget.Destination] = []
  ) {
    self.canary = canary
    self.stable = stable
    self.additional = additional
  }
}

/// `status.canary.stablePingPong`.
package enum PingPongRole: String, Hashable, Sendable {
  case ping = "PING"
  case pong = "PONG"

  var other: PingPongRole { self == .ping ? .pong : .ping }
}

/// `status.blueGreen`.
package struct BlueGreenStatus: Hashable, Sendable {
  /// `activeSelector`: the hash the active Service selects; "" before it selects any.
  package var activeSelector = ""
  /// `previewSelector`.
  package var previewSelector = ""
  /// `scaleUpPreviewCheckPoint`: promoted, so the new revision gets all its pods.
  package var isPreviewScaledUp = false
  /// `prePromotionAnalysisRunStatus`.
  package var prePromotion: RunStatus?
  /// `postPromotionAnalysisRunStatus`.
  package var postPromotion: RunStatus?

  package init() {}
}

/// The counts in `status`.
package struct ReplicaStatus: Hashable, Sendable {
  /// `replicas`: pods of all ReplicaSets.
  package var pods = 0
  /// `updatedReplicas`: pods of the current template.
  package var updated = 0
  /// `readyReplicas`.
  package var ready = 0
  /// `availableReplicas`.
  package var available = 0
  /// `HPAReplicas`: what an autoscaler is told.
  package var scaled = 0

  package init() {}
}

/// `status.duration`.
package struct RolloutDuration: Hashable, Sendable {
  package enum Completion: String, Hashable, Sendable {
    case promoted = "Promoted"
    case fastPromoted = "FastPromoted"
    case aborted = "Aborted"
    case superseded = "Superseded"
    case rolledBack = "RolledBack"
    case fastRolledBack = "FastRolledBack"
  }

  /// `rolloutStartedAt`.
  package var started: Timestamp
  /// `finishedAt`; nil while the update goes on.
  package var finished: Timestamp?
  /// `manualPauseStartedAt`: since when it waits for a person.
  package var manualPauseStarted: Timestamp?
  /// `totalManualPauseDurationSeconds`.
  package var manualPauseTotal = Milliseconds.zero
  /// `completionStatus`.
  package var completion: Completion?

  package init(started: Timestamp) { self.started = started }
}

/// `status.phase`.
package enum RolloutPhase: String, Hashable, Sendable, CaseIterable {
  case progressing = "Progressing"
  case paused = "Paused"
  case healthy = "Healthy"
  case degraded = "Degraded"
}

/// An entry of `status.conditions`.
package struct RolloutCondition: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case available = "Available"
    case completed = "Completed"
    case healthy = "Healthy"
    case invalidSpec = "InvalidSpec"
    case paused = "Paused"
    case progressing = "Progressing"
    case replicaFailure = "ReplicaFailure"
  }

  package enum Status: String, Hashable, Sendable {
    case isTrue = "True"
    case isFalse = "False"
    case unknown = "Unknown"
  }

  package var kind: Kind
  package var status: Status
  package var reason: String
  package var message: String
  /// `lastUpdateTime`: when the rollout last moved on (progressing), or the condition was last
  /// written.
  package var updated: Timestamp
  /// `lastTransitionTime`.
  package var changed: Timestamp

  package init(
    kind: Kind, status: Status, reason: String, message: String, updated: Timestamp,
    changed: Timestamp
  ) {
    self.kind = kind
    self.status = status
    self.reason = reason
    self.message = message
    self.updated = updated
    self.changed = changed
  }
}
