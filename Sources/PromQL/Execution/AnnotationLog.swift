internal import MetricModel

/// A remark as operators make it; text and position come when the query has ended.
enum Remark: Hashable {
  case possibleNonCounter(metric: String)
  case invalidQuantile(bits: UInt64)
  case invalidRatio(bits: UInt64, cappedTo: Int)
  case badBucketLabel(value: String, metric: String)
  case sortInRangeQuery
  case forcedMonotonicity(metric: String)

  var severity: Annotation.Severity {
    switch self {
    case .possibleNonCounter, .forcedMonotonicity: .info
    case .invalidQuantile, .invalidRatio, .badBucketLabel, .sortInRangeQuery: .warning
    }
  }

  /// Prometheus' text without prefix and position.
  var text: String {
    switch self {
    case .possibleNonCounter(let metric):
      "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "
        + GoText.quoted(metric)
    case .invalidQuantile(let bits):
      "quantile value should be between 0 and 1, got "
        + NumberText.general(Double(bitPattern: bits))
    case .invalidRatio(let bits, let cap):
      "ratio value should be between -1 and 1, got "
        + "\(NumberText.general(Double(bitPattern: bits))), capping to \(cap)"
    case .badBucketLabel(let value, let metric):
      "bucket label \"le\" is missing or has a malformed value of \(GoText.quoted(value))"
        + Self.suffix(metric)
    case .sortInRangeQuery:
      "sort is ineffective for range queries since results are always ordered by labels"
    case .forcedMonotonicity(let metric):
      "input to histogram_quantile needed to be fixed for monotonicity (see "
        + "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)"
        + Self.suffix(metric)
    }
  }

  private static func suffix(_ metric: String) -> String {
    metric.isEmpty ? "" : " for metric name \(GoText.quoted(metric))"
  }
}

/// How far classic histogram buckets had to be bent to rise; all cases of one metric merge.
struct MonotonicityDetail: Equatable {
  var firstTime: Int64
  var lastTime: Int64
  var lowestBound: Double
  var highestBound: Double
  var greatestDifference: Double
  var count = 1

  func merged(with other: MonotonicityDetail) -> MonotonicityDetail {
    MonotonicityDetail(
      firstTime: min(firstTime, other.firstTime), lastTime: max(lastTime, other.lastTime),
      lowestBound: min(lowestBound, other.lowestBound),
      highestBound: max(highestBound, other.highestBound),
      greatestDifference: max(greatestDifference, other.greatestDifference),
      count: count + other.count)
  }

  var text: String {
    ", from buckets \(NumberText.general(lowestBound)) to \(NumberText.general(highestBound))"
      + ", with a max diff of \(GoFormat.twoDigits(greatestDifference)), over \(count) samples"
      + " from \(GoFormat.time(firstTime)) to \(GoFormat.time(lastTime))"
  }
}

/// The remarks of one query, each once.
///
/// As in Prometheus, remarks of equal text are one remark, even when they come from different
/// places of the query; the first place is kept.
struct AnnotationLog {
  private var places: [Remark: SourceRange] = [:]
  private var details: [Remark: MonotonicityDetail] = [:]

  mutating func add(_ remark: Remark, at range: SourceRange) {
    if places[remark] == nil { places[remark] = range }
  }

  mutating func add(_ remark: Remark, _ detail: MonotonicityDetail, at range: SourceRange) {
    add(remark, at: range)
    details[remark] = details[remark].map { $0.merged(with: detail) } ?? detail
  }

  /// Sorted, with positions in `query`.
  func rendered(in query: String) -> [Annotation] {
    places.map { remark, range in
      let position = range.position(in: query)
      let detail = details[remark]?.text ?? ""
      let prefix = remark.severity == .info ? "PromQL info: " : "PromQL warning: "
      return Annotation(
        remark.severity,
        "\(prefix)\(remark.text)\(detail) (\(position.line):\(position.column))")
    }.sorted()
  }
}
