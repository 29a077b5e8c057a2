internal import Glibc
internal import Statistics

/// What is measured of each request: which bucket it falls into.
///
/// A share of bad events is a histogram of two buckets, good and bad, so one model serves both.
package enum Metric: Sendable, Hashable {
  /// Requests of which this share is bad.
  case badShare(Double)
  /// Log-normal latencies with a true 99th percentile of 150 ms, counted by these bounds.
  case latency(BucketBounds)

  /// The bounds of latency buckets.
  package enum BucketBounds: Sendable, Hashable {
    /// Those of Prometheus' client libraries: 5 ms to 10 s, each about twice the last.
    case byDefault
    /// Native histograms of schema 3: eight buckets for each doubling, from 8 ms to 1 s.
    case native

    /// The upper bounds in seconds; the last one is infinite.
    package var upperBounds: [Double] {
      switch self {
      case .byDefault:
        [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, .infinity]
      case .native: (-56...0).map { exp2(Double($0) / 8) } + [.infinity]
      }
    }
  }

  /// As many buckets as a request can fall into.
  package var bucketCount: Int {
    switch self {
    case .badShare: 2
    case .latency(let bounds): bounds.upperBounds.count
    }
  }
}

/// How the canary differs from stable.
package enum Change: Sendable, Hashable {
  /// Not at all.
  case none
  /// Bad events are this many times as frequent.
  case ratio(Double)
  /// Every request takes this many times as long.
  case slower(Double)
  /// The slowest 5 % take this many times as long.
  case slowerTail(Double)
}

extension Metric {
  /// The median of latencies in seconds, and the standard deviation of their logarithm.
  static let latencyLaw = (median: 0.04, spread: 0.5682)

  /// The share of requests in each bucket.
  ///
  /// - Parameters:
  ///   - factor: what pods, time and age do: it multiplies the bad share, or the latency.
  package func shares(_ effect: Change, factor: Double = 1) -> [Double] {
    switch self {
    case .badShare(let share):
      var bad = share * factor
      if case .ratio(let ratio) = effect { bad *= ratio }
      bad = min(1, bad)
      return [1 - bad, bad]
    case .latency(let bounds):
      var (previous, shares) = (0.0, [Double]())
      for bound in bounds.upperBounds {
        let below = bound.isFinite ? Self.latencyBelow(bound / factor, effect) : 1
        shares.append(max(0, below - previous))
        previous = below
      }
      return shares
    }
  }

  private static func latencyBelow(_ seconds: Double, _ effect: Change) -> Double {
    func below(_ seconds: Double) -> Double {
      Normal.standard.cdf(log(seconds / latencyLaw.median) / latencyLaw.spread)
    }
    switch effect {
    case .none, .ratio: return below(seconds)
    case .slower(let factor): return below(seconds / factor)
    case .slowerTail(let factor):
      // Up to the 95th percentile as before; nothing comes down below it.
      let body = below(seconds)
      return body <= 0.95 ? body : max(0.95, below(seconds / factor))
    }
  }
}
