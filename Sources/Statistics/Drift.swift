import Glibc

/// How far a distribution of categories or buckets has moved from another.
///
/// ```swift
/// let drift = try Drift(canary: scoreBuckets, baseline: trainingBuckets)
/// drift.populationStability  // below 0.1 is usually called stable, above 0.25 a shift
/// drift.logP                 // whether it is more than chance
/// ```
///
/// PSI and divergences use natural logarithms on shares that are floored at ε and renormalised;
/// Hellinger and total variation the shares as they are. An index has no error rate: with few
/// counts it is large by chance, with many the chi-squared test sees what doesn't matter. Read
/// both.
package struct Drift: Sendable, Hashable {
  private let canaryCounts: [Double]
  private let baselineCounts: [Double]
  private let (p, q): ([Double], [Double])
  private let (floored, flooredBaseline): ([Double], [Double])

  /// - Throws: `lengthMismatch`, `emptyInput` for an arm without counts, and the errors of counts;
  ///   `invalidProbability` unless 0 ≤ ε < 1.
  package init(
    canary: [Double], baseline: [Double], floor: Double = 1e-4
  ) throws(NotComputable) {
    guard canary.count == baseline.count else { throw .lengthMismatch }
    guard 0..<1 ~= floor else { throw .invalidProbability }
    try BucketCounts.check(canary)
    try BucketCounts.check(baseline)
    let (m, n) = (CompensatedSum(of: canary).result, CompensatedSum(of: baseline).result)
    guard m > 0, n > 0 else { throw .emptyInput }
    func raised(_ shares: [Double]) -> [Double] {
      let raised = shares.map { max($0, floor) }
      let sum = CompensatedSum(of: raised).result
      return raised.map { $0 / sum }
    }
    canaryCounts = canary
    baselineCounts = baseline
    p = canary.map { $0 / m }
    q = baseline.map { $0 / n }
    floored = raised(p)
    flooredBaseline = raised(q)
  }

  /// The population stability index Σ (p − q) ln(p/q).
  package var populationStability: Double {
    CompensatedSum(of: zip(floored, flooredBaseline).map { ($0 - $1) * log($0 / $1) }).result
  }

  /// Kullback and Leibler's divergence Σ p ln(p/q) of the canary from the baseline.
  package var kullbackLeibler: Double { Self.divergence(floored, flooredBaseline) }

  /// Jensen and Shannon's divergence, between 0 and ln 2.
  package var jensenShannon: Double {
    let middle = zip(floored, flooredBaseline).map { ($0 + $1) / 2 }
    return (Self.divergence(floored, middle) + Self.divergence(flooredBaseline, middle)) / 2
  }

  /// Hellinger's distance, between 0 and 1.
  package var hellinger: Double {
    let squares = zip(p, q).map { ($0.squareRoot() - $1.squareRoot()) }.map { $0 * $0 }
    return (CompensatedSum(of: squares).result / 2).squareRoot()
  }

  /// Half the sum of absolute differences: the share that would have to move.
  package var totalVariation: Double {
    CompensatedSum(of: zip(p, q).map { abs($0 - $1) }).result / 2
  }

  /// Pearson's statistic of homogeneity; categories that are empty in both arms are dropped.
  package var chiSquared: Double {
    let (m, n) = (
      CompensatedSum(of: canaryCounts).result, CompensatedSum(of: baselineCounts).result
    )
    var sum = CompensatedSum()
    for (a, b) in zip(canaryCounts, baselineCounts) where a + b > 0 {
      let difference = a * n - b * m
      sum.add(difference / m * (difference / n) / (a + b))
    }
    return sum.result
  }

  /// The categories that occur, less one.
  package var degreesOfFreedom: Double {
    Double(zip(canaryCounts, baselineCounts).filter { $0 + $1 > 0 }.count - 1)
  }

  /// The natural logarithm of the chi-squared p-value; 0 with a single category.
  package var logP: Double {
    guard degreesOfFreedom > 0 else { return 0 }
    return ChiSquared(degreesOfFreedom: degreesOfFreedom).logSurvival(chiSquared)
  }

  /// Cramér's V, √(χ²/N): the size of the difference, between 0 and 1.
  package var cramersV: Double {
    let total = CompensatedSum(of: canaryCounts + baselineCounts).result
    return (chiSquared / total).squareRoot()
  }

  /// Σ p ln(p/q), as deviance parts: the differences p − q that they add sum to 0.
  private static func divergence(_ p: [Double], _ q: [Double]) -> Double {
    CompensatedSum(of: zip(p, q).map { deviancePart($0, expected: $1, deviation: $0 - $1) }).result
  }
}
