/// A generator that repeats itself: the same seed, the same test.
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}

/// A copy of `bytes` with one to four bytes changed, removed or added.
func damaged(_ bytes: [UInt8], using generator: inout SplitMix64) -> [UInt8] {
  var result = bytes
  for _ in 0..<Int.random(in: 1...4, using: &generator) {
    guard !result.isEmpty else { break }
    let position = Int.random(in: 0..<result.count, using: &generator)
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: result.remove(at: position)
    case 1: result.insert(UInt8.random(in: 0...255, using: &generator), at: position)
    case 2: result.removeSubrange(position...)
    default: result[position] = UInt8.random(in: 0...255, using: &generator)
    }
  }
  return result
}
