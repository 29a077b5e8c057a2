import Glibc

/// The two-sample Kolmogorov-Smirnov test: do the arms have the same distribution?
///
/// ```swift
/// let test = try KolmogorovSmirnovTest(canary: canaryScores, baseline: baselineScores)
/// test.distance     // the largest gap between the two empirical distribution functions
/// test.logP
/// ```
///
/// Sees any change of shape, best in the middle. The p-value is the limit law Q(√(mn/(m+n)) D) with
/// Q(x) = 2 Σ (−1)^(k−1) exp(−2k²x²) (A. Kolmogorov 1933, N. Smirnov 1939), or exact by lattice
/// paths; with ties both are conservative. Infinite values rank like any other.
package struct KolmogorovSmirnovTest: Sendable, Hashable {
  package let samples: SamplesPerArm
  /// sup (F_canary − F_baseline): large when the canary tends to smaller values.
  package let distanceAbove: Double
  /// sup (F_baseline − F_canary): large when the canary tends to larger values.
  package let distanceBelow: Double
  /// The same distances times mn, whole numbers.
  private let (stepsAbove, stepsBelow): (Double, Double)

  /// - Throws: `emptyInput`, `nanInput`.
  package init(canary: [Double], baseline: [Double]) throws(NotComputable) {
    let groups = try MannWhitneyTest(canary: canary, baseline: baseline)
    self.init(groups)
  }

  /// On histograms with the same bounds: distances at the bounds, a lower limit of those of the
  /// values.
  ///
  /// - Throws: `lengthMismatch`, `emptyInput`.
  package init(canary: BucketCounts, baseline: BucketCounts) throws(NotComputable) {
    self.init(try MannWhitneyTest(canary: canary, baseline: baseline))
  }

  private init(_ ranks: MannWhitneyTest) {
    let (m, n) = (ranks.samples.canary, ranks.samples.baseline)
    var (a, b, above, below) = (0.0, 0.0, 0.0, 0.0)
    for group in ranks.groups {
      a += group.canary
      b += group.baseline
      let gap = a * n - b * m
      above = max(above, gap)
      below = max(below, -gap)
    }
    samples = ranks.samples
    stepsAbove = above
    stepsBelow = below
    distanceAbove = above / (m * n)
    distanceBelow = below / (m * n)
  }

  /// The larger of both distances.
  package var distance: Double { max(distanceAbove, distanceBelow) }

  /// The natural logarithm of the two-sided p-value by the limit law.
  package var logP: Double {
    let (m, n) = (samples.canary, samples.baseline)
    return Self.logLimitSurvival((m * n / (m + n)).squareRoot() * distance)
  }

  /// The exact p-values without ties: two-sided, for `distanceAbove` and for `distanceBelow`; nil
  /// for mn above 1e7 or counts that are not whole.
  ///
  /// The chance that a random lattice path from (0, 0) to (m, n) ever leaves the observed strip:
  /// the probability of first exits is summed, so nothing cancels (the recursion of J. Hodges, Ark.
  /// Mat. 3, 1958, turned inside out).
  ///
  /// - Complexity: O(mn).
  package func exactP() -> (twoSided: Double, above: Double, below: Double)? {
    let (m, n) = (samples.canary, samples.baseline)
    guard m * n <= 1e7, m == m.rounded(), n == n.rounded() else { return nil }
    let larger = max(stepsAbove, stepsBelow)
    return (
      exitProbability(above: larger, below: larger),
      exitProbability(above: stepsAbove, below: .infinity),
      exitProbability(above: .infinity, below: stepsBelow)
    )
  }

  private func exitProbability(above: Double, below: Double) -> Double {
    guard above > 0, below > 0 else { return 1 }
    let (m, n) = (Int(samples.canary), Int(samples.baseline))
    var exits = CompensatedSum()
    // inside[j]: the chance of having drawn i canary and j baseline values without an exit.
    var inside = [Double](repeating: 0, count: n + 1)
    for i in 0...m {
      for j in 0...n {
        let left = Double(m - i) + Double(n - j)
        var chance = i == 0 && j == 0 ? 1.0 : 0
        if i > 0 { chance += inside[j] * Double(m - i + 1) / (left + 1) }
        if j > 0 { chance += inside[j - 1] * Double(n - j + 1) / (left + 1) }
        let gap = Double(i * n - j * m)
        if gap >= above || -gap >= below {
          exits.add(chance)
          chance = 0
        }
        inside[j] = chance
      }
    }
    return min(1, exits.result)
  }

  /// log Q(x); for small x through 1 − (√(2π)/x) Σ exp(−(2k − 1)²π²/(8x²)).
  static func logLimitSurvival(_ x: Double) -> Double {
    guard x > 0 else { return 0 }
    if x < 0.8 {
      let terms = (1...6).map { k in
        exp(-pow(Double(2 * k - 1) * .pi / x, 2) / 8)
      }
      return log1p(-(2 * .pi).squareRoot() / x * terms.reduce(0, +))
    }
    // 2 exp(−2x²) (1 − exp(−6x²) + exp(−16x²) − …).
    let tail = (2...7).reduce(1.0) { sum, k in
      let sign = k.isMultiple(of: 2) ? -1.0 : 1
      return sum + sign * exp(-2 * Double(k * k - 1) * x * x)
    }
    return 0.693147180559945309 - 2 * x * x + log(tail)
  }
}
