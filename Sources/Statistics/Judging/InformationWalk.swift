import Glibc

/// A score with independent increments in its information, stopped at bounds: Lan and DeMets' rule
/// for the Fast mode where the law isn't one of counts.
///
/// The score U at information I is Brownian motion without a difference, so z = U/√I at several
/// looks has the law of `StoppedWalk`, with the information as it turns out. How much may be spent
/// by a look is the plan's matter, which knows nothing of the data.
struct InformationWalk: Sendable, Hashable, Codable {
  let plan: LookPlan
  let alpha: Double
  private var walk = StoppedWalk()
  private var information = 0.0
  /// Information in units of the first look's, since the walk wants numbers near 1.
  private var unit = 0.0
  private var spent = 0.0
  private(set) var isStopped = false
  /// The last look's z.
  private(set) var z = 0.0

  init(plan: LookPlan, alpha: Double) {
    self.plan = plan
    self.alpha = alpha
  }

  /// Looks that add less than this share of information are left to the next one: the bound of a
  /// look costs the more the less it adds, and a change is found at most so much later.
  private static let leastGrowth = 0.04

  /// - Parameters:
  ///   - score: U, larger is worse.
  ///   - information: its variance without a difference.
  ///   - nominal: the same as if there were no noise, the plan's clock.
  ///   - number: of the look, from 1.
  /// - Returns: whether the bound is reached, now or before.
  mutating func look(
    score: Double, information now: Double, nominal: Double, number: Int
  ) -> Bool {
    guard now > 0, now > information * (1 + Self.leastGrowth) else { return isStopped }
    if unit == 0 { unit = now }
    information = now
    z = score / now.squareRoot()
    let allowed = plan.allowance(alpha: alpha, after: number, information: nominal)
    let bound = walk.upperBound(spending: allowed - spent, at: now / unit)
    if z >= bound { isStopped = true }
    // Five deviations below nothing, a path won't be stopped any more.
    walk.advance(to: now / unit, below: bound, above: -5)
    spent = max(spent, allowed)
    return isStopped
  }
}
