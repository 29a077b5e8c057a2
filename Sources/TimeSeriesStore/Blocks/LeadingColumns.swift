/// A column of values as it goes into a block.
struct EncodedColumn {
  var bytes: [UInt8]
  /// The values as decimals, when others may lean on the column.
  var split: DecimalSplit?
}

/// The columns of a block that the next ones may lean on, by their times.
///
/// A series is in a block next to those of the same metric and target: the buckets of one histogram
/// follow each other, and most of what one says the others have said. A column leans only on one
/// that stands alone, so reading takes two columns at most.
struct LeadingColumns {
  private struct Leader {
    var offset: Int
    var split: DecimalSplit
  }

  /// By the offset of the column of times, the newest first.
  private var leaders: [Int: [Leader]] = [:]

  /// Columns of less than this part of a byte a value are neither leaned on nor led.
  private static let smallest = 8
  private static let leadersMax = 4
  /// The most columns of times with leaders; then all are forgotten. Neighbours come soon.
  private static let timesMax = 256

  /// The shortest encoding of values whose column of times is known.
  func encode(_ values: [Double], _ timesOffset: Int) -> EncodedColumn {
    var alone = ByteWriter()
    let split = ValueColumn.encode(values, into: &alone)
    var best = EncodedColumn(bytes: alone.bytes, split: split)
    guard let split, alone.bytes.count > 16 + values.count / Self.smallest else { return best }
    // Leaning makes reading dearer: it has to save a quarter.
    var most = alone.bytes.count * 3 / 4
    for leader in leaders[timesOffset] ?? []
    where leader.split.exponent == split.exponent && split.mayLean(on: leader.split) {
      var beside = ByteWriter()
      beside.u8(ValueColumn.besideShape)
      beside.varint(leader.offset)
      split.encode(beside: leader.split.numbers, into: &beside)
      guard beside.bytes.count < most else { continue }
      best = EncodedColumn(bytes: beside.bytes)
      most = beside.bytes.count
    }
    return best
  }

  /// Remembers a column that stands alone and isn't small.
  mutating func note(_ column: EncodedColumn, at offset: Int, _ timesOffset: Int) {
    guard let split = column.split,
      column.bytes.count > 16 + split.numbers.count / Self.smallest
    else { return }
    if leaders.count >= Self.timesMax && leaders[timesOffset] == nil { leaders.removeAll() }
    var list = leaders[timesOffset] ?? []
    list.insert(Leader(offset: offset, split: split), at: 0)
    if list.count > Self.leadersMax { list.removeLast() }
    leaders[timesOffset] = list
  }
}

extension DecimalSplit {
  /// Whether steps from row to row become half as large, or less, when those of another column are
  /// taken away: a look before the costly encoding.
  fileprivate func mayLean(on other: DecimalSplit) -> Bool {
    guard numbers.count == other.numbers.count else { return false }
    var (alone, beside) = (0.0, 0.0)
    for row in stride(from: 1, to: numbers.count, by: 3) {
      let step = numbers[row] &- numbers[row - 1]
      let otherStep = other.numbers[row] &- other.numbers[row - 1]
      alone += Double(step.magnitude)
      beside += Double((step &- otherStep).magnitude)
    }
    return beside * 2 <= alone
  }
}
