internal import MetricModel
internal import Statistics

/// The functions that compare two groups of series, by their names in the language.
///
///     welch_t on (service) (latency{version="canary"}, latency{version="stable"})
///
/// All elements of one side that agree in the matching labels are one sample: its values, its
/// counts added up, or its buckets added up. What is found is told by one series for each
/// `EvidenceStat`.
enum EvidenceQuestion: String, Hashable, CaseIterable {
  /// Whether values of one side tend to be larger.
  case mannWhitney = "mann_whitney_u"
  /// How far the means lie apart.
  case welch = "welch_t"
  /// How far two shares lie apart: successes and totals of each side.
  case twoProportions = "two_proportions"
  /// How much larger a quantile of a histogram is.
  case quantileRatio = "quantile_ratio"
  /// As `welch`, to be looked at as often as one likes.
  case sequentialWelch = "sequential_welch_t"
  /// As `twoProportions`, of counters, to be looked at as often as one likes.
  case sequentialProportions = "sequential_two_proportions"

  /// Types of the arguments before the names of stats.
  var parameters: [ValueType] {
    switch self {
    case .mannWhitney, .welch: [.vector, .vector]
    case .twoProportions: [.vector, .vector, .vector, .vector]
    case .quantileRatio: [.scalar, .vector, .vector]
    case .sequentialWelch: [.matrix, .matrix]
    case .sequentialProportions: [.matrix, .matrix, .matrix, .matrix]
    }
  }

  /// Whether the values may also be those of windows.
  var vectorsMayBeWindows: Bool { self == .mannWhitney || self == .welch }

  /// What is told, in this order.
  var stats: [EvidenceStat] {
    switch self {
    case .sequentialWelch, .sequentialProportions:
      [.eValue, .estimate, .low, .high, .firstSize, .secondSize]
    case .mannWhitney, .welch, .twoProportions, .quantileRatio:
      [.pValue, .estimate, .low, .high, .firstSize, .secondSize]
    }
  }
}

/// What a series of an answer tells, as its label `stat` says.
enum EvidenceStat: String, Hashable {
  /// How often chance alone would show a difference as large, in either direction. For a time fixed
  /// beforehand.
  case pValue = "p"
  /// How much the data speak against "no difference": to be looked at as often as one likes, 20 is
  /// what 0.05 is to a p-value.
  case eValue = "e"
  case estimate
  /// The ends of the interval of 95 %.
  case low, high
  /// How many independent observations the sides were worth.
  case firstSize = "n_a"
  case secondSize = "n_b"

  /// The label.
  static let label = "stat"
}

/// What a comparison has found.
struct EvidenceAnswer {
  /// The confidence of intervals.
  static let level = 0.95

  /// A p-value, or an e-value.
  var strength: Double
  var estimate: Double
  var interval: ConfidenceInterval
  var sizes: SamplesPerArm

  func value(of stat: EvidenceStat) -> Double {
    switch stat {
    case .pValue, .eValue: strength
    case .estimate: estimate
    case .low: interval.lower
    case .high: interval.upper
    case .firstSize: sizes.canary
    case .secondSize: sizes.baseline
    }
  }
}

/// What is to be said of a comparison beside its numbers.
enum EvidenceRemark: Hashable {
  case notComputable(NotComputable)
  case timesCounted
  case countsAdded
  case requestsIndependent
  case startMoves
  case beyondBuckets
  case lacksBuckets
  case notPositive

  var severity: Annotation.Severity {
    switch self {
    case .notComputable(let reason):
      switch reason {
      case .nanInput, .nonFiniteInput, .negativeCount, .countExceedsTotal, .nonMonotoneBuckets,
        .invalidProbability:
        .warning
      default: .info
      }
    case .lacksBuckets: .warning
    case .timesCounted, .countsAdded, .requestsIndependent, .startMoves, .beyondBuckets,
      .notPositive:
      .info
    }
  }

  /// What follows the name of the function.
  var text: String {
    switch self {
    case .notComputable(let reason): "has no answer: \(reason)"
    case .timesCounted:
      """
      counted samples over time for as many independent ones as autocorrelation within series and \
      spread between series leave; stats "n_a" and "n_b" tell how many
      """
    case .countsAdded:
      """
      added up several series of a side; they are taken to be alike, and requests to be \
      independent
      """
    case .requestsIndependent: "takes requests counted in buckets to be independent"
    case .startMoves:
      """
      looks at a window whose start moves on while side a is older: e-values hold for each window \
      by itself, not for all together; take a range that is longer than the comparison
      """
    case .beyondBuckets: "has no answer: the quantile lies above the last finite bucket"
    case .notPositive: "has no answer: quantiles that aren't positive have no ratio"
    case .lacksBuckets: "has no answer: buckets must be at least two and end in le=\"+Inf\""
    }
  }
}
