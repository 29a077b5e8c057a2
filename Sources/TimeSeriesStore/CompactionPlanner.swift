package import MetricModel

/// When blocks are merged, and when they are compressed.
package struct CompactionPolicy: Equatable, Sendable {
  /// Blocks of similar size, one after the other, that are merged into one.
  package var fanIn = 4
  /// No merge gives a block of more samples than this.
  package var samplesMax = 256_000_000
  /// No merge gives a block of a longer time than this; nil for any.
  package var spanMax: Milliseconds?
  /// A snapshot is made one block when it holds no more than this.
  package var snapshotSamplesMax = 64_000_000
  /// Blocks whose newest sample is so much older than that of the newest block, or more, are
  /// compressed with zstd: smaller, and dearer to read. Nil for none.
  package var coldAfter: Milliseconds?

  package init() {}
}

/// A block in numbers.
package struct BlockShape: Equatable, Sendable {
  package var number: UInt64
  package var sampleCount: Int
  /// The times of its first and last sample.
  package var earliest: Timestamp
  package var latest: Timestamp
  package var sizeBytes: Int
  /// Whether some of its samples are deleted and only hidden so far.
  package var hasTombstones: Bool
  /// Whether it is compressed.
  package var isCold: Bool

  package init(
    number: UInt64, sampleCount: Int, earliest: Timestamp = Timestamp(milliseconds: 0),
    latest: Timestamp = Timestamp(milliseconds: 0), sizeBytes: Int = 0, hasTombstones: Bool = false,
    isCold: Bool = false
  ) {
    self.number = number
    self.sampleCount = sampleCount
    self.earliest = earliest
    self.latest = latest
    self.sizeBytes = sizeBytes
    self.hasTombstones = hasTombstones
    self.isCold = isCold
  }
}

/// Decides which blocks become one: a pure function of their shapes, in the order of their times.
///
/// Merging `fanIn` blocks of one size class at a time writes each sample O(log n) times, and leaves
/// few blocks to read.
package enum CompactionPlanner {
  /// The next blocks to merge, nil when all is well. A single one is to be written again: without
  /// what was deleted from it, or compressed.
  package static func nextMerge(
    _ blocks: [BlockShape], _ policy: CompactionPolicy
  ) -> [UInt64]? {
    if let deleted = blocks.first(where: \.hasTombstones) { return [deleted.number] }
    if let run = nextRun(blocks, policy) { return run }
    return blocks.first { !$0.isCold && isCold([$0], among: blocks, policy) }.map { [$0.number] }
  }

  /// Whether what these blocks become is to be compressed.
  package static func isCold(
    _ run: [BlockShape], among blocks: [BlockShape], _ policy: CompactionPolicy
  ) -> Bool {
    // Blocks without samples have no times.
    guard let age = policy.coldAfter,
      let newest = blocks.filter({ $0.sampleCount > 0 }).map(\.latest).max(),
      let last = run.filter({ $0.sampleCount > 0 }).map(\.latest).max()
    else { return false }
    return newest.since(last) >= age
  }

  /// Neighbours of similar size.
  private static func nextRun(
    _ blocks: [BlockShape], _ policy: CompactionPolicy
  ) -> [UInt64]? {
    guard policy.fanIn >= 2, blocks.count >= policy.fanIn else { return nil }
    for start in 0...(blocks.count - policy.fanIn) {
      let run = blocks[start..<(start + policy.fanIn)]
      let largest = run.map(\.sampleCount).max() ?? 0
      let total = run.reduce(0) { $0 + $1.sampleCount }
      // Four of which one holds most are not worth writing that one again.
      if total >= 2 * largest && total <= policy.samplesMax && fits(run, policy.spanMax) {
        return run.map(\.number)
      }
    }
    return nil
  }

  /// All blocks, when they are several and fit one: for a copy that should be small.
  package static func wholeMerge(
    _ blocks: [BlockShape], _ policy: CompactionPolicy
  ) -> [UInt64]? {
    let total = blocks.reduce(0) { $0 + $1.sampleCount }
    guard blocks.count > 1, total <= policy.snapshotSamplesMax, fits(blocks[...], policy.spanMax)
    else { return nil }
    return blocks.map(\.number)
  }

  private static func fits(_ run: ArraySlice<BlockShape>, _ spanMax: Milliseconds?) -> Bool {
    guard let spanMax, let first = run.map(\.earliest).min(), let last = run.map(\.latest).max()
    else { return true }
    return last.since(first) <= spanMax
  }
}
