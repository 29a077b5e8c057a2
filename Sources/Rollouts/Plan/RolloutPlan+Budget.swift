extension RolloutPlan {
  /// What each AnalysisRun of an update may spend of the rollout's error budget: one over the
  /// number of runs that the plan will start.
  ///
  /// A good version is stopped where any of its runs stops it, so the chances of the runs add up
  /// (Bonferroni). Steps that are skipped leave their share unspent. An Experiment's analyses are
  /// its own, with a budget of their own; so are runs that are repeated because a person asked.
  package var budgetShare: Double { 1 / Double(max(1, runCount)) }

  private var runCount: Int {
    switch strategy {
    case .canary(let canary):
      canary.steps.count { if case .analysis = $0 { true } else { false } }
        + (canary.background == nil ? 0 : 1)
    case .blueGreen(let blueGreen):
      [blueGreen.prePromotion, blueGreen.postPromotion].count { $0 != nil }
    }
  }
}
