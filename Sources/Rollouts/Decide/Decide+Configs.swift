internal import Manifest

/// Copies of ConfigMaps and Secrets, which live as long as a revision that reads them.
extension DecisionPass {
  /// Asks for the copies the template reads, before its pods are; removes those that neither it nor
  /// any ReplicaSet of the history reads.
  mutating func settleConfigs() {
    for copy in plan.configCopies where !seen.configCopies.contains(copy.reference) {
      actions.append(.copyConfig(copy))
    }
    guard !seen.configCopies.isEmpty else { return }
    let used = seen.replicaSets.reduce(into: ConfigReference.all(in: JSONValue(plan.template))) {
      $0.formUnion($1.configs)
    }
    for copy in seen.configCopies.subtracting(used).sorted() {
      actions.append(.deleteConfig(copy))
    }
  }
}
