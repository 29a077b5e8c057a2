extension NativeHistogram {
  /// Forgets what was observed above a value: PromQL's `</`.
  ///
  /// The bucket that holds the value is cut where interpolation puts it; of a bucket that ends in
  /// infinity nothing is known, so it goes or stays as a whole. If anything goes, count and sum are
  /// estimated anew from the buckets that remain.
  package mutating func trim(above value: Double) {
    trim(HistogramCut(at: value, keepsBelow: true))
  }

  /// Forgets what was observed below a value: PromQL's `>/`.
  package mutating func trim(below value: Double) {
    trim(HistogramCut(at: value, keepsBelow: false))
  }

  private mutating func trim(_ cut: HistogramCut) {
    var kept = (count: 0.0, sum: 0.0)
    var isTrimmed = false
    let before = cells
    let hasPositive = before.positive.values.contains { $0 != 0 }
    let hasNegative = before.negative.values.contains { $0 != 0 }

    func remains(_ bucket: HistogramBucket, _ part: (count: Double, middle: Double)) -> Double {
      kept.count += part.count
      kept.sum += part.middle * part.count
      if part.count != bucket.count { isTrimmed = true }
      return part.count
    }
    for position in 0..<before.positive.count {
      let bucket = before.positiveBucket(position)
      if bucket.count == 0 { continue }
      let part = cut.part(of: bucket, isLinear: usesCustomBounds)
      cells.positive.set(remains(bucket, part), at: position)
    }
    for position in 0..<before.negative.count {
      let bucket = before.negativeBucket(position)
      if bucket.count == 0 { continue }
      let part = cut.part(of: bucket, isLinear: false)
      cells.negative.set(remains(bucket, part), at: position)
    }
    if before.zeroCount > 0 {
      var bucket = before.zeroBucket
      if hasNegative && !hasPositive { bucket.upper = 0 }
      if hasPositive && !hasNegative { bucket.lower = 0 }
      cells.zeroCount = remains(bucket, cut.part(ofZeroBucket: bucket))
    }
    guard isTrimmed else { return }
    cells.count = kept.count
    cells.sum = kept.sum
    compact()
  }
}

/// A place where a histogram is cut, and which side of it remains.
private struct HistogramCut {
  let value: Double
  let keepsBelow: Bool

  init(at value: Double, keepsBelow: Bool) {
    self.value = value
    self.keepsBelow = keepsBelow
  }

  /// What remains of a bucket: how many observations, and where their middle is taken to be.
  func part(of bucket: HistogramBucket, isLinear: Bool) -> (count: Double, middle: Double) {
    let isWhole = keepsBelow ? bucket.upper <= value : bucket.lower >= value
    if isWhole {
      return (bucket.count, Self.middle(bucket.lower, bucket.upper, isLinear: isLinear))
    }
    let isCut = keepsBelow ? bucket.lower < value : bucket.upper > value
    guard isCut else { return (0, 0) }
    if bucket.lower == -.infinity { return partDownToInfinity(bucket) }
    if bucket.upper == .infinity {
      return keepsBelow ? (0, 0) : (bucket.count, value)
    }
    let below = bucket.count * bucket.fraction(below: value, isLinear: isLinear)
    return keepsBelow
      ? (below, Self.middle(bucket.lower, value, isLinear: isLinear))
      : (bucket.count - below, Self.middle(value, bucket.upper, isLinear: isLinear))
  }

  /// As above for a custom bucket without a lower bound, which is taken to begin at zero if it ends
  /// above.
  private func partDownToInfinity(_ bucket: HistogramBucket) -> (count: Double, middle: Double) {
    let isFinite = bucket.upper != .infinity
    if keepsBelow {
      if value > 0 && bucket.upper > 0 && isFinite {
        return (bucket.count * value / bucket.upper, value / 2)
      }
      return bucket.upper <= 0 ? (bucket.count, value) : (0, 0)
    }
    guard value >= 0 && isFinite else { return (0, 0) }
    return (bucket.count * (1 - value / bucket.upper), (value + bucket.upper) / 2)
  }

  /// As above, with observations spread evenly. A zero bucket without width lies above its value.
  func part(ofZeroBucket bucket: HistogramBucket) -> (count: Double, middle: Double) {
    let (lower, upper) = (bucket.lower, bucket.upper)
    if value <= lower { return keepsBelow ? (0, 0) : (bucket.count, (lower + upper) / 2) }
    if value >= upper { return keepsBelow ? (bucket.count, (lower + upper) / 2) : (0, 0) }
    let kept = keepsBelow ? value - lower : upper - value
    let middle = keepsBelow ? (lower + value) / 2 : (value + upper) / 2
    return (bucket.count * (kept / (upper - lower)), middle)
  }

  /// The point that stands for an interval: the geometric mean, with custom bounds the arithmetic
  /// one, and what is finite where one end isn't.
  private static func middle(_ lower: Double, _ upper: Double, isLinear: Bool) -> Double {
    if lower.isInfinite {
      if upper.isInfinite { return 0 }
      return upper > 0 ? upper / 2 : upper
    }
    if upper.isInfinite { return lower }
    if isLinear { return (lower + upper) / 2 }
    let mean = (lower * upper).magnitude.squareRoot()
    return upper > 0 ? mean : -mean
  }
}
