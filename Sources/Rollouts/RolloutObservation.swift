package import Analysis
package import MetricModel

/// What the cluster holds when a decision is made.
///
/// It must be at least as new as the controller's own last writes; what others wrote may be older.
package struct RolloutObservation: Equatable, Sendable {
  package var now: Timestamp
  /// All ReplicaSets the Rollout owns, those without pods too.
  package var replicaSets: [ObservedReplicaSet]
  /// The AnalysisRuns the Rollout owns, by name.
  package var runs: [String: ObservedRun]
  /// The Experiments the Rollout owns, by name.
  package var experiments: [String: ObservedExperiment]
  /// The hash that each Service of the plan selects (`rollouts-pod-template-hash`), "" for none.
  /// A Service that doesn't exist is absent.
  package var services: [String: String]
  /// What all routers are known to hold. Where it isn't the wanted split, nil included, the split
  /// is asked for again, which does nothing where it is in force already.
  package var routed: TrafficTarget?
  /// The object of `workloadRef`.
  package var workload: ObservedWorkload?
  /// The copies of ConfigMaps and Secrets made for this Rollout.
  package var configCopies: Set<ConfigReference> = []
  /// Why something the plan refers to can't be used: a Service that is missing, a route that holds
  /// what nobody listed, a template that is invalid. nil when all is well.
  package var refusal: String?
  /// Why ReplicaSets or pods couldn't be made, such as a quota; nil when they could.
  package var replicaFailure: String?

  package init(
    now: Timestamp, replicaSets: [ObservedReplicaSet] = [], runs: [String: ObservedRun] = [:],
    experiments: [String: ObservedExperiment] = [:], services: [String: String] = [:],
    routed: TrafficTarget? = nil, workload: ObservedWorkload? = nil, refusal: String? = nil
  ) {
    self.now = now
    self.replicaSets = replicaSets
    self.runs = runs
    self.experiments = experiments
    self.services = services
    self.routed = routed
    self.workload = workload
    self.refusal = refusal
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
  /// The annotation `rollout.argoproj.io/desired-replicas`: for which `spec.replicas` of the
  /// Rollout it was sized.
  package var sizedFor: Int?
  /// The annotation `scale-down-deadline`.
  package var scaleDownDeadline: Timestamp?
  /// The annotation `rollouts.assay.dev/rejected`: an analysis or the deadline judged it bad.
  package var isRejected = false
  /// The annotation `rollout.argoproj.io/ephemeral-metadata`: what its role put on its pods.
  package var metadata = PodMetadata()
  /// What its template reads; asked for only while there are copies.
  package var configs: Set<ConfigReference> = []
  /// Its pods, asked for only while `RolloutPlan.restartAt` is set.
  package var podList: [ObservedPod] = []

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

/// A pod as the API shows it.
package struct ObservedPod: Hashable, Sendable {
  package var name: String
  package var created: Timestamp
  package var isAvailable: Bool
  /// It has a deletion timestamp.
  package var isTerminating: Bool

  package init(
    name: String, created: Timestamp, isAvailable: Bool = true, isTerminating: Bool = false
  ) {
    self.name = name
    self.created = created
    self.isAvailable = isAvailable
    self.isTerminating = isTerminating
  }
}

/// An AnalysisRun as the API shows it.
package struct ObservedRun: Hashable, Sendable {
  package var phase: AnalysisPhase
  package var message: String
  /// `spec.terminate` was already set.
  package var isTerminating: Bool
  package var created: Timestamp

  package init(
    phase: AnalysisPhase, message: String = "", isTerminating: Bool = false,
    created: Timestamp = Timestamp(milliseconds: 0)
  ) {
    self.phase = phase
    self.message = message
    self.isTerminating = isTerminating
    self.created = created
  }

  package var isCompleted: Bool { phase.isCompleted }
}

/// An Experiment as the API shows it.
package struct ObservedExperiment: Hashable, Sendable {
  package var phase: AnalysisPhase
  package var message: String
  package var isTerminating: Bool
  package var created: Timestamp
  /// Templates with a Service and a ReplicaSet with available pods, by template.
  package var destinations: [String: Destination]

  package struct Destination: Hashable, Sendable {
    package var service: String
    package var podHash: String

    package init(service: String, podHash: String) {
      self.service = service
      self.podHash = podHash
    }
  }

  package init(
    phase: AnalysisPhase, message: String = "", isTerminating: Bool = false,
    created: Timestamp = Timestamp(milliseconds: 0), destinations: [String: Destination] = [:]
  ) {
    self.phase = phase
    self.message = message
    self.isTerminating = isTerminating
    self.created = created
    self.destinations = destinations
  }
}

/// The object of `workloadRef`, as the API shows it.
package struct ObservedWorkload: Hashable, Sendable {
  package var generation: Int64
  /// `spec.replicas`.
  package var replicas: Int

  package init(generation: Int64, replicas: Int) {
    self.generation = generation
    self.replicas = replicas
  }
}
