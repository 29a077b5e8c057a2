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
package struct LookPlan: Sendable, Hashable {
  /// Looks with one share of the traffic.
  package struct Stage: Sendable, Hashable {
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
  /// How the budget is spent as information accrues.
  package let spending: AlphaSpending
  /// The seed of the null paths.
  package let seed: UInt64
  private let information: Double

  /// - Parameters:
  ///   - spending: the square root by default, which leaves much for the first looks: a rollout
  ///     that breaks a third of its requests should end at the first scrape.
  /// - Throws: `emptyInput` without looks; `invalidWeight` for shares outside (0, 1) or traffic
  ///   that isn't positive and finite.
  package init(
    stages: [Stage], spending: AlphaSpending = .power(0.5), seed: UInt64 = 1
  ) throws(NotComputable) {
    for stage in stages {
      guard stage.looks >= 0, stage.looks <= 1_000_000 else { throw .invalidWeight }
      guard stage.canaryShare > 0, stage.canaryShare < 1 else { throw .invalidWeight }
      guard stage.traffic > 0, stage.traffic.isFinite else { throw .invalidWeight }
    }
    guard stages.contains(where: { $0.looks > 0 }) else { throw .emptyInput }
    self.stages = stages
    self.spending = spending
    self.seed = seed
    information = stages.reduce(0) { $0 + Double($1.looks) * Self.information(of: $1) }
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

  private static func information(of stage: Stage) -> Double {
    stage.traffic * stage.canaryShare * (1 - stage.canaryShare)
  }
}
