import Glibc

/// The positive side of a native histogram as plain numbers: buckets whose bounds grow by
/// 2^(2^−schema).
///
/// ```swift
/// let fine = try ExponentialBuckets(schema: 3, firstIndex: -8, counts: increments)
/// let coarse = try fine.reduced(to: 2)
/// let buckets = try fine.bucketCounts()       // for MannWhitneyTest, BucketJudge, …
/// ```
///
/// Bucket i holds values in (2^((i − 1) 2^−schema), 2^(i 2^−schema)]; the zero bucket those up to
/// its threshold. Two buckets of a schema are one of the next lower, index ⌈i/2⌉, so histograms
/// merge exactly at the lower of their schemas.
package struct ExponentialBuckets: Sendable, Hashable {
  /// From −4 to 8, Prometheus' range.
  package let schema: Int
  /// The index of the first count.
  package private(set) var firstIndex: Int
  package private(set) var counts: [Double]
  /// Values around zero.
  package private(set) var zeroCount: Double

  /// - Throws: `invalidWeight` for a schema or index out of range; the errors of counts.
  package init(
    schema: Int, firstIndex: Int, counts: [Double], zeroCount: Double = 0
  ) throws(NotComputable) {
    guard -4...8 ~= schema, abs(firstIndex) < 1 << 20, counts.count < 1 << 16 else {
      throw .invalidWeight
    }
    try BucketCounts.check(counts + [zeroCount])
    self.schema = schema
    self.firstIndex = firstIndex
    self.counts = counts
    self.zeroCount = zeroCount
  }

  /// The same observations at a lower schema.
  ///
  /// - Throws: `invalidWeight` for a schema above this one or below −4.
  package func reduced(to lower: Int) throws(NotComputable) -> ExponentialBuckets {
    guard lower <= schema, lower >= -4 else { throw .invalidWeight }
    guard lower < schema, let last = counts.indices.last else {
      return try ExponentialBuckets(
        schema: lower, firstIndex: firstIndex, counts: counts, zeroCount: zeroCount)
    }
    // ⌈i / 2^k⌉ is an arithmetic shift of i − 1, plus 1.
    let shift = schema - lower
    func place(_ index: Int) -> Int { ((index - 1) >> shift) + 1 }
    let first = place(firstIndex)
    var merged = [Double](repeating: 0, count: place(firstIndex + last) - first + 1)
    for (offset, count) in counts.enumerated() {
      merged[place(firstIndex + offset) - first] += count
    }
    return try ExponentialBuckets(
      schema: lower, firstIndex: first, counts: merged, zeroCount: zeroCount)
  }

  /// Both together, at the lower of their schemas.
  package func merged(with other: ExponentialBuckets) throws(NotComputable) -> ExponentialBuckets {
    let common = min(schema, other.schema)
    let (first, second) = (try reduced(to: common), try other.reduced(to: common))
    if second.counts.isEmpty { return try first.adding(zeros: second.zeroCount) }
    if first.counts.isEmpty { return try second.adding(zeros: first.zeroCount) }
    let start = min(first.firstIndex, second.firstIndex)
    let end = max(
      first.firstIndex + first.counts.count, second.firstIndex + second.counts.count)
    var sum = [Double](repeating: 0, count: end - start)
    for part in [first, second] {
      for (offset, count) in part.counts.enumerated() {
        sum[part.firstIndex - start + offset] += count
      }
    }
    return try ExponentialBuckets(
      schema: common, firstIndex: start, counts: sum,
      zeroCount: first.zeroCount + second.zeroCount)
  }

  private func adding(zeros: Double) throws(NotComputable) -> ExponentialBuckets {
    try ExponentialBuckets(
      schema: schema, firstIndex: firstIndex, counts: counts, zeroCount: zeroCount + zeros)
  }

  /// The upper bound of bucket i.
  package func upperBound(of index: Int) -> Double { exp2(Double(index) * exp2(Double(-schema))) }

  /// As buckets with bounds, from the lowest that either histogram of a comparison needs to the
  /// highest; the zero bucket belongs to the first.
  ///
  /// - Parameter indices: the buckets wanted; those of the counts where nil.
  /// - Throws: `emptyInput` without buckets.
  package func bucketCounts(
    _ indices: Range<Int>? = nil
  ) throws(NotComputable) -> BucketCounts {
    let own = firstIndex..<firstIndex + counts.count
    let wanted = indices ?? own
    guard !wanted.isEmpty, wanted.count < 1 << 16 else { throw .emptyInput }
    var result = [Double](repeating: 0, count: wanted.count + 1)
    result[0] = zeroCount
    for (offset, count) in counts.enumerated() {
      let place = firstIndex + offset - wanted.lowerBound
      result[min(max(0, place), wanted.count)] += count
    }
    return try BucketCounts(
      upperBounds: wanted.map { upperBound(of: $0) } + [.infinity], counts: result)
  }
}
