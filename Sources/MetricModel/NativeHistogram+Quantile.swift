import Glibc

/// An estimate from a native histogram, and whether observations that are no numbers got in its
/// way.
package struct HistogramEstimate: Equatable, Sendable {
  package enum Remark: Sendable {
    /// The answer is not a number because the rank falls among observations that aren't.
    case lostInNaN
    /// The answer is skewed since some observations are not numbers and count as largest.
    case skewedByNaN
  }

  package var value: Double
  package var remark: Remark?

  init(_ value: Double, _ remark: Remark? = nil) {
    self.value = value
    self.remark = remark
  }
}

extension NativeHistogram {
  /// The mean of the observations.
  package var mean: Double { sum / count }

  /// The q-quantile, interpolated inside its bucket: evenly on a logarithmic scale in exponential
  /// buckets, evenly in the zero bucket and in custom ones.
  ///
  /// Below 0 and above 1 the answer is infinite; it is not a number without observations. With
  /// buckets on one side only, the zero bucket ends at zero. The first custom bucket begins at zero
  /// unless its bound is negative, the last one answers with its lower bound.
  package func quantile(_ q: Double) -> HistogramEstimate {
    if q < 0 { return HistogramEstimate(-.infinity) }
    if q > 1 { return HistogramEstimate(.infinity) }
    if count == 0 || q.isNaN { return HistogramEstimate(.nan) }

    // Counting from the nearer end loses less to rounding. But observations that are no numbers
    // count as largest without being in a bucket, so with them only the lower end is known.
    let isAscending = sum.isNaN || q < 0.5
    let buckets = buckets
    let rank = isAscending ? q * count : (1 - q) * count
    var bucket = HistogramBucket(
      lower: 0, upper: 0, isLowerInclusive: false, isUpperInclusive: false, count: 0)
    var walked = 0.0
    var position = 0
    while position < buckets.count {
      let candidate = buckets[isAscending ? position : buckets.count - 1 - position]
      position += 1
      if candidate.count == 0 { continue }
      bucket = candidate
      walked += bucket.count
      if walked >= rank { break }
    }
    if usesCustomBounds {
      if bucket.lower == -.infinity {
        if bucket.upper <= 0 { return HistogramEstimate(bucket.upper) }
        bucket.lower = 0
      } else if bucket.upper == .infinity {
        return HistogramEstimate(bucket.lower)
      }
    } else if bucket.lower < 0 && bucket.upper > 0 {
      narrowZeroBucket(&bucket)
    }
    walked = min(walked, count)
    if walked < rank {
      return sum.isNaN ? HistogramEstimate(.nan, .lostInNaN) : HistogramEstimate(bucket.upper)
    }
    let inside = isAscending ? rank - (walked - bucket.count) : walked - rank
    let value = interpolated(bucket, inside / bucket.count)
    guard sum.isNaN else { return HistogramEstimate(value) }
    // A sum that is no number may also come of opposite infinities, which are in buckets.
    for rest in position..<max(position, buckets.count) { walked += buckets[rest].count }
    return HistogramEstimate(value, walked < count ? .skewedByNaN : nil)
  }

  private func interpolated(_ bucket: HistogramBucket, _ fraction: Double) -> Double {
    if usesCustomBounds || (bucket.lower <= 0 && bucket.upper >= 0) {
      return bucket.lower + (bucket.upper - bucket.lower) * fraction
    }
    let low = log2(bucket.lower.magnitude)
    let high = log2(bucket.upper.magnitude)
    if bucket.lower > 0 { return exp2(low + (high - low) * fraction) }
    return -exp2(high + (low - high) * (1 - fraction))
  }

  /// With buckets on one side only, nothing is expected on the other side of zero.
  private func narrowZeroBucket(_ bucket: inout HistogramBucket) {
    if negative.isEmpty && !positive.isEmpty { bucket.lower = 0 }
    if positive.isEmpty && !negative.isEmpty { bucket.upper = 0 }
  }

  /// Which part of the observations lies between two values, by the interpolation of
  /// `quantile(_:)`.
  ///
  /// Not a number without observations or with a bound that isn't one; 0 when the bounds leave
  /// nothing between them. Observations that are no numbers count in the whole only.
  package func fraction(above lower: Double, through upper: Double) -> HistogramEstimate {
    if count == 0 || lower.isNaN || upper.isNaN { return HistogramEstimate(.nan) }
    if lower >= upper { return HistogramEstimate(0) }
    var numbers = count
    if sum.isNaN {
      numbers = buckets.reduce(0) { $0 + $1.count }
    }
    let share = (min(rank(of: upper), numbers) - min(rank(of: lower), numbers)) / count
    return HistogramEstimate(share, sum.isNaN && numbers < count ? .skewedByNaN : nil)
  }

  /// How many observations lie at or below a value; infinite when all buckets do.
  private func rank(of value: Double) -> Double {
    var rank = 0.0
    for var bucket in buckets {
      let isZeroBucket = bucket.lower <= 0 && bucket.upper >= 0
      if isZeroBucket { narrowZeroBucket(&bucket) }
      if bucket.lower >= value { return rank }
      if bucket.upper > value {
        // Nothing is known of the spread towards minus infinity: all of it counts as below.
        if bucket.lower == -.infinity { return bucket.count }
        let isLinear = usesCustomBounds || isZeroBucket
        return rank + bucket.count * bucket.fraction(below: value, isLinear: isLinear)
      }
      rank += bucket.count
    }
    return .infinity
  }

  /// The population variance, each bucket taken at its geometric mean, custom ones at their middle
  /// and the zero bucket at zero.
  package var variance: Double {
    let mean = mean
    var total = CompensatedNumber(0)
    for bucket in buckets where bucket.count != 0 {
      var value = 0.0
      if usesCustomBounds {
        value = (bucket.upper + bucket.lower) / 2
      } else if bucket.lower > 0 || bucket.upper < 0 {
        value = (bucket.upper * bucket.lower).squareRoot()
        if bucket.upper < 0 { value = -value }
      }
      let delta = value - mean
      total.add(bucket.count * delta * delta)
    }
    return total.value / count
  }
}
