internal import Glibc

/// How the chances of error are shared.
///
/// A false stop: over the comparisons of the run, and, for tests with a p-value, over looks. An
/// e-process may be looked at as often as one likes and needs no share per look. With a planned
/// number of looks each gets the same share; without, look k gets 1/(k(k + 1)), which adds up to
/// one.
///
/// A false pass: the run passes only if every comparison does, so none needs a share (R. Berger,
/// Technometrics 24, 1982), and only the last look decides, unless the template lets successes end
/// the metric early.
struct ErrorBudget: Equatable {
  /// What this comparison may spend on false stops in all.
  let whole: Double
  /// What this look may spend of it.
  let ofLook: Double
  /// The chance at this look of passing a canary that is worse by the margin.
  let toPass: Double

  /// - Parameter budget: of the whole rollout; the run has its share of it.
  init(_ budget: Double, look: Look) {
    let budget = budget * look.budgetShare
    whole = budget / Double(max(1, look.comparisons))
    let share: Double
    if let planned = look.planned, planned > 0, look.number <= planned {
      share = 1 / Double(planned)
    } else {
      let number = Double(max(1, look.number))
      share = 1 / (number * (number + 1))
    }
    ofLook = whole * share
    toPass = look.mayEndEarly ? budget * share : budget
  }

  /// The logarithm of the e-value that is evidence at a share of the budget.
  static func requiredLogE(_ share: Double) -> Double { -log(share) }

  /// The logarithm of the p-value that is.
  static func requiredLogP(_ share: Double) -> Double { log(share) }
}
