import Glibc

/// The permutation test of the difference of two means.
///
/// ```swift
/// let test = try PermutationTest(canary: [16, 12, 5, 4], baseline: [10, 1, 18, 11, 19])
/// test.exactP()?.twoSided          // 0.603…, over all 126 relabelings
/// ```
///
/// p is the share of relabelings whose difference is at least as large as the observed one, which
/// is among them; two-sided by |difference| (R. Fisher 1935, E. Pitman 1937). Needs exchangeable
/// arms: equal distributions under the null, not just equal means.
package struct PermutationTest: Sendable, Hashable {
  private let values: [Double]
  private let canaryCount: Int
  /// The canary's mean minus the baseline's.
  package let estimate: Double

  /// - Throws: `emptyInput`, `nanInput`, `nonFiniteInput`.
  package init(canary: [Double], baseline: [Double]) throws(NotComputable) {
    guard !canary.isEmpty, !baseline.isEmpty else { throw .emptyInput }
    for value in canary + baseline {
      if value.isNaN { throw .nanInput }
      if value.isInfinite { throw .nonFiniteInput }
    }
    values = canary + baseline
    canaryCount = canary.count
    estimate = Moments(of: canary).meanDifference(from: Moments(of: baseline))
  }

  /// How many ways there are to label the values: N over m, infinite beyond doubles.
  package var relabelings: Double {
    var ways = 1.0
    for index in 0..<min(canaryCount, values.count - canaryCount) {
      ways = (ways * Double(values.count - index) / Double(index + 1)).rounded()
    }
    return ways
  }

  /// The p-values of a permutation test.
  package struct PValues: Sendable, Hashable {
    package let greater: Double
    package let less: Double
    package let twoSided: Double
  }

  /// The exact p-values, by counting relabelings per sum; nil where values are not decimals with up
  /// to six places, or the counting would take more than about 1e8 steps.
  ///
  /// Sums are whole numbers on the grid of the values, so ties are exact.
  ///
  /// - Complexity: O(N m R), R the range of the sums on the grid.
  package func exactP() -> PValues? {
    guard let grid = wholeValues() else { return nil }
    let least = grid.min() ?? 0
    let shifted = grid.map { $0 - least }
    let (n, m) = (grid.count, canaryCount)
    let range = shifted.sorted(by: >).prefix(m).reduce(0, +)
    guard n <= 1_000, Double(n) * Double(m) * Double(range + 1) <= 1e8 else { return nil }
    // ways[i][s]: how many choices of i values add up to s.
    var ways = [[Double]](repeating: [Double](repeating: 0, count: range + 1), count: m + 1)
    ways[0][0] = 1
    for (index, value) in shifted.enumerated() {
      for i in stride(from: min(m, index + 1), to: 0, by: -1) where value <= range {
        for s in stride(from: range, through: value, by: -1) where ways[i - 1][s - value] > 0 {
          ways[i][s] += ways[i - 1][s - value]
        }
      }
    }
    // N s − m T is proportional to the difference of means; all of it whole.
    let total = shifted.reduce(0, +)
    let observed = n * shifted.prefix(m).reduce(0, +) - m * total
    var (all, greater, less, both) = (0.0, 0.0, 0.0, 0.0)
    for (s, count) in ways[m].enumerated() where count > 0 {
      let difference = n * s - m * total
      all += count
      if difference >= observed { greater += count }
      if difference <= observed { less += count }
      if abs(difference) >= abs(observed) { both += count }
    }
    return PValues(greater: greater / all, less: less / all, twoSided: both / all)
  }

  /// p-values from random relabelings, the observed one counted among them: (hits + 1)/(draws + 1),
  /// valid at any number of draws (B. Phipson, G. Smyth, Stat. Appl. Genet. 9, 2010).
  package func sampledP(
    draws: Int, using generator: inout some RandomNumberGenerator
  ) -> PValues {
    var pool = values
    let (n, m) = (Double(values.count), Double(canaryCount))
    let total = CompensatedSum(of: values).result
    // Relabelings that tie in exact arithmetic must not be lost to rounding.
    let slack = 1e-12 * values.reduce(0) { $0 + abs($1) }
    func difference(_ sum: Double) -> Double { sum * n / m - total }
    let observed = difference(CompensatedSum(of: Array(values.prefix(canaryCount))).result)
    var (greater, less, both) = (1.0, 1.0, 1.0)
    for _ in 0..<max(0, draws) {
      var sum = CompensatedSum()
      for index in 0..<canaryCount {
        pool.swapAt(index, Int.random(in: index..<pool.count, using: &generator))
        sum.add(pool[index])
      }
      let drawn = difference(sum.result)
      if drawn >= observed - slack { greater += 1 }
      if drawn <= observed + slack { less += 1 }
      if abs(drawn) >= abs(observed) - slack { both += 1 }
    }
    let all = Double(max(0, draws)) + 1
    return PValues(greater: greater / all, less: less / all, twoSided: both / all)
  }

  /// The values times the power of ten that makes them whole; nil where none up to 1e6 does.
  private func wholeValues() -> [Int]? {
    for scale in [1.0, 10, 100, 1e3, 1e4, 1e5, 1e6] {
      let scaled = values.map { ($0 * scale).rounded() }
      guard scaled.allSatisfy({ abs($0) < 1e12 }) else { return nil }
      if zip(values, scaled).allSatisfy({ $1 / scale == $0 }) { return scaled.map { Int($0) } }
    }
    return nil
  }
}
