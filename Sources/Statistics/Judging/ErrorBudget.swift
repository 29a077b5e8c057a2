import Glibc

/// The chance of stopping a rollout that isn't worse, shared by all its metrics, looks and steps.
///
/// ```swift
/// var budget = try ErrorBudget(0.05)
/// let forSteps = try budget.draw(0.4)           // 0.02 for this step, 0.03 are left
/// try budget.shares(weights: [2, 1, 1])         // 0.015, 0.0075, 0.0075 for three metrics
/// ```
///
/// Shares add up to what is left, so the chance that any of them is ever exceeded is at most the
/// whole (Bonferroni, under any dependence). Looks need no shares: Guard's e-values hold at all
/// looks together, and Fast spends its share over its own plan.
package struct ErrorBudget: Sendable, Hashable, Codable {
  /// What may be spent in all.
  package let whole: Double
  /// What has been drawn so far.
  package private(set) var drawn = 0.0

  /// - Throws: `invalidProbability` unless the whole lies in (0, ½).
  package init(_ whole: Double) throws(NotComputable) {
    guard whole > 0, whole < 0.5 else { throw .invalidProbability }
    self.whole = whole
  }

  /// What hasn't been drawn yet, at least 0.
  package var remaining: Double { max(0, whole - drawn) }

  /// Takes a fraction of the whole out of what remains.
  ///
  /// - Returns: the share, smaller than asked for where less is left.
  /// - Throws: `invalidProbability` for a fraction outside [0, 1].
  package mutating func draw(_ fraction: Double) throws(NotComputable) -> Double {
    guard 0...1 ~= fraction else { throw .invalidProbability }
    let share = min(remaining, whole * fraction)
    drawn += share
    return share
  }

  /// What remains, split by weights.
  ///
  /// - Throws: `emptyInput`; `invalidWeight` unless all weights are positive and finite.
  package func shares(weights: [Double]) throws(NotComputable) -> [Double] {
    guard !weights.isEmpty else { throw .emptyInput }
    guard weights.allSatisfy({ $0 > 0 && $0.isFinite }) else { throw .invalidWeight }
    let sum = weights.reduce(0, +)
    return weights.map { remaining * ($0 / sum) }
  }

  /// What remains, split evenly.
  ///
  /// - Throws: `emptyInput` without parts.
  package func share(ofEach parts: Int) throws(NotComputable) -> Double {
    guard parts > 0 else { throw .emptyInput }
    return remaining / Double(parts)
  }

  /// The share of look k for a test with a p-value that isn't sequential: even over the planned
  /// looks; without a plan, or after it, 1/(k (k + 1)), which adds up to one over all k.
  package static func share(ofLook look: Int, planned: Int?) -> Double {
    if let planned, planned > 0, look <= planned { return 1 / Double(planned) }
    let number = Double(max(1, look))
    return 1 / (number * (number + 1))
  }

  /// The e-value for "no metric of the rollout is worse", from those of its metrics.
  ///
  /// Their weighted mean, which is an e-value under any dependence. It reaches 1/α wherever
  /// Bonferroni's rule would stop, and earlier when several metrics suffer a little (V. Vovk,
  /// R. Wang, "E-values: calibration, combination and applications", Ann. Stat. 49, 2021,
  /// section 3).
  ///
  /// - Parameters:
  ///   - logE: natural logarithms.
  ///   - weights: what each metric may spend; even where nil.
  /// - Throws: `emptyInput`, `lengthMismatch`, `nanInput`, `invalidWeight`.
  package static func combinedLogE(
    _ logE: [Double], weights: [Double]? = nil
  ) throws(NotComputable) -> Double {
    guard !logE.isEmpty else { throw .emptyInput }
    if logE.contains(where: \.isNaN) { throw .nanInput }
    guard let weights else { return logMeanExp(logE) }
    guard weights.count == logE.count else { throw .lengthMismatch }
    guard weights.allSatisfy({ $0 > 0 && $0.isFinite }) else { throw .invalidWeight }
    let sum = weights.reduce(0, +)
    return logSumExp(zip(logE, weights).map { $0 + log($1 / sum) })
  }
}
