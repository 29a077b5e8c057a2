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

/// The sample-ratio check that may be looked at after every scrape.
///
/// ```swift
/// var check = try SampleRatioProcess(weights: [0.1, 0.9])
/// if try check.observe([152, 1_348]) >= log(1 / 0.001) { … }   // the split is broken
/// ```
///
/// The e-process of `SampleRatioTest.logBayesFactor` on the counts so far; its largest value is
/// kept, one over which is a p-value at any stopping time (J. Ville, 1939).
package struct SampleRatioProcess: Sendable, Hashable {
  package let weights: [Double]
  package let concentration: Double
  /// All counts so far.
  package private(set) var counts: [Double]
  /// The largest logarithm of the e-value so far, at least 0.
  package private(set) var largestLogE = 0.0

  /// - Parameters:
  ///   - concentration: of the prior around the weights; large values look for small deviations.
  /// - Throws: `emptyInput` for fewer than two arms, `invalidWeight`, `invalidPrior`.
  package init(weights: [Double], concentration: Double = 1_000) throws(NotComputable) {
    guard weights.count > 1 else { throw .emptyInput }
    guard weights.allSatisfy({ $0 > 0 && $0.isFinite }) else { throw .invalidWeight }
    guard concentration > 0, concentration.isFinite else { throw .invalidPrior }
    self.weights = weights
    self.concentration = concentration
    counts = weights.map { _ in 0 }
  }

  /// Takes in the increments of one scrape.
  ///
  /// - Returns: `largestLogE`.
  /// - Throws: `lengthMismatch` and the errors of counts.
  @discardableResult
  package mutating func observe(_ increments: [Double]) throws(NotComputable) -> Double {
    guard increments.count == counts.count else { throw .lengthMismatch }
    try BucketCounts.check(increments)
    for index in counts.indices { counts[index] += increments[index] }
    guard counts.contains(where: { $0 > 0 }) else { return largestLogE }
    let logE = try SampleRatioTest(counts: counts, weights: weights)
      .logBayesFactor(concentration: concentration)
    largestLogE = max(largestLogE, logE)
    return largestLogE
  }

  /// The first arm's share of the counts so far.
  ///
  /// - Throws: `emptyInput` before the first count.
  package func evidence(level: Double = 0.95) throws(NotComputable) -> Evidence {
    let total = counts.reduce(0, +)
    guard total > 0 else { throw .emptyInput }
    let first = try Proportion(events: counts[0], trials: total)
    return Evidence(
      effect: Effect(
        name: "share of the first arm", neutralValue: weights[0] / weights.reduce(0, +)),
      estimate: first.fraction,
      interval: try ProportionInterval.wilson.of(first, level: level),
      strength: .logE(largestLogE), alternative: .twoSided,
      samples: SamplesPerArm(canary: counts[0], baseline: total - counts[0]),
      method: "sequential sample-ratio check",
      assumptions: [Assumption("independent assignment", .notChecked)])
  }
}
