import Glibc

extension MannWhitneyTest {
  /// The distribution of U over all ways to deal the observed values to the arms, ties included.
  package struct ExactLaw: Sendable, Hashable {
    /// log P(U ≥ u) and log P(U ≤ u).
    package let logUpper: Double
    package let logLower: Double

    /// The natural logarithm of the p-value; two-sided is twice the smaller tail, at most 1.
    package func logP(_ alternative: Alternative) -> Double {
      switch alternative {
      case .greater: logUpper
      case .less: logLower
      case .twoSided: min(0, min(logUpper, logLower) + 0.693147180559945309)
      }
    }
  }

  /// The exact conditional law, or nil where it would take more than about 1e8 steps, the counts
  /// are not whole, or the number of deals exceeds a double.
  ///
  /// Dynamic programming over the tied groups: ways[i][v] counts the deals of the groups so far
  /// with i canary values and 2 U = v. A group of t values that gives j to the canary multiplies by
  /// C(t, j) and adds j (2 × baseline values below + t − j) to v. (For untied values this is Mann
  /// and Whitney's recursion, Ann. Math. Stat. 18, 1947.) All terms are positive.
  ///
  /// - Complexity: O(m · mn · N) time, O(m · mn) memory.
  package func exactLaw() -> ExactLaw? {
    let (m, n) = (samples.canary, samples.baseline)
    guard m + n <= 1_000, m * m * n * (m + n) <= 1e8 else { return nil }
    guard
      groups.allSatisfy({ $0.canary.rounded() == $0.canary && $0.baseline.rounded() == $0.baseline }
      )
    else { return nil }
    // The law is symmetric in the arms; fewer rows with the smaller arm in front.
    guard m <= n else {
      let law = swapped.exactLaw()
      return law.map { ExactLaw(logUpper: $0.logLower, logLower: $0.logUpper) }
    }
    let sizes = groups.map { Int($0.canary + $0.baseline) }
    let law = Self.waysByTwiceU(groupSizes: sizes, canary: Int(m), baseline: Int(n))
    let observed = Int((2 * u).rounded())
    return ExactLaw(
      logUpper: Self.logShare(law[min(observed, law.count)...], of: law),
      logLower: Self.logShare(law[..<min(observed + 1, law.count)], of: law))
  }

  /// The probabilities of U = 0, 1, …, mn without ties; nil where it would take too long.
  static func untiedLaw(_ m: Int, _ n: Int) -> [Double]? {
    let (small, large) = (min(m, n), max(m, n))
    guard m + n <= 1_000, Double(small * small * large) * Double(m + n) <= 1e8 else { return nil }
    let ones = [Int](repeating: 1, count: m + n)
    let ways = waysByTwiceU(groupSizes: ones, canary: small, baseline: large)
    let even = stride(from: 0, to: ways.count, by: 2).map { ways[$0] }
    let total = CompensatedSum(of: even).result
    return even.map { $0 / total }
  }

  /// How many ways of dealing tied groups of these sizes give 2 U = 0, 1, …, 2mn.
  private static func waysByTwiceU(groupSizes: [Int], canary: Int, baseline: Int) -> [Double] {
    let width = 2 * canary * baseline + 1
    var ways = [[Double]](repeating: [], count: canary + 1)
    ways[0] = [1]
    var dealt = 0
    for size in groupSizes {
      ways = dealing(size, after: dealt, ways, width: width, baseline: baseline)
      dealt += size
    }
    return ways[canary] + [Double](repeating: 0, count: width - ways[canary].count)
  }

  /// The same test with the arms exchanged.
  private var swapped: MannWhitneyTest {
    MannWhitneyTest(exchanging: self)
  }

  /// The table after one more group of tied values.
  private static func dealing(
    _ size: Int, after dealt: Int, _ ways: [[Double]], width: Int, baseline: Int
  ) -> [[Double]] {
    var next = [[Double]](repeating: [], count: ways.count)
    for (used, row) in ways.enumerated() where !row.isEmpty {
      let below = dealt - used
      guard below <= baseline else { continue }
      var choices = 1.0
      for j in 0...min(size, ways.count - 1 - used) {
        if j > 0 { choices *= Double(size - j + 1) / Double(j) }
        guard below + size - j <= baseline else { continue }
        let gain = j * (2 * below + size - j)
        let needed = min(width, row.count + gain)
        if next[used + j].count < needed {
          next[used + j] += [Double](repeating: 0, count: needed - next[used + j].count)
        }
        for (v, count) in row.enumerated() where count > 0 && v + gain < width {
          next[used + j][v + gain] += count * choices.rounded()
        }
      }
    }
    return next
  }

  private static func logShare(_ part: ArraySlice<Double>, of all: [Double]) -> Double {
    var sum = CompensatedSum()
    for count in part { sum.add(count) }
    var total = CompensatedSum()
    for count in all { total.add(count) }
    return min(0, log(sum.result / total.result))
  }
}
