internal import Statistics

/// The number that a query makes of a window's counts by bucket.
enum QueriedValue: Sendable {
  /// Bad events of all; NaN without any.
  case badShare
  /// What `histogram_quantile(0.99, …)` answers, in seconds.
  case percentile99(Metric.BucketBounds)

  func query(_ counts: [Double]) throws(NotComputable) -> Double {
    switch self {
    case .badShare: return SimulatedScrape.Arm.proportion(counts).fraction
    case .percentile99(let bounds):
      let buckets = try BucketCounts(upperBounds: bounds.upperBounds, counts: counts)
      return HistogramQuantile(of: buckets).value(at: 0.99)
    }
  }
}
