package import Manifest

/// Something to be said about a manifest: a refusal, or advice about what will surprise.
package struct PlanProblem: Equatable, Sendable, CustomStringConvertible {
  package enum Severity: String, Hashable, Sendable {
    /// The manifest can't be carried out as it stands.
    case refused
    /// It can, but not with the effect it seems to want.
    case advice
  }

  package var severity: Severity
  package var error: ManifestError

  package init(_ severity: Severity, _ error: ManifestError) {
    self.severity = severity
    self.error = error
  }

  /// `refused: 12:5: spec.replicas: ...`.
  package var description: String { "\(severity.rawValue): \(error)" }
}

/// What reading a Rollout gave: everything that is wrong with it, not only the first thing.
package struct PlanReading: Sendable {
  /// nil when anything was refused.
  package var plan: RolloutPlan?
  /// In the order of the text, as far as places are known.
  package var problems: [PlanProblem]

  /// As Argo's `InvalidSpec` condition begins, then the first refusal.
  package var invalidSpecMessage: String? {
    guard let first = problems.first(where: { $0.severity == .refused }) else { return nil }
    return "The Rollout is invalid: \(first.error)"
  }
}

extension RolloutPlan {
  /// Decodes and validates a Rollout.
  ///
  /// - Parameter workload: the object that `workloadRef` names. Without it such a plan has an empty
  ///   template, good for looking at but not for carrying out.
  package static func read(
    _ document: ManifestNode, workload: ManifestNode? = nil
  ) -> PlanReading {
    var reader = PlanReader(document: document, workload: workload)
    let plan = reader.plan()
    if let plan { reader.problems += PlanValidation(plan: plan, document: document).problems }
    let problems = reader.problems.sorted {
      ($0.error.line, $0.error.column) < ($1.error.line, $1.error.column)
    }
    let isRefused = problems.contains { $0.severity == .refused }
    return PlanReading(plan: isRefused ? nil : plan, problems: problems)
  }
}
