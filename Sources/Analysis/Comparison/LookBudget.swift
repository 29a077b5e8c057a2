internal import Glibc
internal import Statistics

/// What one look at a comparison may spend of the chances of error.
///
/// A false stop: the budget is the rollout's; the run has its share of that, split evenly over its
/// comparisons. Judges hold it over all looks together; a test with a p-value has a share of it at
/// each look.
///
/// A false pass: a rollout passes only if every look that decides does, so neither runs nor
/// comparisons need shares (R. Berger, Technometrics 24, 1982); looks do only where successes may
/// end the metric early.
struct LookBudget: Equatable {
  /// The chance of stopping, at any look, a canary that isn't worse.
  let stop: Double
  /// The part of it that this look may spend.
  let stopAtLook: Double
  /// The chance at this look of passing a canary that is worse by the margin.
  let pass: Double

  init(_ rollout: Double, look: Look) {
    let share = ErrorBudget.share(
      ofLook: Int(clamping: look.number), planned: look.planned.map { Int(clamping: $0) })
    stop = rollout * look.budgetShare / Double(max(1, look.comparisons))
    stopAtLook = stop * share
    pass = look.mayEndEarly ? rollout * share : rollout
  }

  /// The natural logarithm of the e-value that stops.
  var requiredLogE: Double { -log(stop) }
  /// Of the p-value that stops at this look.
  var requiredLogP: Double { log(stopAtLook) }
  /// Of intervals whose upper, or lower, end alone is asked.
  var level: Double { 1 - 2 * pass }
}
