/// A small thing to do to the cluster. Each may be repeated without harm: it says what should hold,
/// or bears a name decided beforehand.
package enum RolloutAction: Equatable, Sendable, CustomStringConvertible {
  /// Make the ReplicaSet of the plan's template, without pods; adopt it if it exists.
  case createReplicaSet(podHash: String, revision: Int)
  /// A ReplicaSet of old is in use again and becomes the newest revision.
  case setRevision(podHash: String, revision: Int)
  /// Set `spec.replicas`.
  case scale(podHash: String, replicas: Int)
  /// Remove a ReplicaSet beyond the history limit.
  case deleteReplicaSet(podHash: String)
  /// The canary's share of traffic in percent, for a router; without one the pods carry it.
  case setWeight(Int)
  /// Make the AnalysisRun; adopt it if it exists.
  case startAnalysis(AnalysisStart)
  /// Set `spec.terminate` of a run.
  case terminateAnalysis(name: String)
  /// Tell a person.
  case record(RolloutEvent)

  package var description: String {
    switch self {
    case .createReplicaSet(let hash, let revision):
      "create ReplicaSet \(hash) (revision \(revision))"
    case .setRevision(let hash, let revision): "ReplicaSet \(hash) becomes revision \(revision)"
    case .scale(let hash, let replicas): "scale ReplicaSet \(hash) to \(replicas)"
    case .deleteReplicaSet(let hash): "delete ReplicaSet \(hash)"
    case .setWeight(let weight): "set weight \(weight)"
    case .startAnalysis(let start): "start AnalysisRun \(start.name)"
    case .terminateAnalysis(let name): "terminate AnalysisRun \(name)"
    case .record(let event): "\(event.reason): \(event.message)"
    }
  }
}

/// An AnalysisRun to be made.
package struct AnalysisStart: Equatable, Sendable {
  /// `<rollout>-<hash>-<revision>`, then `-<step>` for a step, `.<n>` from the second attempt on.
  package var name: String
  /// nil for background analysis.
  package var step: Int?
  package var use: AnalysisUse
  /// `use.arguments` with the hashes filled in, in their order.
  package var arguments: [ResolvedArgument]

  package init(name: String, step: Int?, use: AnalysisUse, arguments: [ResolvedArgument]) {
    self.name = name
    self.step = step
    self.use = use
    self.arguments = arguments
  }
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
