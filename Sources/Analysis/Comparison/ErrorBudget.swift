internal import Glibc

/// How the chance of a false stop is shared: first over the comparisons of a run, then over looks.
///
/// An e-process may be looked at as often as one likes and needs no share per look; tests with a
/// p-value do. With a planned number of looks each gets the same share; without, look k gets
/// 1/(k(k + 1)), which adds up to one.
struct ErrorBudget: Equatable {
  /// What this comparison may spend in all.
  let whole: Double
  /// What this look may spend.
  let ofLook: Double

  init(_ budget: Double, look: Look) {
    whole = budget / Double(max(1, look.comparisons))
    if let planned = look.planned, planned > 0, look.number <= planned {
      ofLook = whole / Double(planned)
    } else {
      let number = Double(max(1, look.number))
      ofLook = whole / (number * (number + 1))
    }
  }

  /// The logarithm of the e-value that is evidence at `share` of the budget.
  static func requiredLogE(_ share: Double) -> Double { -log(share) }

  /// The logarithm of the p-value that is.
  static func requiredLogP(_ share: Double) -> Double { log(share) }
}
