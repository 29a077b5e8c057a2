import Glibc

/// Ways in which the distribution of a latency, or any positive quantity, may have moved: all of
/// it by a factor, or only what lies beyond a quantile.
///
/// ```swift
/// let directions = ShiftDirections(upperBounds: [0.1, 0.2, 0.4, .infinity], for: .greater)
/// directions?.shifted([60, 30, 9, 1])   // bucket probabilities, one list per direction
/// ```
///
/// Within a bucket the quantity is taken to be spread evenly on a logarithmic scale (evenly from 0
/// in the first), nothing is known of the last. A quantity x beyond the quantile x_q becomes σ x.
struct ShiftDirections: Sendable, Hashable {
  /// One way of moving.
  struct Direction: Sendable, Hashable {
    /// σ.
    var factor: Double
    /// Where it begins, 0 for all of the distribution.
    var quantile: Double
    /// For each finite bound where it was before the move: what doesn't depend on the counts.
    fileprivate var sources: [Source]
  }

  private struct Nudges: Sendable, Hashable {
    var up: Direction
    var down: Direction
  }

  /// A value x as a place between two bounds.
  fileprivate struct Source: Sendable, Hashable {
    var value: Double
    /// The first bound that isn't below it; the count of bounds where there is none.
    var index: Int
    /// How far it is from the bound before to that one, in logarithms; linear below the first.
    var way: Double
  }

  let upperBounds: [Double]
  let directions: [Direction]
  private let logBounds: [Double]
  /// A little up and a little down, for the score.
  private let nudges: Nudges

  /// - Returns: nil for bounds that aren't positive, or fewer than two finite ones.
  init?(upperBounds: [Double], for alternative: Alternative) {
    let finite = upperBounds.filter(\.isFinite)
    guard finite.count > 1, finite.allSatisfy({ $0 > 0 }) else { return nil }
    self.upperBounds = upperBounds
    let logBounds = upperBounds.map { log($0) }
    self.logBounds = logBounds
    func direction(_ factor: Double, _ quantile: Double) -> Direction {
      Self.direction(factor, quantile, upperBounds, logBounds)
    }
    func factors(_ least: Double, _ most: Double, _ count: Int) -> [Double] {
      (0..<count).map { least * pow(most / least, Double($0) / Double(count - 1)) }
    }
    // Even in the logarithm of log σ, as `RatioGrid`.
    var list = factors(log(1.02), log(3.0), 8).map { direction(exp($0), 0) }
    for quantile in [0.5, 0.9, 0.95, 0.99] {
      list += factors(log(1.1), log(3.0), 3).map {
        direction(exp($0), quantile)
      }
    }
    directions =
      alternative == .less
      ? list.map { direction(1 / $0.factor, $0.quantile) } : list
    nudges = Nudges(
      up: direction(exp(Self.nudge), 0), down: direction(exp(-Self.nudge), 0))
  }

  private static let nudge = 0.01

  /// A direction of one's own.
  func direction(factor: Double, quantile: Double = 0) -> Direction {
    Self.direction(factor, quantile, upperBounds, logBounds)
  }

  private static func direction(
    _ factor: Double, _ quantile: Double, _ upperBounds: [Double], _ logBounds: [Double]
  ) -> Direction {
    let sources = upperBounds.filter(\.isFinite).map { bound -> Source in
      let x = bound / factor
      let index = upperBounds.firstIndex { $0 >= x } ?? upperBounds.count
      var way = 0.0
      if index == 0 {
        way = x / upperBounds[0]
      } else if index < upperBounds.count, upperBounds[index].isFinite {
        way = (log(x) - logBounds[index - 1]) / (logBounds[index] - logBounds[index - 1])
      }
      return Source(value: x, index: index, way: way)
    }
    return Direction(factor: factor, quantile: quantile, sources: sources)
  }

  /// P(X > bound) for each bound, from counts.
  static func survival(_ counts: [Double]) -> [Double] {
    let total = counts.reduce(0, +)
    var above = 0.0
    var result = counts
    for index in counts.indices.reversed() {
      result[index] = above / total
      above += counts[index]
    }
    return result
  }

  /// The probabilities of the buckets when a distribution with these has moved.
  func shifted(_ survival: [Double], _ direction: Direction) -> [Double] {
    let start = direction.quantile > 0 ? quantile(direction.quantile, survival) : 0
    let atStart = direction.quantile > 0 ? 1 - direction.quantile : 1
    var previous = 1.0
    return upperBounds.indices.map { index in
      var tail = 0.0
      if index < direction.sources.count {
        let source = direction.sources[index]
        if upperBounds[index] <= start {
          tail = survival[index]
        } else {
          tail = source.value <= start ? atStart : min(atStart, value(of: survival, at: source))
        }
      }
      tail = min(previous, tail)
      defer { previous = tail }
      return previous - tail
    }
  }

  /// The derivative of log P(bucket) by log σ when all of the distribution moves: its score.
  func score(_ survival: [Double]) -> [Double] {
    let (up, down) = (shifted(survival, nudges.up), shifted(survival, nudges.down))
    return zip(up, down).map { $0 > 0 && $1 > 0 ? (log($0) - log($1)) / (2 * Self.nudge) : 0 }
  }

  /// P(X > x) for 0 < x below the last finite bound.
  private func value(of survival: [Double], at source: Source) -> Double {
    let index = source.index
    guard index < upperBounds.count, upperBounds[index].isFinite else {
      return survival.dropLast().last ?? 0
    }
    let before = index > 0 ? survival[index - 1] : 1
    return before + (survival[index] - before) * source.way
  }

  /// The x with P(X > x) = 1 − q; the last finite bound where it lies beyond.
  private func quantile(_ q: Double, _ survival: [Double]) -> Double {
    let index = survival.firstIndex { $0 <= 1 - q } ?? survival.count - 1
    guard upperBounds[index].isFinite else { return upperBounds[max(0, index - 1)] }
    let before = index > 0 ? survival[index - 1] : 1
    guard before > survival[index] else { return upperBounds[index] }
    let way = (before - (1 - q)) / (before - survival[index])
    guard index > 0 else { return upperBounds[0] * way }
    return exp(logBounds[index - 1] + way * (logBounds[index] - logBounds[index - 1]))
  }
}
