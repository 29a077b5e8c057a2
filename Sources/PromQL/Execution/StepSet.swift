/// A set of steps, as bits.
struct StepSet {
  private var words: [UInt64]

  init(count: Int) {
    words = [UInt64](repeating: 0, count: (count + 63) / 64)
  }

  init(presentIn cells: Span<Double>) {
    self.init(count: cells.count)
    insert(presentIn: cells)
  }

  func contains(_ step: Int) -> Bool { words[step >> 6] & 1 << UInt64(step & 63) != 0 }

  mutating func insert(_ step: Int) { words[step >> 6] |= 1 << UInt64(step & 63) }

  mutating func insert(presentIn cells: Span<Double>) {
    var step = 0
    for index in words.indices {
      var word: UInt64 = 0
      for bit in 0..<min(64, cells.count - step) {
        word |= (cells[step &+ bit].isMissing ? 0 : 1) << UInt64(truncatingIfNeeded: bit)
      }
      words[index] |= word
      step += 64
    }
  }

  mutating func formUnion(_ other: StepSet) {
    for index in words.indices { words[index] |= other.words[index] }
  }

  func intersection(_ other: StepSet) -> StepSet {
    var result = self
    for index in words.indices { result.words[index] &= other.words[index] }
    return result
  }

  /// Adds the steps of `other`; false, and no change, when one of them was a member.
  mutating func insertAll(_ other: StepSet) -> Bool {
    for index in words.indices where words[index] & other.words[index] != 0 { return false }
    for index in words.indices { words[index] |= other.words[index] }
    return true
  }
}
