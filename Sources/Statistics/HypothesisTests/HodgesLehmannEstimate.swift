import Glibc

/// The shift between two samples: the median of all differences canary − baseline.
///
/// ```swift
/// let shift = try HodgesLehmannEstimate(canary: canaryLatencies, baseline: baselineLatencies)
/// shift.estimate               // 0.012: the canary is 12 ms slower
/// shift.interval(level: 0.95)  // in the unit of the values
/// ```
///
/// The estimate that belongs to the Mann-Whitney test (J. Hodges, E. Lehmann, Ann. Math. Stat. 34,
/// 1963): its interval holds the shifts that the test doesn't reject, [D_(k), D_(mn+1−k)] of the
/// ordered differences (L. Moses, 1965). Assumes that the arms differ by a shift only. Differences
/// are never listed: the k-th is found by counting in sorted samples.
package struct HodgesLehmannEstimate: Sendable, Hashable {
  /// Ascending.
  private let canary: [Double]
  /// Ascending.
  private let baseline: [Double]

  /// - Throws: `emptyInput`, `nanInput`, `nonFiniteInput`.
  package init(canary: [Double], baseline: [Double]) throws(NotComputable) {
    guard !canary.isEmpty, !baseline.isEmpty else { throw .emptyInput }
    for value in canary + baseline {
      if value.isNaN { throw .nanInput }
      if value.isInfinite { throw .nonFiniteInput }
    }
    self.canary = sortedAscending(canary)
    self.baseline = sortedAscending(baseline)
  }

  /// The number of differences, mn.
  package var pairCount: Int { canary.count * baseline.count }

  /// The median difference.
  package var estimate: Double {
    let upper = difference(ranked: pairCount / 2 + 1)
    guard pairCount.isMultiple(of: 2) else { return upper }
    let lower = difference(ranked: pairCount / 2)
    return lower + (upper - lower) / 2
  }

  /// The rank k of the interval by the normal approximation, at least 1.
  package func asymptoticRank(level: Double = 0.95) -> Int {
    let (m, n) = (Double(canary.count), Double(baseline.count))
    let z = Normal.standard.inverseSurvival((1 - level) / 2)
    let rank = m * n / 2 - z * (m * n * (m + n + 1) / 12).squareRoot()
    return max(1, Int(rank.rounded(.down)))
  }

  /// The rank k of the interval by the exact law without ties: the largest with
  /// 2 P(U ≤ k − 1) ≤ 1 − level, 0 where there is none; and the coverage that it has. Nil for
  /// samples too large for the exact law.
  package func exactRank(level: Double = 0.95) -> (rank: Int, coverage: Double)? {
    let (m, n) = (canary.count, baseline.count)
    guard let law = MannWhitneyTest.untiedLaw(m, n) else { return nil }
    var (below, rank, coverage) = (0.0, 0, 1.0)
    for share in law {
      below += share
      // Slack for rounding: bounds that are met exactly count.
      guard 2 * below <= (1 - level) * (1 + 1e-12) else { break }
      rank += 1
      coverage = 1 - 2 * below
    }
    return (rank, coverage)
  }

  /// The interval of the shift with the rank k; infinite for k = 0.
  package func interval(rank: Int, level: Double) -> ConfidenceInterval {
    guard rank > 0 else {
      return ConfidenceInterval(level: level, lower: -.infinity, upper: .infinity)
    }
    return ConfidenceInterval(
      level: level, lower: difference(ranked: rank),
      upper: difference(ranked: pairCount + 1 - rank))
  }

  /// The interval of the shift: exact for small samples without ties, else asymptotic.
  package func interval(level: Double = 0.95) -> ConfidenceInterval {
    let values = canary + baseline
    if values.count <= 60, Set(values).count == values.count,
      let exact = exactRank(level: level)
    {
      return interval(rank: exact.rank, level: level)
    }
    return interval(rank: asymptoticRank(level: level), level: level)
  }

  /// The k-th smallest difference, 1 ≤ k ≤ mn; ranks outside are clamped.
  ///
  /// Bisection over the ordered bit patterns of doubles; each step counts the differences up to a
  /// value in one walk along both samples.
  ///
  /// - Complexity: O(64 (m + n)).
  package func difference(ranked k: Int) -> Double {
    let rank = min(max(1, k), pairCount)
    var low = Self.ordinal(canary[0] - baseline[baseline.count - 1])
    var high = Self.ordinal(canary[canary.count - 1] - baseline[0])
    while low < high {
      let middle = (low >> 1) + (high >> 1) + (low & high & 1)
      if countAtMost(Self.double(middle)) >= rank { high = middle } else { low = middle + 1 }
    }
    return Self.double(low)
  }

  private func countAtMost(_ value: Double) -> Int {
    // As a grows, a − b ≤ value asks for larger b.
    var (count, start) = (0, 0)
    for a in canary {
      while start < baseline.count, a - baseline[start] > value { start += 1 }
      count += baseline.count - start
    }
    return count
  }

  /// A whole number that orders as the double does, with −0 and 0 as one.
  private static func ordinal(_ value: Double) -> Int64 {
    let bits = Int64(bitPattern: (value == 0 ? 0 : value).bitPattern)
    return bits >= 0 ? bits : Int64.min &- bits
  }

  private static func double(_ ordinal: Int64) -> Double {
    Double(bitPattern: UInt64(bitPattern: ordinal >= 0 ? ordinal : Int64.min &- ordinal))
  }
}
