internal import MetricModel

/// What the writer knows of each series it has seen lately: where its samples go and when the
/// newest of them was.
struct SeriesTable: Sendable {
  struct Entry: Sendable {
    var labels: Labels
    /// The time of the newest sample, in any layer; nil when there is none.
    var newest: Int64?
    /// The number in the active head and its log; nil when neither knows the series.
    var number: UInt32?
    /// The next entry with the same hash.
    fileprivate var next: Int?
  }

  private(set) var entries: [Entry] = []
  private var firstByHash: [UInt64: Int] = [:]

  /// The entry of a series, nil when it is unknown.
  func find(_ labels: Labels) -> Int? {
    var candidate = firstByHash[labels.stableHash]
    while let index = candidate {
      if entries[index].labels == labels { return index }
      candidate = entries[index].next
    }
    return nil
  }

  /// Adds a series that isn't known; answers its entry.
  mutating func add(_ labels: Labels, newest: Int64?, number: UInt32? = nil) -> Int {
    let index = entries.count
    let before = firstByHash.updateValue(index, forKey: labels.stableHash)
    entries.append(Entry(labels: labels, newest: newest, number: number, next: before))
    return index
  }

  /// Removes the entries added last, down to `count`.
  mutating func truncate(to count: Int) {
    while entries.count > count {
      let entry = entries.removeLast()
      firstByHash[entry.labels.stableHash] = entry.next
    }
  }

  mutating func setNewest(_ index: Int, _ time: Int64?) { entries[index].newest = time }
  mutating func setNumber(_ index: Int, _ number: UInt32?) { entries[index].number = number }

  /// The table for a new head: the series that the last head had samples of, with no number yet.
  func forNewHead() -> SeriesTable {
    var result = SeriesTable()
    for entry in entries where entry.number != nil {
      _ = result.add(entry.labels, newest: entry.newest)
    }
    return result
  }
}
