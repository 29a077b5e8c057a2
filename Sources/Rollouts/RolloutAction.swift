package import MetricModel

/// A small thing to do to the cluster. Each may be repeated without harm: it says what should hold,
/// or bears a name decided beforehand.
///
/// Actions are performed in their order after the new state is stored; when one fails, those after
/// it must not be performed: traffic moves before pods do.
package enum RolloutAction: Equatable, Sendable, CustomStringConvertible {
  /// Make an immutable copy of a ConfigMap or a Secret; adopt it if it exists. Must fail, as a
  /// conflict does, when the source has another content by now.
  case copyConfig(ConfigCopy)
  /// Remove a copy that no revision reads.
  case deleteConfig(ConfigReference)
  /// Make the ReplicaSet of the plan's template, without pods; adopt it if it exists.
  case createReplicaSet(ReplicaSetStart)
  /// A ReplicaSet of old is in use again and becomes the newest revision.
  case setRevision(podHash: String, revision: Int)
  /// Set `spec.replicas`, and the annotation `desired-replicas` to what the Rollout asks for.
  case scale(podHash: String, replicas: Int, sizedFor: Int)
  /// Set the annotation `scale-down-deadline`, or take it away.
  case setScaleDownDeadline(podHash: String, Timestamp?)
  /// Set the annotation `rollouts.assay.dev/rejected`, or take it away.
  case setRejected(podHash: String, Bool)
  /// Replace what a role put on the pods of a ReplicaSet, those that exist included.
  case setMetadata(podHash: String, PodMetadata)
  /// Remove a ReplicaSet beyond the history limit.
  case deleteReplicaSet(podHash: String)
  /// Set the hash a Service selects.
  case select(service: String, podHash: String)
  /// Bring all routers to this split.
  case route(TrafficTarget)
  /// Make the AnalysisRun; adopt it if it exists.
  case startAnalysis(AnalysisStart)
  /// Set `spec.terminate` of a run.
  case terminateAnalysis(name: String)
  /// Remove a finished run beyond the history limit.
  case deleteAnalysis(name: String)
  /// Make the Experiment; adopt it if it exists.
  case startExperiment(ExperimentStart)
  /// Set `spec.terminate` of an Experiment.
  case terminateExperiment(name: String)
  /// Remove a finished Experiment beyond the history limit.
  case deleteExperiment(name: String)
  /// Evict a pod; a refusal by a disruption budget is no failure, the pod is asked for again.
  case evict(pod: String)
  /// Set `spec.replicas` of the object of `workloadRef`.
  case scaleWorkload(replicas: Int)
  /// Tell a person.
  case record(RolloutEvent)

  package var description: String {
    switch self {
    case .copyConfig(let copy): "copy \(copy.source) to \(copy.reference)"
    case .deleteConfig(let reference): "delete \(reference)"
    case .createReplicaSet(let start):
      "create ReplicaSet \(start.podHash) (revision \(start.revision))"
    case .setRevision(let hash, let revision): "ReplicaSet \(hash) becomes revision \(revision)"
    case .scale(let hash, let replicas, _): "scale ReplicaSet \(hash) to \(replicas)"
    case .setScaleDownDeadline(let hash, let time):
      time == nil ? "ReplicaSet \(hash) stays" : "ReplicaSet \(hash) goes later"
    case .setRejected(let hash, let isRejected):
      "ReplicaSet \(hash) is \(isRejected ? "rejected" : "accepted")"
    case .setMetadata(let hash, _): "set metadata of ReplicaSet \(hash)"
    case .deleteReplicaSet(let hash): "delete ReplicaSet \(hash)"
    case .select(let service, let hash): "service \(service) selects \(hash)"
    case .route(let target): "route \(target)"
    case .startAnalysis(let start): "start AnalysisRun \(start.name)"
    case .terminateAnalysis(let name): "terminate AnalysisRun \(name)"
    case .deleteAnalysis(let name): "delete AnalysisRun \(name)"
    case .startExperiment(let start): "start Experiment \(start.name)"
    case .terminateExperiment(let name): "terminate Experiment \(name)"
    case .deleteExperiment(let name): "delete Experiment \(name)"
    case .evict(let pod): "evict pod \(pod)"
    case .scaleWorkload(let replicas): "scale workload to \(replicas)"
    case .record(let event): "\(event.reason): \(event.message)"
    }
  }
}

/// A ReplicaSet to be made, of the plan's template and without pods.
package struct ReplicaSetStart: Equatable, Sendable {
  package var podHash: String
  package var revision: Int
  /// `spec.replicas` of the Rollout, for the annotation `desired-replicas`.
  package var sizedFor: Int
  /// Of the role it starts in.
  package var metadata = PodMetadata()
  /// Whose nodes its pods avoid, by a rule over `rollouts-pod-template-hash`; nil for none.
  package var avoids: Avoidance?

  package struct Avoidance: Equatable, Sendable {
    package var podHash: String
    package var kind: AntiAffinity
  }

  package init(podHash: String, revision: Int, sizedFor: Int) {
    self.podHash = podHash
    self.revision = revision
    self.sizedFor = sizedFor
  }
}

/// What an AnalysisRun belongs to, as the label `rollout-type` says.
package enum AnalysisPlacement: Hashable, Sendable {
  case background
  case step(Int)
  case prePromotion
  case postPromotion
  /// One of an Experiment's, by its name there.
  case experiment(String)
}

/// An AnalysisRun to be made.
package struct AnalysisStart: Equatable, Sendable {
  /// `<rollout>-<hash>-<revision>`, then `-<step>`, `-pre` or `-post`, then `.<n>` from the second
  /// attempt on.
  package var name: String
  package var placement: AnalysisPlacement
  package var use: AnalysisUse
  /// `use.arguments` with the hashes filled in, in their order.
  package var arguments: [ResolvedArgument]
  /// What the run may spend of the rollout's error budget; nil where it has one of its own.
  package var budgetShare: Double?

  package init(
    name: String, placement: AnalysisPlacement, use: AnalysisUse, arguments: [ResolvedArgument],
    budgetShare: Double? = nil
  ) {
    self.name = name
    self.placement = placement
    self.use = use
    self.arguments = arguments
    self.budgetShare = budgetShare
  }

  /// The step it belongs to, nil for others.
  package var step: Int? { if case .step(let step) = placement { step } else { nil } }
}

/// An argument as the run gets it.
package struct ResolvedArgument: Hashable, Sendable {
  package var name: String
  package var value: String

  package init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// An Experiment to be made for a step.
package struct ExperimentStart: Equatable, Sendable {
  /// `<rollout>-<hash>-<revision>-<step>`, then `.<n>` from the second attempt on.
  package var name: String
  package var step: Int
  package var use: ExperimentUse
  /// The ReplicaSets whose pod templates `specRef: stable` and `specRef: canary` mean.
  package var stableHash: String
  package var latestHash: String

  package init(name: String, step: Int, use: ExperimentUse, stableHash: String, latestHash: String)
  {
    self.name = name
    self.step = step
    self.use = use
    self.stableHash = stableHash
    self.latestHash = latestHash
  }

  /// The arguments of one of its analyses with the hashes filled in.
  package func arguments(of analysis: ExperimentAnalysis) -> [ResolvedArgument] {
    analysis.arguments.map { $0.resolved(latest: latestHash, stable: stableHash) }
  }
}

/// A Kubernetes event.
package struct RolloutEvent: Hashable, Sendable {
  /// Argo's reason, such as `RolloutStepCompleted`.
  package var reason: String
  package var message: String

  package init(_ reason: String, _ message: String) {
    self.reason = reason
    self.message = message
  }
}
