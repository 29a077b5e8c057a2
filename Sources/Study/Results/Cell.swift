package import Statistics

/// One world and the policies that are tried in it, all on the same rollouts.
package struct Cell: Sendable {
  package var world: World
  package var policies: [Policy]

  package init(_ world: World, _ policies: [Policy]) {
    self.world = world
    self.policies = policies
  }

  /// A tally for each policy over the rollouts of these seeds; tallies of parts merge to that of
  /// the whole.
  ///
  /// - Throws: `NotComputable` where a policy can't compute its score.
  package func tallies(seeds: Range<UInt64>) throws(NotComputable) -> [Tally] {
    var tallies = [Tally](repeating: Tally(), count: policies.count)
    for seed in seeds {
      var traffic = Traffic(world, seed: seed)
      var watchers = policies.map { $0.watcher() }
      var running = Array(policies.indices)
      var served = 0.0
      while !running.isEmpty, let scrape = traffic.next() {
        served += scrape.canary.requests
        var left: [Int] = []
        for index in running {
          if let score = try watchers[index].score(after: scrape), score > policies[index].limit {
            tallies[index].add(rollbackAt: scrape.index, canaryRequests: served)
          } else {
            left.append(index)
          }
        }
        running = left
      }
      for index in running { tallies[index].add(rollbackAt: nil, canaryRequests: served) }
    }
    return tallies
  }

  /// The largest score of each policy in each rollout, for tuning limits.
  ///
  /// - Throws: as above.
  package func largestScores(seeds: Range<UInt64>) throws(NotComputable) -> [[Double]] {
    var scores = [[Double]](repeating: [], count: policies.count)
    for seed in seeds {
      var traffic = Traffic(world, seed: seed)
      var watchers = policies.map { $0.watcher() }
      var largest = [Double](repeating: -.infinity, count: policies.count)
      while let scrape = traffic.next() {
        for index in policies.indices {
          if let score = try watchers[index].score(after: scrape) {
            largest[index] = max(largest[index], score)
          }
        }
      }
      for index in policies.indices { scores[index].append(largest[index]) }
    }
    return scores
  }

  /// The limit that this share of rollouts exceeds.
  package static func limit(exceededBy share: Double, of scores: [Double]) -> Double {
    let sorted = scores.sorted(by: >)
    let place = Int((share * Double(sorted.count)).rounded(.down))
    return place < sorted.count ? sorted[place] : -.infinity
  }
}

/// Several metrics of one rollout, each with its share of one error budget; whichever alarms first
/// rolls back. Metrics are drawn independently, which makes alarms of any of them likeliest.
package struct JointCell: Sendable {
  package var name: String
  /// One cell a metric, with the same policies in the same order.
  package var metrics: [Cell]

  /// As `Cell.tallies`; canary requests are those of the first metric.
  package func tallies(seeds: Range<UInt64>) throws(NotComputable) -> [Tally] {
    let policyCount = metrics.first?.policies.count ?? 0
    var tallies = [Tally](repeating: Tally(), count: policyCount)
    for seed in seeds {
      var traffics = metrics.enumerated().map { number, cell in
        Traffic(cell.world, seed: seed &* 64 &+ UInt64(number))
      }
      var watchers = metrics.map { cell in cell.policies.map { $0.watcher() } }
      var running = Array(0..<policyCount)
      var served = 0.0
      rollout: while !running.isEmpty {
        var stopped: Set<Int> = []
        var index = 0
        for metric in metrics.indices {
          guard let scrape = traffics[metric].next() else { break rollout }
          index = scrape.index
          if metric == 0 { served += scrape.canary.requests }
          for policy in running {
            let score = try watchers[metric][policy].score(after: scrape)
            if let score, score > metrics[metric].policies[policy].limit { stopped.insert(policy) }
          }
        }
        for policy in stopped.sorted() {
          tallies[policy].add(rollbackAt: index, canaryRequests: served)
        }
        running.removeAll { stopped.contains($0) }
      }
      for policy in running { tallies[policy].add(rollbackAt: nil, canaryRequests: served) }
    }
    return tallies
  }
}
