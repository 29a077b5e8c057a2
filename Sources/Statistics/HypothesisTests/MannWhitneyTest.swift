import Glibc

/// The Wilcoxon-Mann-Whitney test: does one arm tend to larger values than the other?
///
/// ```swift
/// let test = try MannWhitneyTest(canary: canaryBuckets, baseline: baselineBuckets)
/// test.effect  // P(canary > baseline) + ½ P(equal); 0.5 when neither tends to be larger
/// ```
///
/// Raw samples and histograms are the same thing to it: groups of tied values in rank order. On
/// buckets the answer is exact for what buckets can tell, in O(buckets), also for 1e9 requests.
///
/// With a_i and b_i the arms' counts in group i, m and n their sums, N = m + n and t_i = a_i + b_i:
/// U = Σ a_i (Σ_{j<i} b_j + b_i/2), E U = mn/2 and Var U = mn Σ t_i (N − t_i)(N + t_i) /
/// (12 N (N − 1)), which is the usual tie correction (E. Lehmann, Nonparametrics, 1975, eq. 1.36)
/// in a form without cancellation.
///
/// Sees shifts, hardly tails: a change of the slowest 1 % moves the effect by at most 0.01. Assumes
/// independent observations; pods that differ break that. Infinite values rank like any other.
package struct MannWhitneyTest: Sendable, Hashable {
  /// The sizes of the arms.
  package let samples: SamplesPerArm
  /// The number of pairs in which the canary is larger, ties counted half.
  package let u: Double
  /// U minus its mean mn/2 under no difference, without the cancellation of subtracting.
  package let deviation: Double
  /// The variance of U under no difference, corrected for ties; 0 when all values are equal.
  package let variance: Double
  private let ranks: Ranks

  /// What the groups of equal values are made from.
  private enum Ranks: Sendable {
    case listed([(canary: Double, baseline: Double)])
    /// Ascending keys of both arms, all different.
    case untied([UInt64], [UInt64])
  }

  /// Tied groups in rank order: counts of canary and baseline, both never 0.
  ///
  /// - Complexity: O(m + n) for raw samples, which keep none: few who test also ask for them.
  var groups: [(canary: Double, baseline: Double)] {
    switch ranks {
    case .listed(let groups): groups
    case .untied(let first, let second): mergedGroups(first, second)
    }
  }

  /// - Throws: `emptyInput` or `nanInput`.
  /// - Complexity: O((m + n) log(m + n)).
  package init(canary: [Double], baseline: [Double]) throws(NotComputable) {
    guard !canary.isEmpty, !baseline.isEmpty else { throw .emptyInput }
    if canary.contains(where: \.isNaN) || baseline.contains(where: \.isNaN) { throw .nanInput }
    let first = ascendingKeys(canary, joiningZeros: true)
    let second = ascendingKeys(baseline, joiningZeros: true)
    guard first.count + second.count < 1 << 31, let pairs = untiedPairs(first, second) else {
      self.init(groups: mergedGroups(first, second))
      return
    }
    self.init(untied: first, second, pairs: pairs)
  }

  /// From ascending keys that all differ, and the number of pairs in which the canary's is larger.
  private init(untied first: [UInt64], _ second: [UInt64], pairs: Int) {
    let (m, n) = (Double(first.count), Double(second.count))
    samples = SamplesPerArm(canary: m, baseline: n)
    deviation = 0.5 * Double(2 * pairs - first.count * second.count)
    u = Double(pairs)
    variance = m * n * (m + n + 1) / 12
    ranks = .untied(first, second)
  }

  /// - Throws: `lengthMismatch` when the bounds differ; `emptyInput` when an arm has no counts.
  package init(canary: BucketCounts, baseline: BucketCounts) throws(NotComputable) {
    guard canary.upperBounds == baseline.upperBounds else { throw .lengthMismatch }
    try self.init(canaryCounts: canary.counts, baselineCounts: baseline.counts)
  }

  /// From counts per category, in rank order.
  ///
  /// - Throws: `lengthMismatch`, `negativeCount`, `nanInput`, `nonFiniteInput`, `emptyInput`.
  package init(canaryCounts: [Double], baselineCounts: [Double]) throws(NotComputable) {
    guard canaryCounts.count == baselineCounts.count else { throw .lengthMismatch }
    try BucketCounts.check(canaryCounts)
    try BucketCounts.check(baselineCounts)
    let groups = zip(canaryCounts, baselineCounts).filter { $0 + $1 > 0 }
    guard groups.contains(where: { $0.0 > 0 }), groups.contains(where: { $0.1 > 0 }) else {
      throw .emptyInput
    }
    self.init(groups: groups.map { (canary: $0.0, baseline: $0.1) })
  }

  init(groups: [(canary: Double, baseline: Double)]) {
    let m = groups.reduce(0) { $0 + $1.canary }
    let n = groups.reduce(0) { $0 + $1.baseline }
    let total = m + n
    var below = 0.0
    var twiceDeviation = CompensatedSum()
    var ties = CompensatedSum()
    for (a, b) in groups {
      // a (2 below + b − n), with the product's rounding error kept.
      let product = exactProduct(a, 2 * below + b - n)
      twiceDeviation.add(product.high)
      twiceDeviation.add(product.low)
      below += b
      let t = a + b
      ties.add(t * (total - t) * (total + t))
    }
    ranks = .listed(groups)
    samples = SamplesPerArm(canary: m, baseline: n)
    deviation = 0.5 * twiceDeviation.result
    u = 0.5 * m * n + deviation
    variance = total > 1 ? m / total * (n / (total - 1)) * ties.result / 12 : 0
  }

  /// P(canary > baseline) + ½ P(canary = baseline), also known as the area under the curve.
  package var effect: Double { 0.5 + deviation / (samples.canary * samples.baseline) }

  /// The deviation of U in standard errors.
  ///
  /// - Throws: `allValuesEqual` when there is no variance.
  package func z() throws(NotComputable) -> Double {
    guard variance > 0 else { throw .allValuesEqual }
    return deviation / variance.squareRoot()
  }

  /// The natural logarithm of the p-value by the normal approximation; 0 when all values are equal.
  ///
  /// - Parameters:
  ///   - continuityCorrected: moves U by ½ towards its mean (one-sided: against the alternative).
  package func logP(_ alternative: Alternative, continuityCorrected: Bool = true) -> Double {
    guard variance > 0 else { return 0 }
    let error = variance.squareRoot()
    let half = continuityCorrected ? 0.5 : 0
    switch alternative {
    case .greater: return Normal.standard.logSurvival((deviation - half) / error)
    case .less: return Normal.standard.logCDF((deviation + half) / error)
    case .twoSided:
      let logTail = Normal.standard.logSurvival((abs(deviation) - half) / error)
      return min(0, logTail + 0.693147180559945309)
    }
  }

  /// The comparison as evidence: by the exact law where arms are small, else the normal
  /// approximation with continuity correction.
  package func evidence(for alternative: Alternative, level: Double = 0.95) -> Evidence {
    let exact = samples.canary + samples.baseline <= 60 ? exactLaw() : nil
    let smallest = min(samples.canary, samples.baseline)
    return Evidence(
      effect: Effect(name: "P(canary > baseline) + ½ P(equal)", neutralValue: 0.5),
      estimate: effect, interval: effectInterval(level: level),
      strength: .logP(exact?.logP(alternative) ?? logP(alternative)), alternative: alternative,
      samples: samples,
      method: exact == nil ? "Mann-Whitney test" : "Mann-Whitney test, exact",
      assumptions: [
        Assumption("independent observations", .notChecked),
        Assumption("the values are not all equal", variance > 0 ? .holds : .violated),
        Assumption(
          "at least 8 values per arm, or the exact law",
          exact != nil || smallest >= 8 ? .holds : .violated),
      ])
  }

  package static func == (left: Self, right: Self) -> Bool {
    left.groups.elementsEqual(right.groups) { $0 == $1 }
  }

  package func hash(into hasher: inout Hasher) {
    for group in groups {
      hasher.combine(group.canary)
      hasher.combine(group.baseline)
    }
  }
}
