internal import MetricModel

/// Builds the sections of a `LabelIndex` from labels in their order.
struct LabelIndexBuilder {
  private(set) var symbolSection: [UInt8] = []
  private(set) var postingsSection: [UInt8] = []
  /// The labels of all series as pairs of symbols (name, value), one after the other. An array for
  /// each of a million series would take more than all the rest.
  private var symbols: [UInt32] = []
  /// Where the symbols of each series end.
  private var ends: [Int] = []
  private var seriesCount: Int { ends.count }

  /// - Precondition: `labels` is sorted and unique.
  init(_ labels: [Labels]) {
    var numbers: [ArraySlice<UInt8>: UInt32] = [:]
    var texts: [ArraySlice<UInt8>] = []
    func number(_ text: ArraySlice<UInt8>) -> UInt32 {
      if let known = numbers[text] { return known }
      let fresh = UInt32(texts.count)
      numbers[text] = fresh
      texts.append(text)
      return fresh
    }
    ends.reserveCapacity(labels.count)
    for set in labels {
      set.forEach { name, value in
        symbols.append(number(name))
        symbols.append(number(value))
      }
      ends.append(symbols.count)
    }
    renumber(texts)
    writePostings()
  }

  /// The labels of a series as pairs of symbols (name, value), one after the other.
  func pairs(of series: Int) -> ArraySlice<UInt32> {
    symbols[(series == 0 ? 0 : ends[series - 1])..<ends[series]]
  }

  /// Sorts the symbols, gives them their final numbers and writes their section.
  private mutating func renumber(_ texts: [ArraySlice<UInt8>]) {
    let order = texts.indices.sorted { texts[$0].lexicographicallyPrecedes(texts[$1]) }
    var final = [UInt32](repeating: 0, count: texts.count)
    var writer = ByteWriter()
    writer.u32(UInt32(texts.count))
    var offset: UInt32 = 0
    for (rank, index) in order.enumerated() {
      final[index] = UInt32(rank)
      writer.u32(offset)
      offset += UInt32(texts[index].count)
    }
    writer.u32(offset)
    for index in order { writer.bytes.append(contentsOf: texts[index]) }
    symbolSection = writer.bytes
    for slot in symbols.indices { symbols[slot] = final[Int(symbols[slot])] }
  }

  private mutating func writePostings() {
    // (name, value) as one number sorts by name, then by value; series follow in order.
    var lists: [UInt64: [UInt32]] = [:]
    var slot = 0
    for (ordinal, end) in ends.enumerated() {
      while slot < end {
        let key = UInt64(symbols[slot]) << 32 | UInt64(symbols[slot + 1])
        lists[key, default: []].append(UInt32(ordinal))
        slot += 2
      }
    }
    let keys = lists.keys.sorted()
    var names: [(symbol: UInt32, first: Int, count: Int)] = []
    for (index, key) in keys.enumerated() {
      let symbol = UInt32(key >> 32)
      if names.last?.symbol == symbol {
        names[names.count - 1].count += 1
      } else {
        names.append((symbol, index, 1))
      }
    }
    var lengths = ByteWriter()
    var writer = ByteWriter()
    writer.u32(UInt32(names.count))
    for (symbol, first, count) in names {
      for number in [symbol, UInt32(first), UInt32(count)] { writer.u32(number) }
    }
    let listsStart = 4 + 12 * (names.count + keys.count)
    for key in keys {
      let list = lists[key] ?? []
      writer.u32(UInt32(truncatingIfNeeded: key))
      writer.u32(UInt32(listsStart + lengths.bytes.count))
      writer.u32(UInt32(list.count))
      IntegerColumn.encode(list.map { Int64($0) }, into: &lengths)
    }
    postingsSection = writer.bytes + lengths.bytes
  }

  /// The index in memory.
  func index() throws(Damage) -> LabelIndex {
    let bytes = MappedBytes(symbolSection + postingsSection)
    return try LabelIndex(
      bytes, symbols: 0..<symbolSection.count, postings: symbolSection.count..<bytes.count,
      seriesCount: seriesCount)
  }
}
