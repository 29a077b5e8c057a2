/// The increase of one counter series over a window, resets included.
///
/// ```swift
/// try CounterIncrease(of: [5, 9, 2, 4]).total  // 4 + 2 + 2 = 8, with one reset
/// ```
///
/// Any decrease is a reset and the value after it counts from 0 (Prometheus' rule for counters); no
/// extrapolation. Increase per series first, then sum: the sum of counters falls when one of them
/// restarts, and reading that as a reset of the sum counts all the others again.
package struct CounterIncrease: Sendable, Hashable {
  /// The increase from the first sample to the last.
  package let total: Double
  /// How often the counter restarted.
  package let resets: Int

  /// - Throws: `tooFewObservations` for fewer than two samples, `nanInput`, `nonFiniteInput`,
  ///   `negativeCount`.
  package init(of samples: [Double]) throws(NotComputable) {
    guard samples.count > 1 else { throw .tooFewObservations }
    try BucketCounts.check(samples)
    var sum = CompensatedSum()
    var resets = 0
    for (previous, current) in zip(samples, samples.dropFirst()) {
      if current < previous { resets += 1 }
      sum.add(current < previous ? current : current - previous)
    }
    total = sum.result
    self.resets = resets
  }
}
