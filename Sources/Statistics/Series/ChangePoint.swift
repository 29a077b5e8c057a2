/// The tabular cumulative sums of a series against a known level (E. Page, Biometrika 41, 1954).
///
/// ```swift
/// let sums = CumulativeSums(of: latencies, mean: 0.12, standardDeviation: 0.01)
/// sums.firstAlarm   // the first scrape, counted from 1, at which a sum exceeds 4
/// ```
package struct CumulativeSums: Sendable, Hashable {
  /// C⁺_t = max(0, C⁺ + (x − μ) − kσ, in units of σ.
  package let upper: [Double]
  /// C⁻_t, the same for falling values.
  package let lower: [Double]
  /// The first t, from 1, at which either sum exceeds the limit; nil without alarm.
  package let firstAlarm: Int?

  /// - Parameters:
  ///   - slack: k, half the shift to detect, in standard deviations.
  ///   - limit: h; 4 to 5 gives some hundred values between false alarms.
  package init(
    of values: [Double], mean: Double, standardDeviation: Double, slack: Double = 0.5,
    limit: Double = 4
  ) {
    var (up, down) = (0.0, 0.0)
    var (upper, lower) = ([Double](), [Double]())
    for value in values {
      let z = (value - mean) / standardDeviation
      up = max(0, up + z - slack)
      down = max(0, down - z - slack)
      upper.append(up)
      lower.append(down)
    }
    self.upper = upper
    self.lower = lower
    firstAlarm = zip(upper, lower).enumerated()
      .first { max($0.element.0, $0.element.1) > limit }.map { $0.offset + 1 }
  }
}

/// The most likely place of one change in a series, by energy distance.
///
/// E-divisive (D. Matteson, N. James, JASA 109, 2014, eq. 6, exponent 1): for a left part of m and
/// a right one of n values Q = mn/(m + n) (2 mean|x − y| − mean|x − x′| − mean|y − y′|), pair means
/// over C(n, 2). Sees changes of any kind. Significance needs permutations.
package struct EnergyChangePoint: Sendable, Hashable {
  /// Q for left parts of 2, 3, …, n − 2 values.
  package let statistics: [Double]
  /// The size of the left part where Q is largest, the smallest on ties.
  package let leftCount: Int

  /// - Throws: `tooFewObservations` for fewer than four values, `nanInput`, `nonFiniteInput`.
  /// - Complexity: O(n²).
  package init(of values: [Double]) throws(NotComputable) {
    for value in values {
      if value.isNaN { throw .nanInput }
      if value.isInfinite { throw .nonFiniteInput }
    }
    guard values.count >= 4 else { throw .tooFewObservations }
    let n = values.count
    // Sums of distances within the left part, within the right one, and between them.
    var (left, right, between) = (0.0, 0.0, 0.0)
    for i in 0..<n { for j in 0..<i { right += abs(values[i] - values[j]) } }
    var statistics: [Double] = []
    for size in 1...(n - 2) {
      let moved = values[size - 1]
      let toLeft = values[..<(size - 1)].reduce(0) { $0 + abs($1 - moved) }
      let toRight = values[size...].reduce(0) { $0 + abs($1 - moved) }
      left += toLeft
      right -= toRight
      between += toRight - toLeft
      guard size >= 2 else { continue }
      let (m, k) = (Double(size), Double(n - size))
      let energy =
        2 * between / (m * k) - 2 * left / (m * (m - 1)) - 2 * right / (k * (k - 1))
      statistics.append(m * k / (m + k) * energy)
    }
    self.statistics = statistics
    let best = statistics.max() ?? 0
    leftCount = (statistics.firstIndex(of: best) ?? 0) + 2
  }
}
