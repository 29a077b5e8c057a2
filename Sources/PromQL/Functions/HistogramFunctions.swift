internal import MetricModel

/// One bucket of a classic histogram: how many observations are at most `bound`.
struct ClassicBucket {
  var bound: Double
  var count: Double
}

/// The rules of classic histograms.
enum ClassicBuckets {
  /// Relative differences of counts below this are noise of floating point.
  static let smallDelta = 1e-12

  /// Sorts by bound and adds up the counts of equal bounds.
  static func normalize(_ buckets: inout [ClassicBucket]) {
    sortStably(&buckets)
    var kept = 0
    for index in 1..<max(1, buckets.count) {
      if buckets[index].bound == buckets[kept].bound {
        buckets[kept].count += buckets[index].count
      } else {
        kept += 1
        buckets[kept] = buckets[index]
      }
    }
    if !buckets.isEmpty { buckets.removeLast(buckets.count - kept - 1) }
  }

  /// Mostly sorted already, and short: insertion sort, which also keeps equal bounds in input
  /// order.
  private static func sortStably(_ buckets: inout [ClassicBucket]) {
    for index in buckets.indices.dropFirst() {
      var position = index
      while position > 0 && buckets[position].bound < buckets[position - 1].bound {
        buckets.swapAt(position, position - 1)
        position -= 1
      }
    }
  }

  /// How far counts had to be raised to never fall.
  struct Correction {
    var lowestBound = Double.infinity
    var highestBound = -Double.infinity
    var greatestDifference = 0.0
  }

  /// Makes counts never fall. Tiny differences go silently, the rest is reported.
  static func makeMonotonic(_ buckets: inout [ClassicBucket]) -> Correction? {
    var correction = Correction()
    var isCorrected = false
    guard var previous = buckets.first?.count else { return nil }
    for index in 1..<max(1, buckets.count) {
      let count = buckets[index].count
      if count == previous { continue }
      if isAlmostEqual(previous, count) {
        buckets[index].count = previous
      } else if count < previous {
        buckets[index].count = previous
        isCorrected = true
        correction.lowestBound = min(correction.lowestBound, buckets[index].bound)
        correction.highestBound = max(correction.highestBound, buckets[index].bound)
        correction.greatestDifference = max(correction.greatestDifference, previous - count)
      } else {
        previous = count
      }
    }
    return isCorrected ? correction : nil
  }

  /// Prometheus' `almost.Equal` with a tolerance of 1e-12.
  static func isAlmostEqual(_ a: Double, _ b: Double) -> Bool {
    if a.isStaleMarker || b.isStaleMarker { return a.isStaleMarker && b.isStaleMarker }
    if a.isNaN && b.isNaN { return true }
    if a == b { return true }
    let sum = a.magnitude + b.magnitude
    let difference = (a - b).magnitude
    let leastNormal = Double.leastNormalMagnitude
    if a == 0 || b == 0 || sum < leastNormal { return difference < smallDelta * leastNormal }
    return difference / min(sum, .greatestFiniteMagnitude) < smallDelta
  }

  /// `histogram_quantile`. The last bucket's bound has to be +Inf; within a bucket the observations
  /// are taken to lie evenly.
  static func quantile(
    _ q: Double, _ buckets: inout [ClassicBucket]
  ) -> (value: Double, correction: Correction?) {
    if q.isNaN { return (.nan, nil) }
    if q < 0 { return (-.infinity, nil) }
    if q > 1 { return (.infinity, nil) }
    normalize(&buckets)
    guard buckets.last?.bound == .infinity else { return (.nan, nil) }
    let correction = makeMonotonic(&buckets)
    let last = buckets.count - 1
    guard last >= 1, buckets[last].count != 0 else { return (.nan, correction) }
    var rank = q * buckets[last].count
    // The first bucket but the last that reaches the rank; a binary search like Go's, which with
    // NaN counts decides the answer.
    var (low, high) = (0, last)
    while low < high {
      let middle = (low + high) / 2
      if buckets[middle].count >= rank { high = middle } else { low = middle + 1 }
    }
    if low == last { return (buckets[last - 1].bound, correction) }
    if low == 0 && buckets[0].bound <= 0 { return (buckets[0].bound, correction) }
    var start = 0.0
    var count = buckets[low].count
    if low > 0 {
      start = buckets[low - 1].bound
      count -= buckets[low - 1].count
      rank -= buckets[low - 1].count
    }
    return (start + (buckets[low].bound - start) * (rank / count), correction)
  }

  /// `histogram_fraction`: the share of observations between two bounds.
  static func fraction(_ lower: Double, _ upper: Double, _ buckets: inout [ClassicBucket]) -> Double
  {
    normalize(&buckets)
    guard let total = buckets.last?.count, buckets.last?.bound == .infinity, total != 0,
      !lower.isNaN, !upper.isNaN
    else { return .nan }
    if lower >= upper { return 0 }
    return (rank(upper, buckets, total) - rank(lower, buckets, total)) / total
  }

  /// How many observations are at most `value`, by linear interpolation.
  private static func rank(_ value: Double, _ buckets: [ClassicBucket], _ total: Double) -> Double {
    var below = 0.0
    // With a first bound above 0 all observations are taken for positive.
    var bound = buckets[0].bound <= 0 ? -Double.infinity : 0
    for bucket in buckets {
      if bound >= value { return min(below, total) }
      if bucket.bound > value {
        let inBucket =
          bound == -.infinity
          ? bucket.count
          : below + (bucket.count - below) * (value - bound) / (bucket.bound - bound)
        return inBucket > total ? total : inBucket
      }
      below = bucket.count
      bound = bucket.bound
    }
    return total
  }
}
