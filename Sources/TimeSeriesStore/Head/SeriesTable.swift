internal import MetricModel

/// What the writer knows of each series it has seen lately: where its samples go and when the
/// newest of them was.
struct SeriesTable: Sendable {
  struct Entry: Sendable {
    let labels: Labels
    /// The time of the newest sample, in any layer; nil when there is none.
    var newest: Int64?
    // The greatest stands for nil, which would take a word: there are millions of entries.
    private var numberOrGreatest: UInt32

    init(_ labels: Labels, newest: Int64?, number: UInt32?) {
      self.labels = labels
      self.newest = newest
      numberOrGreatest = number ?? .max
    }

    /// The number in the active head and its log; nil when neither knows the series.
    var number: UInt32? {
      get { numberOrGreatest == .max ? nil : numberOrGreatest }
      set { numberOrGreatest = newValue ?? .max }
    }
  }

  private(set) var entries: [Entry] = []
  /// Indexes of entries plus one, 0 where none is, by the hash of their labels with linear probing;
  /// a power of two, at most half full. Labels come hashed, so `Dictionary` would hash twice.
  private var slots = [UInt32](repeating: 0, count: 64)

  /// The entry of a series, nil when it is unknown.
  func find(_ labels: Labels) -> Int? {
    var slot = Int(truncatingIfNeeded: labels.stableHash) & (slots.count - 1)
    while slots[slot] != 0 {
      let index = Int(slots[slot]) - 1
      if entries[index].labels == labels { return index }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  /// Adds a series that isn't known; answers its entry.
  mutating func add(_ labels: Labels, newest: Int64?, number: UInt32? = nil) -> Int {
    entries.append(Entry(labels, newest: newest, number: number))
    if 2 * entries.count > slots.count {
      place(in: 2 * slots.count)
    } else {
      place(entries.count - 1)
    }
    return entries.count - 1
  }

  /// Removes the entries added last, down to `count`.
  mutating func truncate(to count: Int) {
    guard count < entries.count else { return }
    entries.removeLast(entries.count - count)
    place(in: slots.count)
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

  /// Places all entries anew.
  private mutating func place(in slotCount: Int) {
    slots = [UInt32](repeating: 0, count: slotCount)
    for index in entries.indices { place(index) }
  }

  private mutating func place(_ index: Int) {
    let hash = entries[index].labels.stableHash
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = UInt32(truncatingIfNeeded: index + 1)
  }
}
