internal import MetricModel

/// The label index of a head, in parts that never change.
///
/// Series that came after the last part are matched one by one. A new part swallows the ones before
/// it that aren't much larger, so there are few parts, and building costs O(n log n) in all.
struct HeadIndex: Sendable {
  /// Series of one stretch of numbers.
  struct Part: Sendable {
    var start: Int
    /// The numbers of the series in the order of their labels.
    var order: [UInt32]
    var index: LabelIndex
  }

  /// The most series for which whoever appends extends the index on the way.
  static let inlineMax = 50_000

  private(set) var parts: [Part] = []

  /// The number of series, from 0 on, that the parts cover.
  private(set) var covered = 0

  /// Whether so many series came since the last part that one should be built.
  func isDue(seriesCount: Int) -> Bool {
    seriesCount - covered >= max(512, covered / 8)
  }

  /// Where the part begins that `extended` would build: before the parts that it swallows.
  func startOfNextPart(_ seriesCount: Int) -> Int {
    var start = covered
    for part in parts.reversed() where start - part.start < 2 * (seriesCount - start) {
      start = part.start
    }
    return start
  }

  /// The index with one more part.
  ///
  /// - Parameter labels: those of the series from `startOfNextPart` on.
  func extended(to seriesCount: Int, _ labels: [Labels]) throws(Damage) -> HeadIndex {
    let start = seriesCount - labels.count
    let order = labels.indices.sorted { labels[$0] < labels[$1] }
    let part = Part(
      start: start, order: order.map { UInt32(start + $0) },
      index: try LabelIndexBuilder(order.map { labels[$0] }).index())
    var result = self
    result.parts.removeAll { $0.start >= start }
    result.parts.append(part)
    result.covered = seriesCount
    return result
  }
}
