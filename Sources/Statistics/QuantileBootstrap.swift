import Glibc

/// The bootstrap of a quantile without resampling, and of any statistic of a histogram by
/// resampling its counts.
///
/// ```swift
/// let p99 = try Bootstrap.quantile(
///   of: latencies, at: 0.99, replicates: 10_000, using: &generator)
/// p99.biasCorrected
/// ```
package enum Bootstrap {
  /// The bootstrap of a type 7 quantile.
  ///
  /// The k-th of n values drawn with replacement is the sample's value at rank ⌈n U⌉, U the k-th of
  /// n uniform numbers, which has the law Beta(k, n − k + 1); the next one is
  /// 1 − (1 − U) V^(1/(n − k)) with V uniform (L. Devroye, Non-Uniform Random Variate Generation,
  /// 1986, V.3). So a replicate takes a few random numbers whatever n is. The jackknife has at most
  /// three different values.
  ///
  /// - Throws: as `BootstrapInterval`; `invalidProbability`, `nanInput`, `emptyInput`.
  /// - Complexity: O(n log n) to sort, O(replicates).
  package static func quantile(
    of values: [Double], at q: Double, replicates: Int, level: Double = 0.95,
    using generator: inout some RandomNumberGenerator
  ) throws(NotComputable) -> BootstrapInterval {
    guard values.count > 1 else { throw values.isEmpty ? .emptyInput : .tooFewObservations }
    if values.contains(where: \.isNaN) { throw .nanInput }
    guard 0...1 ~= q else { throw .invalidProbability }
    guard 1...100_000_000 ~= replicates else { throw .tooFewObservations }
    let sorted = sortedAscending(values)
    let n = sorted.count
    let position = Double(n - 1) * q
    let below = min(Int(position.rounded(.down)), n - 1)
    let fraction = position - Double(below)
    let (a, b) = (Double(below + 1), Double(n - below))
    var drawn: [Double] = []
    drawn.reserveCapacity(replicates)
    for _ in 0..<replicates {
      let (x, y) = (standardGamma(a, &generator), standardGamma(b, &generator))
      let u = x / (x + y)
      let value = sorted[min(n - 1, Int(u * Double(n)))]
      guard fraction > 0 else {
        drawn.append(value)
        continue
      }
      let next = 1 - (1 - u) * pow(unit(&generator), 1 / Double(n - below - 1))
      let upper = sorted[min(n - 1, Int(next * Double(n)))]
      drawn.append(value + fraction * (upper - value))
    }
    let (leftOut, weights) = quantileJackknife(sorted, q)
    return try BootstrapInterval(
      estimate: QuantileEstimate.interpolated(sorted, at: q), replicates: drawn,
      jackknife: leftOut, weights: weights, level: level)
  }

  /// The bootstrap of a statistic of a histogram: counts are drawn again as a multinomial.
  ///
  /// - Parameters:
  ///   - statistic: of counts in the buckets, for instance `HistogramQuantile.value(at:)`.
  /// - Throws: as `BootstrapInterval`; `emptyInput` without observations.
  /// - Complexity: O(replicates × buckets), whatever the counts.
  package static func histogram(
    _ buckets: BucketCounts, replicates: Int, level: Double = 0.95,
    using generator: inout some RandomNumberGenerator,
    statistic: (BucketCounts) -> Double
  ) throws(NotComputable) -> BootstrapInterval {
    let total = buckets.total.rounded()
    guard total > 0 else { throw .emptyInput }
    guard 1...100_000_000 ~= replicates else { throw .tooFewObservations }
    var drawn: [Double] = []
    drawn.reserveCapacity(replicates)
    for _ in 0..<replicates {
      var (left, share) = (total, 1.0)
      var counts = buckets.counts
      for index in counts.indices {
        let chance = buckets.counts[index] / buckets.total
        let draw = share > 0 ? binomial(left, min(1, chance / share), &generator) : 0
        counts[index] = draw
        left -= draw
        share -= chance
      }
      // Rounding of the shares must not lose observations.
      counts[counts.count - 1] += left
      drawn.append(statistic(try BucketCounts(upperBounds: buckets.upperBounds, counts: counts)))
    }
    var (leftOut, weights) = ([Double](), [Double]())
    for index in buckets.counts.indices where buckets.counts[index] >= 1 {
      var counts = buckets.counts
      counts[index] -= 1
      leftOut.append(
        statistic(try BucketCounts(upperBounds: buckets.upperBounds, counts: counts)))
      weights.append(buckets.counts[index])
    }
    return try BootstrapInterval(
      estimate: statistic(buckets), replicates: drawn, jackknife: leftOut, weights: weights,
      level: level)
  }

  /// The quantiles without each value, and how many values have each.
  private static func quantileJackknife(
    _ sorted: [Double], _ q: Double
  ) -> (values: [Double], weights: [Double]) {
    let n = sorted.count
    let position = Double(n - 2) * q
    let index = Int(position.rounded(.down))
    let fraction = position - Double(index)
    // Without the value at `gone`, what stood behind it moves one place forward.
    func quantile(without gone: Int) -> Double {
      func value(_ place: Int) -> Double { sorted[min(n - 1, place < gone ? place : place + 1)] }
      let low = value(index)
      return fraction > 0 ? low + fraction * (value(index + 1) - low) : low
    }
    let places = [(0, index), (index, index + 1), (index + 1, index + 2), (index + 2, n)]
    var (values, weights) = ([Double](), [Double]())
    for (start, end) in places where start < min(end, n) {
      values.append(quantile(without: start))
      weights.append(Double(min(end, n) - start))
    }
    return (values, weights)
  }

  /// From (0, 1).
  private static func unit(_ generator: inout some RandomNumberGenerator) -> Double {
    (Double(generator.next() >> 11) + 0.5) * 0x1p-53
  }

  private static func normal(_ generator: inout some RandomNumberGenerator) -> Double {
    (-2 * log(unit(&generator))).squareRoot() * cos(2 * .pi * unit(&generator))
  }

  /// A gamma number of shape a ≥ 1 (G. Marsaglia, W. Tsang, ACM Trans. Math. Softw. 26, 2000).
  private static func standardGamma(
    _ shape: Double, _ generator: inout some RandomNumberGenerator
  ) -> Double {
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal(&generator)
      let v = 1 + c * x
      guard v > 0 else { continue }
      let cube = v * v * v
      if log(unit(&generator)) < 0.5 * x * x + d - d * cube + d * log(cube) { return d * cube }
    }
  }

  /// The events of n trials: by the recurrence from the mode outwards, exact; beyond a standard
  /// deviation of 3,000 normal and rounded.
  private static func binomial(
    _ n: Double, _ p: Double, _ generator: inout some RandomNumberGenerator
  ) -> Double {
    guard n > 0, p > 0 else { return 0 }
    guard p < 1 else { return n }
    let deviation = (n * p * (1 - p)).squareRoot()
    if deviation > 3_000 {
      return min(n, max(0, (n * p + deviation * normal(&generator)).rounded()))
    }
    let mode = ((n + 1) * p).rounded(.down)
    let odds = p / (1 - p)
    let atMode = exp(Binomial(trials: n, probability: p).logProbability(of: mode))
    var rest = unit(&generator) - atMode
    var (up, down, upMass, downMass) = (mode, mode, atMode, atMode)
    while rest > 0, up < n || down > 0 {
      if up < n {
        upMass *= (n - up) / (up + 1) * odds
        up += 1
        rest -= upMass
        if rest <= 0 { return up }
      }
      if down > 0 {
        downMass *= down / ((n - down + 1) * odds)
        down -= 1
        rest -= downMass
        if rest <= 0 { return down }
      }
      // What is left is the rounding of the sums.
      if upMass + downMass < 1e-300 { break }
    }
    return mode
  }
}
