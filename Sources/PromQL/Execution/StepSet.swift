/// A set of steps, as bits.
struct StepSet {
  fileprivate var words: [UInt64]

  init(count: Int) {
    words = [UInt64](repeating: 0, count: (count + 63) / 64)
  }

  func contains(_ step: Int) -> Bool { words[step >> 6] & 1 << UInt64(step & 63) != 0 }

  mutating func insert(_ step: Int) { words[step >> 6] |= 1 << UInt64(step & 63) }

  mutating func insert(presentIn cells: Span<Double>) {
    for index in words.indices { words[index] |= Self.word(index, of: cells) }
  }

  /// Makes it the set of steps at which a row is present.
  mutating func set(presentIn cells: Span<Double>) {
    for index in words.indices { words[index] = Self.word(index, of: cells) }
  }

  /// The presence of 64 cells.
  fileprivate static func word(_ index: Int, of cells: Span<Double>) -> UInt64 {
    let start = index &* 64
    var word: UInt64 = 0
    for bit in 0..<min(64, cells.count - start) {
      word |= (cells[start &+ bit].isMissing ? 0 : 1) << UInt64(truncatingIfNeeded: bit)
    }
    return word
  }

  mutating func formUnion(_ other: StepSet) {
    for index in words.indices { words[index] |= other.words[index] }
  }

  /// Adds the steps of `other`; false, and no change, when one of them was a member.
  mutating func insertAll(_ other: StepSet) -> Bool {
    for index in words.indices where words[index] & other.words[index] != 0 { return false }
    for index in words.indices { words[index] |= other.words[index] }
    return true
  }
}

/// Sets of steps, one a row, in one array.
struct StepTable {
  private let count: Int
  private let wordsPerRow: Int
  private var words: [UInt64] = []

  init(count: Int) {
    self.count = count
    wordsPerRow = (count + 63) / 64
  }

  mutating func appendEmpty() {
    words.append(contentsOf: repeatElement(0, count: wordsPerRow))
  }

  mutating func append(presentIn cells: Span<Double>) {
    for index in 0..<wordsPerRow { words.append(StepSet.word(index, of: cells)) }
  }

  /// The steps of a row that are also in `set`.
  func intersection(_ set: StepSet, row: Int) -> StepSet {
    var result = set
    for index in 0..<wordsPerRow { result.words[index] &= words[row * wordsPerRow + index] }
    return result
  }

  /// Adds to row `target` the steps that are both in `set` and in row `row` of `other`; false, and
  /// no change, when one of them was there.
  mutating func insertAll(
    _ set: StepSet, and other: StepTable, row: Int, into target: Int
  ) -> Bool {
    let (origin, goal) = (row * wordsPerRow, target * wordsPerRow)
    for index in 0..<wordsPerRow
    where words[goal + index] & set.words[index] & other.words[origin + index] != 0 {
      return false
    }
    for index in 0..<wordsPerRow {
      words[goal + index] |= set.words[index] & other.words[origin + index]
    }
    return true
  }
}
