import KubernetesClient
import Testing

/// Answers the same number for ever.
private struct Constant: RandomNumberGenerator {
  var value: UInt64
  mutating func next() -> UInt64 { value }
}

@Suite struct PacingTests {
  @Test func `waiting times double up to a bound, over half of their length at random`() {
    var backoff = Backoff(first: .seconds(1), most: .seconds(5))
    var low = Constant(value: 0)
    #expect(
      (0..<4).map { _ in backoff.next(using: &low) } == [0.5, 1, 2, 2.5].map { .seconds($0) })
    backoff.reset()
    var high = Constant(value: .max)
    let first = backoff.next(using: &high)
    #expect(first > .seconds(0.99) && first <= .seconds(1))
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
