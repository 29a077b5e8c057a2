/// The two-sample Anderson-Darling statistic: squared gaps weighted towards the tails.
///
/// With mid-ranks for ties, A²_akN of F. Scholz and M. Stephens (JASA 82, 1987, eq. 7), and
/// (A² − 1)/σ standardised by its exact null variance (their eq. 4). Its p-value is by relabeling.
package struct AndersonDarlingTest: Sendable, Hashable {
  /// A²_akN.
  package let statistic: Double
  /// The standard deviation of A² under the null, without ties.
  package let nullDeviation: Double
  private let values: [Double]
  private let canaryCount: Int

  /// - Throws: `emptyInput`, `nanInput`, `allValuesEqual`; `tooFewObservations` for fewer than four
  ///   values.
  package init(canary: [Double], baseline: [Double]) throws(NotComputable) {
    let ranks = try MannWhitneyTest(canary: canary, baseline: baseline)
    guard ranks.groups.count > 1 else { throw .allValuesEqual }
    guard canary.count + baseline.count >= 4 else { throw .tooFewObservations }
    statistic = Self.midRankStatistic(ranks)
    nullDeviation = Self.nullDeviation(Double(canary.count), Double(baseline.count))
    values = canary + baseline
    canaryCount = canary.count
  }

  /// (A² − 1)/σ: about 2 at p = .05.
  package var standardised: Double { (statistic - 1) / nullDeviation }

  /// The p-value from random relabelings, the observed one among them.
  package func sampledP(
    draws: Int, using generator: inout some RandomNumberGenerator
  ) -> Double {
    var pool = values
    var hits = 1.0
    for _ in 0..<max(0, draws) {
      pool.shuffle(using: &generator)
      guard
        let ranks = try? MannWhitneyTest(
          canary: Array(pool[..<canaryCount]), baseline: Array(pool[canaryCount...]))
      else { continue }
      if Self.midRankStatistic(ranks) >= statistic - 1e-12 * abs(statistic) { hits += 1 }
    }
    return hits / Double(max(0, draws) + 1)
  }

  private static func midRankStatistic(_ ranks: MannWhitneyTest) -> Double {
    let (m, n) = (ranks.samples.canary, ranks.samples.baseline)
    let total = m + n
    var (below, a, b, sum) = (0.0, 0.0, 0.0, 0.0)
    for group in ranks.groups {
      let size = group.canary + group.baseline
      let middle = below + size / 2
      let first = total * (a + group.canary / 2) - m * middle
      let second = total * (b + group.baseline / 2) - n * middle
      let weight = middle * (total - middle) - total * size / 4
      if weight > 0 { sum += size / weight * (first * first / m + second * second / n) }
      below += size
      a += group.canary
      b += group.baseline
    }
    return (total - 1) / total * sum / total
  }

  private static func nullDeviation(_ m: Double, _ n: Double) -> Double {
    let (total, count) = (m + n, Int(m + n))
    let sizes = 1 / m + 1 / n
    // h = Σ 1/i and g = Σ_{i<j} 1/((N − i) j), both up to N − 1.
    var (h, g) = (0.0, 0.0)
    for j in 1..<count {
      // The inner sum over i < j of 1/(N − i) grows with j.
      if j >= 2 { g += (1..<j).reduce(0.0) { $0 + 1 / (total - Double($1)) } / Double(j) }
      h += 1 / Double(j)
    }
    let a = (4 * g - 6) + (10 - 6 * g) * sizes
    let b = (2 * g - 4) * 4 + 16 * h + (2 * g - 14 * h - 4) * sizes - 8 * h + 4 * g - 6
    let c = (6 * h + 2 * g - 2) * 4 + (4 * h - 4 * g + 6) * 2 + (2 * h - 6) * sizes + 4 * h
    let d = (2 * h + 6) * 4 - 8 * h
    let cubic = ((a * total + b) * total + c) * total + d
    return (cubic / ((total - 1) * (total - 2) * (total - 3))).squareRoot()
  }
}
