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
  }

  let upperBounds: [Double]
  let directions: [Direction]
  private let logBounds: [Double]

  /// - Returns: nil for bounds that aren't positive, or fewer than two finite ones.
  init?(upperBounds: [Double], for alternative: Alternative) {
    let finite = upperBounds.filter(\.isFinite)
    guard finite.count > 1, finite.allSatisfy({ $0 > 0 }) else { return nil }
    self.upperBounds = upperBounds
    logBounds = upperBounds.map { log($0) }
    func factors(_ least: Double, _ most: Double, _ count: Int) -> [Double] {
      (0..<count).map { least * pow(most / least, Double($0) / Double(count - 1)) }
    }
    // Even in the logarithm of log σ, as `RatioGrid`.
    var list = factors(log(1.02), log(3.0), 8).map { Direction(factor: exp($0), quantile: 0) }
    for quantile in [0.5, 0.9, 0.95, 0.99] {
      list += factors(log(1.1), log(3.0), 3).map {
        Direction(factor: exp($0), quantile: quantile)
      }
    }
    directions =
      alternative == .less
      ? list.map { Direction(factor: 1 / $0.factor, quantile: $0.quantile) } : list
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
    return upperBounds.map { bound in
      var tail = 0.0
      if bound.isFinite {
        let source = bound / direction.factor
        if bound <= start {
          tail = value(of: survival, at: bound)
        } else {
          tail = min(atStart, value(of: survival, at: max(source, start)))
        }
      }
      tail = min(previous, tail)
      defer { previous = tail }
      return previous - tail
    }
  }

  /// The derivative of log P(bucket) by log σ when all of the distribution moves: its score.
  func score(_ survival: [Double]) -> [Double] {
    let step = 0.01
    let up = shifted(survival, Direction(factor: exp(step), quantile: 0))
    let down = shifted(survival, Direction(factor: exp(-step), quantile: 0))
    return zip(up, down).map { $0 > 0 && $1 > 0 ? (log($0) - log($1)) / (2 * step) : 0 }
  }

  /// P(X > x) for 0 < x below the last finite bound.
  private func value(of survival: [Double], at x: Double) -> Double {
    var index = 0
    while index < upperBounds.count, upperBounds[index] < x { index += 1 }
    guard index < upperBounds.count, upperBounds[index].isFinite else {
      return survival.dropLast().last ?? 0
    }
    guard index > 0 else { return 1 + (survival[0] - 1) * (x / upperBounds[0]) }
    let way = (log(x) - logBounds[index - 1]) / (logBounds[index] - logBounds[index - 1])
    return survival[index - 1] + (survival[index] - survival[index - 1]) * way
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
