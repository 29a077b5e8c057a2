/// One arm of a comparison as a histogram: how many observations fell into each bucket.
///
/// ```swift
/// // Increments of a classic histogram with le="0.1", le="0.5", le="+Inf": 90, 99, 100.
/// let canary = try BucketCounts(upperBounds: [0.1, 0.5, .infinity], cumulative: [90, 99, 100])
/// canary.counts  // [90, 9, 1]
/// ```
///
/// Counts are per bucket, not cumulative. They are doubles because `increase()` extrapolates.
package struct BucketCounts: Sendable, Hashable {
  /// The inclusive upper bounds (`le`), strictly increasing; the last one may be infinite.
  package let upperBounds: [Double]
  /// The observations per bucket, as many as there are bounds.
  package private(set) var counts: [Double]

  /// - Throws: `lengthMismatch`, `nanInput`, `nonFiniteInput`, `negativeCount`, or
  ///   `nonMonotoneBuckets` when the bounds do not increase.
  package init(upperBounds: [Double], counts: [Double]) throws(NotComputable) {
    guard upperBounds.count == counts.count else { throw .lengthMismatch }
    try Self.check(counts)
    if upperBounds.contains(where: \.isNaN) { throw .nanInput }
    for (bound, next) in zip(upperBounds, upperBounds.dropFirst()) where bound >= next {
      throw .nonMonotoneBuckets
    }
    self.upperBounds = upperBounds
    self.counts = counts
  }

  /// From cumulative counts, as a classic histogram exposes them.
  ///
  /// - Throws: as above, and `nonMonotoneBuckets` when a count is less than the one before it,
  ///   which Prometheus silently evens out.
  package init(upperBounds: [Double], cumulative: [Double]) throws(NotComputable) {
    try Self.check(cumulative)
    var counts: [Double] = []
    var previous = 0.0
    for count in cumulative {
      guard count >= previous else { throw .nonMonotoneBuckets }
      counts.append(count - previous)
      previous = count
    }
    try self.init(upperBounds: upperBounds, counts: counts)
  }

  /// The number of observations.
  package var total: Double {
    var sum = CompensatedSum()
    for count in counts { sum.add(count) }
    return sum.result
  }

  /// The observations above a bound as events out of all: a question about the tail that needs no
  /// interpolation, and can be asked of `StratifiedEProcess` after each scrape.
  ///
  /// - Parameters:
  ///   - bound: one of `upperBounds`; nil is the answer to any other.
  package func exceedance(above bound: Double) -> Proportion? {
    guard let index = upperBounds.firstIndex(of: bound) else { return nil }
    var above = CompensatedSum()
    for count in counts[(index + 1)...] { above.add(count) }
    let total = total
    return try? Proportion(events: min(above.result, total), trials: total)
  }

  /// Adds the counts of the other histogram.
  ///
  /// Merging is associative; with whole counts below 2^53 it is exact.
  ///
  /// - Throws: `lengthMismatch` when the bounds differ.
  package mutating func merge(_ other: BucketCounts) throws(NotComputable) {
    guard upperBounds == other.upperBounds else { throw .lengthMismatch }
    for index in counts.indices { counts[index] += other.counts[index] }
  }

  /// The same observations in fewer buckets: those up to each of the bounds, which must be among
  /// `upperBounds`, and the rest in a last one without bound where there is any.
  ///
  /// - Throws: `nonMonotoneBuckets` for a bound that isn't one of these.
  package func coarsened(to bounds: [Double]) throws(NotComputable) -> BucketCounts {
    var merged: [Double] = []
    var index = 0
    for bound in bounds {
      guard upperBounds[index...].contains(bound) else { throw .nonMonotoneBuckets }
      var sum = CompensatedSum()
      while upperBounds[index] < bound {
        sum.add(counts[index])
        index += 1
      }
      sum.add(counts[index])
      index += 1
      merged.append(sum.result)
    }
    guard index < counts.count else { return try BucketCounts(upperBounds: bounds, counts: merged) }
    let rest = CompensatedSum(of: Array(counts[index...])).result
    return try BucketCounts(upperBounds: bounds + [.infinity], counts: merged + [rest])
  }

  /// Both histograms on the bounds that they share, when a release changed its buckets: exact,
  /// since nothing is interpolated, and coarser.
  ///
  /// - Throws: `lengthMismatch` where they share no bound.
  package static func aligned(
    _ first: BucketCounts, _ second: BucketCounts
  ) throws(NotComputable) -> (BucketCounts, BucketCounts) {
    if first.upperBounds == second.upperBounds { return (first, second) }
    let other = Set(second.upperBounds)
    let shared = first.upperBounds.filter { other.contains($0) && $0.isFinite }
    guard !shared.isEmpty else { throw .lengthMismatch }
    let pair = (try first.coarsened(to: shared), try second.coarsened(to: shared))
    // Only one of them may have observations beyond the last shared bound.
    let bounds = shared + [.infinity]
    func closed(_ buckets: BucketCounts) throws(NotComputable) -> BucketCounts {
      guard buckets.upperBounds.count < bounds.count else { return buckets }
      return try BucketCounts(upperBounds: bounds, counts: buckets.counts + [0])
    }
    return (try closed(pair.0), try closed(pair.1))
  }

  static func check(_ counts: [Double]) throws(NotComputable) {
    for count in counts {
      if count.isNaN { throw .nanInput }
      if !count.isFinite { throw .nonFiniteInput }
      if count < 0 { throw .negativeCount }
    }
  }
}
