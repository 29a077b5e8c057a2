internal import MetricModel

/// A remark as operators make it; prefix and position come when the query has ended.
enum Remark: Hashable {
  case metric(MetricRemark, String)
  /// The name is empty where it was dropped already.
  case buckets(BucketsRemark, metric: String)
  /// What `__type__` says of a metric that should be a counter.
  case typeIsNoCounter(String, metric: String)
  case badBucketLabel(value: String, metric: String)
  case invalidQuantile(bits: UInt64)
  case invalidRatio(bits: UInt64, cappedTo: Int)
  case sortInRangeQuery
  /// Histograms and numbers in one group.
  case mixedAggregation
  case histogramIgnored(Aggregation.Operation)
  case counterResetCollision(HistogramOperation)
  case boundsReconciled(HistogramOperation)
  case incompatibleBuckets(BinaryOperation.Operator)
  case incompatibleTypes(left: String, BinaryOperation.Operator, right: String)
  case evidence(EvidenceRemark, of: EvidenceQuestion)

  var severity: Annotation.Severity {
    switch self {
    case .typeIsNoCounter, .metric(.possibleNonCounter, _), .metric(.histogramIgnored, _),
      .histogramIgnored,
      .boundsReconciled, .incompatibleTypes:
      .info
    case .evidence(let remark, _): remark.severity
    case .buckets(let remark, _): remark == .mixedClassicAndNative ? .warning : .info
    case .metric, .badBucketLabel, .invalidQuantile, .invalidRatio, .sortInRangeQuery,
      .mixedAggregation, .counterResetCollision, .incompatibleBuckets:
      .warning
    }
  }

  /// Prometheus' text without prefix and position.
  var text: String {
    switch self {
    case .metric(let remark, let metric): "\(remark.rawValue) \(GoText.quoted(metric))"
    case .buckets(let remark, let metric): remark.rawValue + Self.suffix(metric)
    case .typeIsNoCounter(let type, let metric):
      "metric might not be a counter, __type__ label is not set to \"counter\" or \"histogram\", "
        + "got \(GoText.quoted(type)): \(GoText.quoted(metric))"
    case .badBucketLabel(let value, let metric):
      "bucket label \"le\" is missing or has a malformed value of \(GoText.quoted(value))"
        + Self.suffix(metric)
    case .invalidQuantile(let bits):
      "quantile value should be between 0 and 1, got "
        + NumberText.general(Double(bitPattern: bits))
    case .invalidRatio(let bits, let cap):
      "ratio value should be between -1 and 1, got "
        + "\(NumberText.general(Double(bitPattern: bits))), capping to \(cap)"
    case .sortInRangeQuery:
      "sort is ineffective for range queries since results are always ordered by labels"
    case .mixedAggregation: "encountered a mix of histograms and floats for aggregation"
    case .histogramIgnored(let operation):
      "ignored histogram in \(operation.rawValue) aggregation"
    case .counterResetCollision(let operation):
      "conflicting counter resets during histogram \(operation.rawValue)"
    case .boundsReconciled(let operation):
      "mismatched custom buckets were reconciled during \(operation.rawValue)"
    case .incompatibleBuckets(let operation):
      "incompatible bucket layout encountered for binary operator \(operation.rawValue)"
    case .incompatibleTypes(let left, let operation, let right):
      "incompatible sample types encountered for binary operator "
        + "\(GoText.quoted(operation.rawValue)): \(left) \(operation.rawValue) \(right)"
    case .evidence(let remark, let question): "\(question.rawValue) \(remark.text)"
    }
  }

  private static func suffix(_ metric: String) -> String {
    metric.isEmpty ? "" : " for metric name \(GoText.quoted(metric))"
  }
}

/// What there is to say about the samples of a metric, whose name follows.
enum MetricRemark: String {
  case possibleNonCounter =
    "metric might not be a counter, name does not end in _total/_sum/_count/_bucket:"
  case mixedRange = "encountered a mix of histograms and floats for metric name"
  /// Exponential and custom buckets.
  case mixedSchemas =
    """
    vector contains a mix of histograms with exponential and custom buckets schemas for metric \
    name
    """
  case histogramIgnored =
    "ignored histograms in a range containing both floats and histograms for metric name"
  case notACounter = "this native histogram metric is not a counter:"
  case notAGauge = "this native histogram metric is not a gauge:"
  case startTimeOverlap =
    "sample has start time that overlaps with previous sample timestamp for metric"
}

/// What there is to say about the buckets that `histogram_quantile` and its kin are given.
enum BucketsRemark: String {
  case mixedClassicAndNative = "vector contains a mix of classic and native histograms"
  case forcedMonotonicity = """
    input to histogram_quantile needed to be fixed for monotonicity (see \
    https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)
    """
  case quantileIsNaN = "input to histogram_quantile has NaN observations, result is NaN"
  case quantileIsSkewed =
    "input to histogram_quantile has NaN observations, result is skewed higher"
  case fractionLeavesOutNaN = """
    input to histogram_fraction has NaN observations, which are excluded from all fractions
    """
}

/// What was done with histograms when something was amiss.
enum HistogramOperation: String {
  case addition, subtraction, aggregation
}
