internal import MetricModel

/// Builds the sections of a `LabelIndex` from labels in their order.
struct LabelIndexBuilder {
  private(set) var symbolSection: [UInt8] = []
  private(set) var postingsSection: [UInt8] = []
  /// For each series its labels as pairs of symbols (name, value), one after the other.
  private(set) var symbolPairs: [[UInt32]] = []
  private let seriesCount: Int

  /// - Precondition: `labels` is sorted and unique.
  init(_ labels: [Labels]) {
    seriesCount = labels.count
    var numbers: [ArraySlice<UInt8>: UInt32] = [:]
    var texts: [ArraySlice<UInt8>] = []
    func number(_ text: ArraySlice<UInt8>) -> UInt32 {
      if let known = numbers[text] { return known }
      let fresh = UInt32(texts.count)
      numbers[text] = fresh
      texts.append(text)
      return fresh
    }
    symbolPairs.reserveCapacity(labels.count)
    for set in labels {
      var pairs: [UInt32] = []
      set.forEach { name, value in
        pairs.append(number(name))
        pairs.append(number(value))
      }
      symbolPairs.append(pairs)
    }
    renumber(texts)
    writePostings()
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
    for series in symbolPairs.indices {
      for slot in symbolPairs[series].indices {
        symbolPairs[series][slot] = final[Int(symbolPairs[series][slot])]
      }
    }
  }

  private mutating func writePostings() {
    // (name, value) as one number sorts by name, then by value; series follow in order.
    var lists: [UInt64: [UInt32]] = [:]
    for (ordinal, pairs) in symbolPairs.enumerated() {
      for slot in stride(from: 0, to: pairs.count, by: 2) {
        let key = UInt64(pairs[slot]) << 32 | UInt64(pairs[slot + 1])
        lists[key, default: []].append(UInt32(ordinal))
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
