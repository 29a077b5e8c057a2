package import Statistics

/// What one policy did in many rollouts of one world; merges.
package struct Tally: Sendable, Hashable {
  package private(set) var rollouts = 0
  package private(set) var rollbacks = 0
  /// Canary requests served before the rollback, or in all.
  package private(set) var requests = Moments()
  /// Rollbacks after each scrape.
  package private(set) var rollbacksAtScrape: [Int: Int] = [:]

  package init() {}

  /// - Parameter scrape: that of the rollback, nil where there was none.
  package mutating func add(rollbackAt scrape: Int?, canaryRequests: Double) {
    rollouts += 1
    requests.merge(Moments(of: [canaryRequests]))
    guard let scrape else { return }
    rollbacks += 1
    rollbacksAtScrape[scrape, default: 0] += 1
  }

  package mutating func merge(_ other: Tally) {
    rollouts += other.rollouts
    rollbacks += other.rollbacks
    requests.merge(other.requests)
    rollbacksAtScrape.merge(other.rollbacksAtScrape) { $0 + $1 }
  }

  /// The share of rollouts that were rolled back; NaN without rollouts.
  package var rollbackShare: Double { Double(rollbacks) / Double(rollouts) }

  /// Its standard error; with no or only rollbacks that of one more.
  package var rollbackError: Double {
    let n = Double(rollouts)
    let p = min(max(rollbackShare, 1 / (n + 1)), n / (n + 1))
    return (p * (1 - p) / n).squareRoot()
  }

  package var meanRequests: Double { requests.mean }

  package var meanRequestsError: Double {
    (requests.variance / requests.count).squareRoot()
  }
}
