/// Waits; ends early, by an error, when the task is cancelled.
package typealias Pause = @Sendable (Duration) async throws -> Void

/// Waiting times after failures: doubling up to a bound, spread at random over the upper half so
/// that many who failed together don't come back together.
///
///     var backoff = Backoff()
///     backoff.next(using: &generator)      // 0.1 ... 0.2 s, then 0.2 ... 0.4 s, ...
package struct Backoff: Hashable, Sendable {
  private let first: Duration
  private let most: Duration
  private var current: Duration

  package init(first: Duration = .milliseconds(200), most: Duration = .seconds(30)) {
    self.first = first
    self.most = most
    current = first
  }

  package mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
    let wait = current * Double.random(in: 0.5...1, using: &generator)
    current = min(current * 2, most)
    return wait
  }

  package mutating func reset() { current = first }
}

/// How many requests a second, and how many at once after a quiet time.
package struct RateLimit: Hashable, Sendable {
  private let interval: Duration
  private let burst: Int
  /// The time at which the bucket would be full again.
  private var fullAt: Duration = .zero

  package init(perSecond: Double = 50, burst: Int = 100) {
    interval = .seconds(1) / max(0.001, perSecond)
    self.burst = max(1, burst)
  }

  /// Takes the next place; how long to wait for it. `now` is any clock that grows.
  package mutating func take(at now: Duration) -> Duration {
    fullAt = max(fullAt, now) + interval
    return max(.zero, fullAt - now - interval * burst)
  }
}
