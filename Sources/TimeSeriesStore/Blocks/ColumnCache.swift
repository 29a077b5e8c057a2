internal import MetricModel
internal import Synchronization

/// A column of times, and which of its rows lie in the range that is asked for.
final class WantedTimes: Sendable {
  let times: [Int64]
  let range: TimeRange
  let rows: Range<Int>
  /// The bytes of a column that is known by them.
  let encoded: MappedCursor?

  init(_ times: [Int64], in range: TimeRange, encoded: MappedCursor?) {
    self.times = times
    self.range = range
    self.encoded = encoded
    guard let first = times.first, let last = times.last else {
      rows = 0..<0
      return
    }
    // Most columns lie inside: the searches are for those at the range's ends.
    let start =
      first > range.start.milliseconds ? 0 : times[...].partition(after: range.start.milliseconds)
    let end =
      last <= range.end.milliseconds
      ? times.count : times[start...].partition(after: range.end.milliseconds)
    rows = start..<end
  }
}

/// Columns that many series share, decoded once: the times of series scraped together, and the
/// numbers that others lean on. Queries come again and again, at other times, for the same series:
/// those of one store have one cache.
///
/// May be used by several threads at once. Holds a bounded number of rows; what was met neither in
/// the last half of these nor in the one before is decoded again.
final class ColumnCache: Sendable {
  /// A column of a block, or a column of times in a head by its bytes.
  enum Key: Hashable {
    case block(UInt64, offset: Int)
    case head(checksum: UInt32, sizeBytes: Int)
  }

  private struct Half {
    var times: [Key: WantedTimes] = [:]
    var leaders: [Key: DecimalSplit.Leader] = [:]
    var rows = 0
  }

  private struct Contents {
    var young = Half()
    var old = Half()

    /// Makes room for rows among the young.
    mutating func count(_ rows: Int) {
      if young.rows + rows > rowsMax / 2 {
        old = young
        young = Half()
      }
      young.rows += rows
    }
  }

  /// 16 MiB of numbers.
  private static let rowsMax = 2 << 20
  private let contents = Mutex(Contents())

  /// A column of times of `count` rows.
  ///
  /// - Parameter encoded: the bytes of a column that is known by them.
  func times(
    _ key: Key, count: Int, in range: TimeRange, encoded: MappedCursor? = nil,
    decode: () throws(Damage) -> [Int64]
  ) throws(Damage) -> WantedTimes {
    let (young, old) = contents.withLock { contents in
      let young = contents.young.times[key]
      return (young, young == nil ? contents.old.times[key] : nil)
    }
    var times: [Int64]?
    if let known = young ?? old, known.times.count == count,
      encoded.map({ known.encoded?.hasSameRest(as: $0) == true }) ?? true
    {
      if let young, young.range == range { return young }
      times = known.times
    }
    let column = if let times { times } else { try decode() }
    let fresh = WantedTimes(column, in: range, encoded: encoded)
    contents.withLock { contents in
      if contents.young.times[key] == nil { contents.count(count) }
      contents.young.times[key] = fresh
    }
    return fresh
  }

  /// A column that others lean on.
  func leader(
    _ key: Key, count: Int, decode: () throws(Damage) -> DecimalSplit.Leader
  ) throws(Damage) -> DecimalSplit.Leader {
    let (young, old) = contents.withLock { ($0.young.leaders[key], $0.old.leaders[key]) }
    if let young, young.numbers.count == count { return young }
    let fresh = if let old, old.numbers.count == count { old } else { try decode() }
    contents.withLock { contents in
      if contents.young.leaders[key] == nil { contents.count(count) }
      contents.young.leaders[key] = fresh
    }
    return fresh
  }
}
