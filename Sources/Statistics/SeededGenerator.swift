import Glibc

/// A small, fast generator of pseudo-random numbers whose sequence is fixed by its seed.
///
/// ```swift
/// var generator = SeededGenerator(seed: 42)
/// let toss = Bool.random(using: &generator)  // the same in every process and on every machine
/// ```
///
/// xoshiro256** 1.0 (D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators",
/// ACM Trans. Math. Softw. 47, 2021), period 2^256 − 1, its state filled from the seed by
/// SplitMix64 as the authors advise. Not for secrets.
package struct SeededGenerator: RandomNumberGenerator, Sendable, Hashable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  /// A generator at the start of the sequence of this seed; any seed will do, 0 as well.
  package init(seed: UInt64) {
    var mixer = seed
    func mixed() -> UInt64 {
      mixer &+= 0x9E37_79B9_7F4A_7C15
      var word = mixer
      word = (word ^ (word &>> 30)) &* 0xBF58_476D_1CE4_E5B9
      word = (word ^ (word &>> 27)) &* 0x94D0_49BB_1331_11EB
      return word ^ (word &>> 31)
    }
    state = (mixed(), mixed(), mixed(), mixed())
  }

  package mutating func next() -> UInt64 {
    let scrambled = Self.rotated(state.1 &* 5, by: 7) &* 9
    let shifted = state.1 &<< 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = Self.rotated(state.3, by: 45)
    return scrambled
  }

  /// A double from [0, 1) with 53 random bits.
  package mutating func nextUnit() -> Double {
    Double(next() &>> 11) * 0x1p-53
  }

  /// A standard normal number (G. Box, M. Muller, Ann. Math. Stat. 29, 1958).
  package mutating func nextNormal() -> Double {
    let radius = (-2 * log1p(-nextUnit())).squareRoot()
    return radius * cos(2 * .pi * nextUnit())
  }

  private static func rotated(_ word: UInt64, by bits: UInt64) -> UInt64 {
    (word &<< bits) | (word &>> (64 &- bits))
  }

  package static func == (left: Self, right: Self) -> Bool { left.state == right.state }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(state.0)
    hasher.combine(state.1)
    hasher.combine(state.2)
    hasher.combine(state.3)
  }
}
