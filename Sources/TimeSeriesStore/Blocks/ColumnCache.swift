internal import Synchronization

/// Columns that many series of a selection share, decoded once: the times of series scraped
/// together, and the numbers that others lean on.
///
/// May be used by several threads at once. What doesn't fit is decoded again each time.
final class ColumnCache: Sendable {
  struct Key: Hashable {
    /// The number of the block.
    var block: UInt64
    var offset: Int
  }

  private struct Contents {
    var times: [Key: [Int64]] = [:]
    var leaders: [Key: DecimalSplit.Leader] = [:]
    var rows = 0
  }

  /// 16 MiB of numbers.
  private static let rowsMax = 2 << 20
  private let contents = Mutex(Contents())

  /// A column of times.
  func times(
    _ key: Key, count: Int, decode: () throws(Damage) -> [Int64]
  ) throws(Damage) -> [Int64] {
    if let known = contents.withLock({ $0.times[key] }), known.count == count { return known }
    let fresh = try decode()
    contents.withLock { contents in
      guard contents.rows + count <= Self.rowsMax else { return }
      contents.times[key] = fresh
      contents.rows += count
    }
    return fresh
  }

  /// A column that others lean on.
  func leader(
    _ key: Key, count: Int, decode: () throws(Damage) -> DecimalSplit.Leader
  ) throws(Damage) -> DecimalSplit.Leader {
    if let known = contents.withLock({ $0.leaders[key] }), known.numbers.count == count {
      return known
    }
    let fresh = try decode()
    contents.withLock { contents in
      guard contents.rows + count <= Self.rowsMax else { return }
      contents.leaders[key] = fresh
      contents.rows += count
    }
    return fresh
  }
}
