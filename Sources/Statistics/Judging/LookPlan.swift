import Glibc

/// The looks that a rollout is planned to take, from which the Fast mode knows how much of its
/// error budget it may have spent at each.
///
/// ```swift
/// // Five minutes at 10 %, ten at 25 %, a scrape each 15 s.
/// let plan = try LookPlan(stages: [
///   .init(looks: 20, canaryShare: 0.10), .init(looks: 40, canaryShare: 0.25),
/// ])
/// plan.informationFraction(after: 20)  // what the first stage is of the whole
/// ```
///
/// The information of a look is its traffic times w (1 − w) with w the canary's share of it: the
/// variance of a log ratio of rates is proportional to 1/(w (1 − w)). Nothing observed enters, so
/// any plan is valid; one that is far from what happens costs power.
package struct LookPlan: Sendable, Hashable, Codable {
  /// Looks with one share of the traffic.
  package struct Stage: Sendable, Hashable, Codable {
    package var looks: Int
    /// The canary's share of the traffic, between 0 and 1.
    package var canaryShare: Double
    /// The traffic of a look relative to that of the other stages.
    package var traffic: Double

    package init(looks: Int, canaryShare: Double, traffic: Double = 1) {
      self.looks = looks
      self.canaryShare = canaryShare
      self.traffic = traffic
    }
  }

  package let stages: [Stage]
  /// How the budget is spent as information accrues; nil for the way of `allowance`.
  package let spending: AlphaSpending?
  private let information: Double

  /// - Parameters:
  ///   - spending: a share of the budget by the share of the plan, for those who want a classic
  ///     one.
  /// - Throws: `emptyInput` without looks; `invalidWeight` for shares outside (0, 1) or traffic
  ///   that isn't positive and finite.
  package init(
    stages: [Stage], spending: AlphaSpending? = nil
  ) throws(NotComputable) {
    for stage in stages {
      guard stage.looks >= 0, stage.looks <= 1_000_000 else { throw .invalidWeight }
      guard stage.canaryShare > 0, stage.canaryShare < 1 else { throw .invalidWeight }
      guard stage.traffic > 0, stage.traffic.isFinite else { throw .invalidWeight }
    }
    guard stages.contains(where: { $0.looks > 0 }) else { throw .emptyInput }
    self.stages = stages
    self.spending = spending
    information = stages.reduce(0) { $0 + Double($1.looks) * Self.information(of: $1) }
  }

  private enum CodingKeys: CodingKey { case stages, spending }

  /// Refuses what `init(stages:spending:)` would.
  package init(from decoder: any Decoder) throws {
    let stored = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      stages: stored.decode([Stage].self, forKey: .stages),
      spending: stored.decodeIfPresent(AlphaSpending.self, forKey: .spending))
  }

  /// The number of looks in all.
  package var looks: Int { stages.reduce(0) { $0 + $1.looks } }

  /// The share of the whole information after so many looks; 1 when the plan is over.
  package func informationFraction(after looks: Int) -> Double {
    var left = looks
    var sum = 0.0
    for stage in stages where left > 0 {
      sum += Double(min(left, stage.looks)) * Self.information(of: stage)
      left -= stage.looks
    }
    return min(1, sum / information)
  }

  /// What may have been spent of α after so many looks.
  ///
  /// A change with log ratio b is found when the information I is some 9/b², so a budget that is
  /// spent evenly over the logarithm of I serves all changes alike: with J = I/F the information
  /// that the plan leads to at this traffic,
  /// 0.89 log(1 + I/k)/log(1 + J/k) + 0.11 min(1, log(1 + 2.5 I)/log(1 + 2.5 min(J, 12))),
  /// nine tenths for ratios of 1.1 to 1.6 and the rest for those of 2 and more, that the first
  /// scrapes show. The more is planned, the smaller the changes that are found before its end, so
  /// the earlier spending begins: k = min(J/6, 40,000/J). Constants chosen on simulated rollouts. I
  /// is that of the totals of both arms, given which the law of the difference is known, so it may
  /// depend on them.
  ///
  /// - Parameter information: I, of the log odds ratio, noise not taken into account.
  func allowance(alpha: Double, after looks: Int, information i: Double) -> Double {
    let fraction = informationFraction(after: looks)
    if let spending { return spending.spent(alpha: alpha, at: fraction) }
    guard i > 0, fraction > 0 else { return 0 }
    let planned = i / fraction
    let start = min(planned / 6, 4e4 / planned)
    let late = log1p(i / start) / log1p(planned / start)
    let early = min(1, log1p(2.5 * i) / log1p(2.5 * min(planned, 12)))
    return alpha * (0.89 * late + 0.11 * early)
  }

  private static func information(of stage: Stage) -> Double {
    stage.traffic * stage.canaryShare * (1 - stage.canaryShare)
  }
}
