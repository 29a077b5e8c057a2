internal import Statistics

/// All requests since the start in one 2×2 table, looked at each minute.
struct PooledWatcher: Watcher {
  enum Method: Sendable {
    /// The z statistic of two proportions.
    case z
    /// The same, and only at the end of the rollout.
    case zAtTheEnd
    /// The lower bound of GrowthBook's one-sided sequence for the difference, tuned to 5,000.
    case sequence
  }

  let method: Method
  let plan: TrafficPlan
  private var canary = Proportion()
  private var stable = Proportion()
  /// The bucket above which requests are events.
  private let bucket: Int?

  /// - Parameter bucket: requests in buckets above it are the events; nil for bad ones.
  init(_ method: Method, plan: TrafficPlan, above bucket: Int? = nil) {
    self.method = method
    self.plan = plan
    self.bucket = bucket
  }

  mutating func score(after scrape: SimulatedScrape) throws(NotComputable) -> Double? {
    canary.merge(try events(scrape.canary))
    stable.merge(try events(scrape.stable))
    guard scrape.endsMinute, canary.trials > 0, stable.trials > 0,
      canary.events + stable.events > 0
    else { return nil }
    switch method {
    case .zAtTheEnd where scrape.index + 1 < plan.scrapeCount: return nil
    case .z, .zAtTheEnd:
      return try TwoProportionTest(canary: canary, baseline: stable).z(.pooled)
    case .sequence:
      let (p, q) = (canary.fraction, stable.fraction)
      let variance = p * (1 - p) / canary.trials + q * (1 - q) / stable.trials
      guard variance > 0 else { return nil }
      return try AsymptoticConfidenceSequence(
        estimate: p - q, standardError: variance.squareRoot(),
        count: canary.trials + stable.trials
      ).bound(.greater)
    }
  }

  private func events(_ arm: SimulatedScrape.Arm) throws(NotComputable) -> Proportion {
    guard let bucket else { return arm.proportion }
    return try Proportion(
      events: arm.counts[(bucket + 1)...].reduce(0, +), trials: arm.requests)
  }
}

/// The Mann-Whitney test on all requests since the start, by bucket, each minute.
struct RankWatcher: Watcher {
  private var canary: [Double] = []
  private var stable: [Double] = []

  mutating func score(after scrape: SimulatedScrape) throws(NotComputable) -> Double? {
    if canary.isEmpty {
      canary = [Double](repeating: 0, count: scrape.canary.counts.count)
      stable = canary
    }
    for index in canary.indices {
      canary[index] += scrape.canary.counts[index]
      stable[index] += scrape.stable.counts[index]
    }
    guard scrape.endsMinute else { return nil }
    let test = try MannWhitneyTest(canaryCounts: canary, baselineCounts: stable)
    return test.variance > 0 ? test.deviation / test.variance.squareRoot() : nil
  }
}
