import KubernetesClient
import Testing

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed.
private struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

@Suite struct PacingTests {
  @Test(arguments: 0..<50)
  func `waiting times double up to a bound, over half of their length at random`(seed: UInt64) {
    var generator = Seeded(state: seed)
    var backoff = Backoff(first: .seconds(1), most: .seconds(5))
    for length in [1.0, 2, 4, 5, 5] {
      let wait = backoff.next(using: &generator)
      #expect(wait >= .seconds(length / 2) && wait <= .seconds(length))
    }
    backoff.reset()
    #expect(backoff.next(using: &generator) <= .seconds(1))
  }

  @Test func `who failed together doesn't come back together`() {
    let waits = (0..<50).map { (seed: UInt64) -> Duration in
      var generator = Seeded(state: seed)
      var backoff = Backoff(first: .seconds(1), most: .seconds(5))
      return backoff.next(using: &generator)
    }
    #expect(Set(waits).count == 50)
  }

  @Test func `a quiet time is paid back as a burst, no more`() {
    var limit = RateLimit(perSecond: 10, burst: 3)
    #expect((0..<3).map { _ in limit.take(at: .seconds(100)) } == [.zero, .zero, .zero])
    #expect(limit.take(at: .seconds(100)) == .milliseconds(100))
    #expect(limit.take(at: .seconds(100)) == .milliseconds(200))
    #expect((0..<3).map { _ in limit.take(at: .seconds(200)) } == [.zero, .zero, .zero])
    #expect(limit.take(at: .seconds(200)) == .milliseconds(100))
  }
}
