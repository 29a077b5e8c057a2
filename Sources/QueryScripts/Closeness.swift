import MetricModel

/// When two computed numbers count as the same: Prometheus' rule for its test scripts.
enum Closeness {
  /// The accepted difference relative to the sum of both magnitudes.
  private static let relativeBound = 1e-6

  /// Staleness markers equal only each other, other NaNs each other. Zero equals nothing but zero,
  /// since next to it only an absolute bound would have a meaning.
  static func areClose(_ a: Double, _ b: Double) -> Bool {
    if a.isStaleMarker || b.isStaleMarker { return a.isStaleMarker && b.isStaleMarker }
    if a.isNaN || b.isNaN { return a.isNaN && b.isNaN }
    if a == b { return true }
    let sum = a.magnitude + b.magnitude
    let difference = (a - b).magnitude
    if a == 0 || b == 0 || sum < .leastNormalMagnitude {
      return difference < relativeBound * .leastNormalMagnitude
    }
    return difference / min(sum, .greatestFiniteMagnitude) < relativeBound
  }

  /// Histograms are close when they have the same buckets, empty ones aside, and all their numbers
  /// are. Hints are another matter.
  static func areClose(_ a: NativeHistogram, _ b: NativeHistogram) -> Bool {
    var (first, second) = (a, b)
    first.compact()
    second.compact()
    return first.schema == second.schema && first.zeroThreshold == second.zeroThreshold
      && first.customBounds == second.customBounds && areClose(first.count, second.count)
      && areClose(first.sum, second.sum) && areClose(first.zeroCount, second.zeroCount)
      && areClose(first.positive, second.positive) && areClose(first.negative, second.negative)
  }

  private static func areClose(_ a: HistogramBuckets, _ b: HistogramBuckets) -> Bool {
    a.indices == b.indices && zip(a.values, b.values).allSatisfy(areClose)
  }
}
