package import Analysis
package import MetricModel

/// What a rollout remembers between decisions: the fields of Argo's `status` that decide anything,
/// and those that tell a person where it stands.
package struct RolloutState: Equatable, Sendable {
  /// The hash of the template being rolled out; "" before the first decision.
  package var currentHash = ""
  /// The hash of the fully promoted template; "" until the first deployment is done.
  package var stableHash = ""
  package var stepHash = ""
  /// The step being worked on, from 0; the number of steps when all are done.
  package var stepIndex = 0
  /// The number of the current revision, from 1; 0 before the first.
  package var revision = 0
  /// How often the current revision was begun anew; part of the names of its runs.
  package var attempt = 0
  /// `status.abort`, set by an analysis, the deadline or a person.
  package var isAborted = false
  package var abortedAt: Timestamp?
  /// Why; "" when a person did it.
  package var abortReason = ""
  /// `status.promoteFull`.
  package var promotesFully = false
  package var pauses: [RolloutPause] = []
  /// `status.controllerPause`: a pause was entered, and left if `pauses` is empty.
  package var isControllerPaused = false
  /// Revisions that an analysis or the deadline judged bad. They never take the fast way back.
  package var rejectedHashes: [String] = []
  /// The number of replicas the ReplicaSets were last sized for.
  package var sizedFor: Int?
  /// The canary's share of traffic in percent.
  package var weight = 0
  package var stepRun: RunStatus?
  package var backgroundRun: RunStatus?
  package var replicas = ReplicaStatus()
  package var conditions: [RolloutCondition] = []
  package var phase = RolloutPhase.progressing
  /// Goes with `phase`, in Argo's words.
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
}

/// An entry of `status.pauseConditions`.
package struct RolloutPause: Hashable, Sendable {
  package enum Reason: String, Hashable, Sendable {
    case canaryPauseStep = "CanaryPauseStep"
    case inconclusiveAnalysis = "InconclusiveAnalysisRun"
  }

  package var reason: Reason
  package var start: Timestamp

  package init(reason: Reason, start: Timestamp) {
    self.reason = reason
    self.start = start
  }
}

/// `status.canary.currentStepAnalysisRunStatus` and its background sibling.
package struct RunStatus: Hashable, Sendable {
  package var name: String
  /// The step it belongs to; nil for background analysis.
  package var step: Int?
  package var phase: AnalysisPhase
  package var message: String

  package init(
    name: String, step: Int? = nil, phase: AnalysisPhase = .pending, message: String = ""
  ) {
    self.name = name
    self.step = step
    self.phase = phase
    self.message = message
  }
}

/// The counts in `status`.
package struct ReplicaStatus: Hashable, Sendable {
  /// Pods of all ReplicaSets.
  package var pods = 0
  /// Pods of the current template.
  package var updated = 0
  package var ready = 0
  package var available = 0

  package init() {}
}

/// `status.phase`.
package enum RolloutPhase: String, Hashable, Sendable {
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
    case paused = "Paused"
    case progressing = "Progressing"
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
  /// When the rollout last moved on (progressing), or the condition was last written.
  package var updated: Timestamp
  package var changed: Timestamp
}
