package import Statistics

/// Looks at a rollout scrape by scrape and says how much speaks for rolling back.
///
/// A rollout is rolled back when the score exceeds the policy's limit for the first time. A score
/// rather than a yes, so that limits can be tuned and one simulated rollout serves all of them.
package protocol Watcher {
  /// Takes in the next scrape; nil where the rule doesn't look now.
  mutating func score(after scrape: SimulatedScrape) throws(NotComputable) -> Double?
}

/// A way to decide on a rollback, and the limit of its score.
package struct Policy: Sendable {
  package var name: String
  /// Rolls back above it.
  package var limit: Double
  /// A watcher at the start of a rollout.
  package var watcher: @Sendable () -> any Watcher

  package init(
    _ name: String, limit: Double, watcher: @escaping @Sendable () -> any Watcher
  ) {
    self.name = name
    self.limit = limit
    self.watcher = watcher
  }

  /// The same rule blind to each pod's first seconds.
  package func warmingUp(seconds: Double) -> Policy {
    guard seconds > 0 else { return self }
    return Policy("\(name), first \(Int(seconds / 60)) min of a pod dropped", limit: limit) {
      [watcher] in WarmedUp(watcher: watcher(), seconds: seconds)
    }
  }
}

/// Leaves out what young pods do.
private struct WarmedUp: Watcher {
  var watcher: any Watcher
  let seconds: Double

  mutating func score(after scrape: SimulatedScrape) throws(NotComputable) -> Double? {
    try watcher.score(after: scrape.without(podsYoungerThan: seconds))
  }
}
