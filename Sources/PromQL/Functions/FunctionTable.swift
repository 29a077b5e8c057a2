internal import MetricModel

/// What each function of the language does: the one list that knows all of them.
///
/// A new function is one row here and one kernel. Names, arguments and types for the parser stand
/// in `FunctionSignature`.
enum FunctionTable {
  /// The parts that the planner puts a call together from.
  enum Implementation {
    /// A range vector, and scalars, to a vector.
    case window(WindowFunction)
    /// A vector, and scalars, to a vector, cell by cell.
    case cells(CellFunction)
    /// A date part; without argument that of the evaluation time.
    case date(DatePart)
    case info
    case absent, absentOverTime
    case scalar, vector
    case time, timestamp, pi
    case clampMin, clampMax
    case labelReplace, labelJoin
    case sort(SortOrder)
    case histogramQuantile, histogramFraction, histogramQuantiles
    case histogramStatistic(HistogramStatistic)
    case startTimestamp
    /// Facts of the query.
    case queryStart, queryEnd, queryRange, queryStep
    case maxOf, minOf
    /// Two groups of series to what tells them apart.
    case evidence(EvidenceQuestion)
    case keepLastValue
  }

  static func implementation(of name: String) -> Implementation? { rows[name] }

  /// Names, for completion and documentation.
  static var names: [String] { rows.keys.sorted() }

  private static let rows: [String: Implementation] = overTime.merging(ofVectors) { first, _ in
    first
  }.merging(ofCells) { first, _ in first }.merging(ofGroups) { first, _ in first }

  private static let ofGroups = Dictionary(
    uniqueKeysWithValues: EvidenceQuestion.allCases.map {
      ($0.rawValue, Implementation.evidence($0))
    })

  private static let overTime: [String: Implementation] = [
    "rate": .window(.extrapolated(isCounter: true, isRate: true)),
    "increase": .window(.extrapolated(isCounter: true, isRate: false)),
    "delta": .window(.extrapolated(isCounter: false, isRate: false)),
    "irate": .window(.lastPair(isRate: true)),
    "idelta": .window(.lastPair(isRate: false)),
    "resets": .window(.counting(.resets)),
    "changes": .window(.counting(.changes)),
    "avg_over_time": .window(.summary(.average)),
    "sum_over_time": .window(.summary(.sum)),
    "min_over_time": .window(.extreme(wantsGreatest: false, .value)),
    "max_over_time": .window(.extreme(wantsGreatest: true, .value)),
    "count_over_time": .window(.summary(.count)),
    "stddev_over_time": .window(.summary(.deviation)),
    "stdvar_over_time": .window(.summary(.variance)),
    "last_over_time": .window(.summary(.last)),
    "first_over_time": .window(.summary(.first)),
    "present_over_time": .window(.summary(.present)),
    "ts_of_first_over_time": .window(.summary(.timeOfFirst)),
    "ts_of_last_over_time": .window(.summary(.timeOfLast)),
    "ts_of_min_over_time": .window(.extreme(wantsGreatest: false, .time)),
    "ts_of_max_over_time": .window(.extreme(wantsGreatest: true, .time)),
    "quantile_over_time": .window(.quantile),
    "mad_over_time": .window(.medianDeviation),
    "deriv": .window(.derivative),
    "predict_linear": .window(.prediction),
    "double_exponential_smoothing": .window(.smoothing),
    "absent_over_time": .absentOverTime,
  ]

  private static let ofVectors: [String: Implementation] = [
    "info": .info,
    "keep_last_value": .keepLastValue,
    "absent": .absent,
    "scalar": .scalar,
    "vector": .vector,
    "time": .time,
    "timestamp": .timestamp,
    "pi": .pi,
    "label_replace": .labelReplace,
    "label_join": .labelJoin,
    "sort": .sort(.ascending),
    "sort_desc": .sort(.descending),
    "sort_by_label": .sort(.labels),
    "sort_by_label_desc": .sort(.labelsDescending),
    "histogram_quantile": .histogramQuantile,
    "histogram_quantiles": .histogramQuantiles,
    "histogram_fraction": .histogramFraction,
    "histogram_avg": .histogramStatistic(.average),
    "histogram_count": .histogramStatistic(.count),
    "histogram_sum": .histogramStatistic(.sum),
    "histogram_stddev": .histogramStatistic(.deviation),
    "histogram_stdvar": .histogramStatistic(.variance),
    "start_timestamp": .startTimestamp,
    "start": .queryStart,
    "end": .queryEnd,
    "range": .queryRange,
    "step": .queryStep,
    "max_of": .maxOf,
    "min_of": .minOf,
  ]

  private static let ofCells: [String: Implementation] = [
    "abs": .cells(.math(.abs)),
    "ceil": .cells(.math(.ceil)),
    "floor": .cells(.math(.floor)),
    "exp": .cells(.math(.exp)),
    "sqrt": .cells(.math(.sqrt)),
    "ln": .cells(.math(.ln)),
    "log2": .cells(.math(.log2)),
    "log10": .cells(.math(.log10)),
    "sin": .cells(.math(.sin)),
    "cos": .cells(.math(.cos)),
    "tan": .cells(.math(.tan)),
    "asin": .cells(.math(.asin)),
    "acos": .cells(.math(.acos)),
    "atan": .cells(.math(.atan)),
    "sinh": .cells(.math(.sinh)),
    "cosh": .cells(.math(.cosh)),
    "tanh": .cells(.math(.tanh)),
    "asinh": .cells(.math(.asinh)),
    "acosh": .cells(.math(.acosh)),
    "atanh": .cells(.math(.atanh)),
    "rad": .cells(.math(.rad)),
    "deg": .cells(.math(.deg)),
    "sgn": .cells(.math(.sgn)),
    "round": .cells(.round),
    "clamp": .cells(.clamp),
    "clamp_min": .clampMin,
    "clamp_max": .clampMax,
    "minute": .date(.minute),
    "hour": .date(.hour),
    "day_of_month": .date(.dayOfMonth),
    "day_of_week": .date(.dayOfWeek),
    "day_of_year": .date(.dayOfYear),
    "days_in_month": .date(.daysInMonth),
    "month": .date(.month),
    "year": .date(.year),
  ]
}

/// What happens to the samples of a window; scalars of the call come as one column each.
enum WindowFunction: Equatable {
  case extrapolated(isCounter: Bool, isRate: Bool)
  case lastPair(isRate: Bool)
  case counting(CountingKernel.Subject)
  /// The two above on `anchored` and `smoothed` windows.
  case extendedChange(isCounter: Bool, isRate: Bool, ExtendedWindow)
  case anchoredCounting(CountingKernel.Subject, ExtendedWindow)
  /// `x smoothed`.
  case interpolation(ExtendedWindow)
  case summary(WindowSummary)
  case extreme(wantsGreatest: Bool, ExtremeKernel.Answer)
  /// Column: the quantile.
  case quantile
  case medianDeviation
  case derivative
  /// Column: seconds ahead.
  case prediction
  /// Columns: smoothing and trend factor.
  case smoothing

  /// The functions that answer a sample as it was keep the name of its series.
  var keepsName: Bool {
    switch self {
    case .summary(.first), .summary(.last), .interpolation: true
    default: false
    }
  }

  /// Whether the result depends on the evaluation time beyond the choice of samples.
  var usesEvaluationTime: Bool {
    if case .prediction = self { true } else { false }
  }
}

/// What happens to one cell.
enum CellFunction: Equatable {
  case math(MathFunction)
  case date(DatePart)
  /// Columns: lower and upper bound.
  case clamp
  /// Column: the unit.
  case round
  /// Column: the other operand.
  case arithmetic(BinaryOperation.Operator, scalarIsLeft: Bool, ComparisonResult)
  /// Column: the other number.
  case greater, lesser
  /// Of native histograms; numbers go.
  case ofHistogram(HistogramStatistic)
  /// Column: the value instead.
  case replaced
  case unchanged

  /// Whether the function does something else than with numbers even where there are only these.
  var concernsHistograms: Bool {
    switch self {
    case .ofHistogram: true
    case .arithmetic(let operation, _, _): operation.isTrim
    default: false
    }
  }

  /// Whether cells may go missing.
  var filters: Bool {
    switch self {
    case .clamp, .ofHistogram: true
    case .arithmetic(let operation, _, let comparison):
      operation.isTrim || (operation.isComparison && comparison != .boolean)
    default: false
    }
  }
}

/// A number that says something about a histogram.
enum HistogramStatistic {
  case count, sum, average, variance, deviation

  var needsBuckets: Bool { self == .variance || self == .deviation }

  func of(_ histogram: NativeHistogram) -> Double {
    switch self {
    case .count: histogram.count
    case .sum: histogram.sum
    case .average: histogram.mean
    case .variance: histogram.variance
    case .deviation: histogram.variance.squareRoot()
    }
  }
}

enum SortOrder {
  case ascending, descending, labels, labelsDescending
}
