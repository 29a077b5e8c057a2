import Glibc

/// The sample-ratio check: did the arms get the traffic that they should have got?
///
/// ```swift
/// // 10 % was asked for; 1 in 9 requests arrived.
/// try SampleRatioTest(counts: [1_110, 8_890], weights: [0.1, 0.9]).logP
/// ```
///
/// A mismatch means that assignment, routing or counting is broken, and that no comparison of the
/// arms can be trusted. Assumes independent assignment; a load balancer that balances connections
/// assigns in clumps.
package struct SampleRatioTest: Sendable, Hashable {
  private let counts: [Double]
  /// The shares asked for, sum 1.
  private let shares: [Double]

  /// - Throws: `lengthMismatch`, `emptyInput` without counts or with all 0, `invalidWeight` for a
  ///   weight that is not positive, and the errors of impossible counts.
  package init(counts: [Double], weights: [Double]) throws(NotComputable) {
    guard counts.count == weights.count else { throw .lengthMismatch }
    try BucketCounts.check(counts)
    guard counts.count > 1, counts.contains(where: { $0 > 0 }) else { throw .emptyInput }
    guard weights.allSatisfy({ $0 > 0 && $0.isFinite }) else { throw .invalidWeight }
    let sum = CompensatedSum(of: weights).result
    self.counts = counts
    shares = weights.map { $0 / sum }
  }

  /// Pearson's statistic Σ (n − N w)² / (N w).
  package var chiSquared: Double {
    let total = CompensatedSum(of: counts).result
    return zip(counts, shares).reduce(0) { sum, pair in
      let difference = pair.0 - total * pair.1
      return sum + difference * (difference / (total * pair.1))
    }
  }

  /// The number of arms less one.
  package var degreesOfFreedom: Double { Double(counts.count - 1) }

  /// The natural logarithm of Pearson's p-value, for one look.
  package var logP: Double {
    ChiSquared(degreesOfFreedom: degreesOfFreedom).logSurvival(chiSquared)
  }

  /// The logarithm of the sequential Bayes factor for the counts so far, an e-value that may be
  /// looked at any time (M. Lindon, A. Malek, "Anytime-valid inference for multinomial count data",
  /// NeurIPS 2022): a Dirichlet prior with total weight `concentration` around the shares asked
  /// for.
  ///
  /// - Throws: `invalidPrior` unless the concentration is positive.
  package func logBayesFactor(concentration: Double) throws(NotComputable) -> Double {
    guard concentration > 0, concentration.isFinite else { throw .invalidPrior }
    let total = CompensatedSum(of: counts).result
    // Stirling's form of Γ(c) / Γ(c + N) Π Γ(c w + n) / Γ(c w) w^(−n), in which everything of the
    // order of N has cancelled by algebra; what is left is the deviance.
    var sum = CompensatedSum()
    sum.add(0.5 * log1p(total / concentration))
    sum.add(stirlingError(concentration) - stirlingError(concentration + total))
    for (count, share) in zip(counts, shares) {
      let prior = concentration * share
      let expected = share * (concentration + total)
      sum.add(
        deviancePart(prior + count, expected: expected, deviation: count - share * total))
      sum.add(-0.5 * log1p(count / prior))
      sum.add(stirlingError(prior + count) - stirlingError(prior))
    }
    return sum.result
  }
}
