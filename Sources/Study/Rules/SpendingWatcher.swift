internal import Statistics

/// The Cochran-Mantel-Haenszel statistic over scrapes with bounds by alpha spending (K. Lan,
/// D. DeMets) at every scrape: the textbook's answer.
///
/// The score is z minus the bound of this look. Information is what the plan says, m n/(m + n) of
/// a scrape with m and n requests.
struct SpendingWatcher: Watcher {
  private let bounds: [Double]
  private var deviation = 0.0
  private var variance = 0.0

  /// - Parameter bounds: for z at each scrape.
  init(bounds: [Double]) { self.bounds = bounds }

  /// The bounds of a plan: 40 ms of work, and the same for all rollouts.
  ///
  /// - Throws: `NotComputable` for an error outside (0, ½).
  static func bounds(
    _ spending: AlphaSpending, alpha: Double, plan: TrafficPlan
  ) throws(NotComputable) -> [Double] {
    try spending.bounds(alpha: alpha, fractions: plan.informationFractions).z
  }

  mutating func score(after scrape: SimulatedScrape) throws(NotComputable) -> Double? {
    let (canary, stable) = (scrape.canary.proportion, scrape.stable.proportion)
    guard canary.trials > 0, stable.trials > 0, canary.events + stable.events > 0,
      canary.nonEvents + stable.nonEvents > 0
    else { return nil }
    let test = try StratifiedTest(strata: [(canary, stable)])
    deviation += test.deviation
    variance += test.variance
    let bound = scrape.index < bounds.count ? bounds[scrape.index] : .infinity
    return deviation / variance.squareRoot() - bound
  }
}

extension TrafficPlan {
  /// The share of the rollout's information that is there after each scrape, if all goes by plan.
  package var informationFractions: [Double] {
    let each = stageOfScrape.map { $0.weight * (1 - $0.weight) }
    let whole = each.reduce(0, +)
    var sum = 0.0
    return each.enumerated().map { index, information in
      sum += information
      return index + 1 == each.count ? 1 : sum / whole
    }
  }
}
