package import Analysis
package import MetricModel

/// What the cluster holds when a decision is made.
package struct RolloutObservation: Equatable, Sendable {
  package var now: Timestamp
  /// All ReplicaSets the Rollout owns, those without pods too.
  package var replicaSets: [ObservedReplicaSet]
  /// The AnalysisRuns the Rollout owns, by name.
  package var runs: [String: ObservedRun]
  /// The canary's share that a router holds, in percent; nil where there is no router to ask.
  package var routedWeight: Int?

  package init(
    now: Timestamp, replicaSets: [ObservedReplicaSet] = [], runs: [String: ObservedRun] = [:],
    routedWeight: Int? = nil
  ) {
    self.now = now
    self.replicaSets = replicaSets
    self.runs = runs
    self.routedWeight = routedWeight
  }

  /// The ReplicaSet of a revision.
  package func replicaSet(_ podHash: String) -> ObservedReplicaSet? {
    replicaSets.first { $0.podHash == podHash }
  }
}

/// A ReplicaSet as the API shows it.
package struct ObservedReplicaSet: Hashable, Sendable {
  /// The label `rollouts-pod-template-hash`.
  package var podHash: String
  /// The annotation `rollout.argoproj.io/revision`.
  package var revision: Int
  package var created: Timestamp
  /// `spec.replicas`.
  package var desired: Int
  /// `status.replicas`: pods that exist.
  package var pods: Int
  package var ready: Int
  /// `status.availableReplicas`: ready for `minReadySeconds`.
  package var available: Int

  package init(
    podHash: String, revision: Int, created: Timestamp, desired: Int, pods: Int, ready: Int,
    available: Int
  ) {
    self.podHash = podHash
    self.revision = revision
    self.created = created
    self.desired = desired
    self.pods = pods
    self.ready = ready
    self.available = available
  }

  var counts: ReplicaSetCounts { ReplicaSetCounts(desired: desired, available: available) }
}

/// An AnalysisRun as the API shows it.
package struct ObservedRun: Hashable, Sendable {
  package var phase: AnalysisPhase
  package var message: String
  /// `spec.terminate` was already set.
  package var isTerminating: Bool

  package init(phase: AnalysisPhase, message: String = "", isTerminating: Bool = false) {
    self.phase = phase
    self.message = message
    self.isTerminating = isTerminating
  }

  package var isCompleted: Bool { phase.isCompleted }
}
