extension NativeHistogram {
  /// Whether a counter started anew after `previous`: because the hint says so or, where it says
  /// nothing, because something that can only grow has shrunk.
  ///
  /// Going to a coarser grid happens to living counters, a finer one needs a restart. Gauges are
  /// treated like counters, since functions for counters may be applied to them.
  package func isReset(since previous: NativeHistogram) -> Bool {
    switch hint {
    case .reset: return true
    case .notReset: return false
    case .unknown, .gauge: break
    }
    return cells.hasShrunk(since: previous.cells)
  }
}

extension HistogramCells<Double> {
  fileprivate func hasShrunk(since previous: Self) -> Bool {
    if count < previous.count { return true }
    guard usesCustomBounds == previous.usesCustomBounds else { return true }
    var previous = previous
    if usesCustomBounds {
      var current = self
      if customBounds != previous.customBounds {
        let shared = Self.intersection(customBounds, previous.customBounds)
        current.keepBounds(shared)
        previous.keepBounds(shared)
      }
      return current.positive.lacks(previous.positive)
    }
    if schema > previous.schema || zeroThreshold < previous.zeroThreshold { return true }
    previous.widenZeroBucket(to: zeroThreshold)
    // A zero bucket that would have cut a populated bucket can't have grown out of the old one.
    if previous.zeroThreshold != zeroThreshold { return true }
    if zeroCount < previous.zeroCount { return true }
    previous.reduce(to: schema)
    return outside(positive).lacks(previous.positive) || outside(negative).lacks(previous.negative)
  }

  /// The buckets that don't end inside the zero bucket.
  private func outside(_ side: HistogramBuckets) -> HistogramBuckets {
    var side = side
    side.removeFirst(side.indices.prefix { upperBound($0) <= zeroThreshold }.count)
    return side
  }
}

extension BucketColumn<Double> {
  /// Whether some bucket has fewer observations than in `previous`.
  fileprivate func lacks(_ previous: Self) -> Bool {
    var position = 0
    for (index, population) in zip(previous.indices, previous.values) where population != 0 {
      while position < count, indices[position] < index { position += 1 }
      guard position < count, indices[position] == index else { return true }
      if values[position] < population { return true }
    }
    return false
  }
}
