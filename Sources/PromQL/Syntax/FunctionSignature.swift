/// What a function takes and answers: the one list of PromQL's functions.
///
///     FunctionSignature.named("rate")?.parameters     // [.matrix]
///
/// Functions that have to be enabled are listed with their `feature`. What a function
/// computes, and whether this engine computes it, is said where the kernels are.
package struct FunctionSignature: Hashable, Sendable {
  package let name: String
  /// The types of the arguments; further ones have the type of the last.
  package let parameters: [ValueType]
  /// The fewest arguments.
  package let minimumCount: Int
  /// The most arguments; nil when there is no limit.
  package let maximumCount: Int?
  package let result: ValueType
  /// What has to be enabled for it; nil when nothing has.
  package let feature: QueryFeature?
  /// What a function that compares two groups of series can tell; empty for all others. Such a
  /// function takes `on` and `ignoring` as an operator does, and further arguments choose of these.
  package let stats: [String]
  /// Whether its vectors may all be range vectors instead.
  package let vectorsMayBeWindows: Bool

  package var comparesGroups: Bool { !stats.isEmpty }

  /// The type of argument `index`; nil where no argument may stand.
  package func parameter(_ index: Int) -> ValueType? {
    if let maximumCount, index >= maximumCount { return nil }
    return index < parameters.count ? parameters[index] : parameters.last
  }

  /// The function of that name, in exactly this case.
  package static func named(_ name: String) -> FunctionSignature? { byName[name] }

  /// Every function, sorted by name.
  package static let all: [FunctionSignature] =
    (ofVectors + ofWindows + ofDates + ofLabels + ofHistograms + ofScalars + ofGroups).sorted {
      $0.name < $1.name
    }

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  /// `optional` of the last arguments may be left out.
  private init(
    _ name: String, _ parameters: [ValueType], optional: Int = 0, repeatsLast: Bool = false,
    result: ValueType = .vector, isExperimental: Bool = false
  ) {
    self.init(
      name, parameters, optional: optional, repeatsLast: repeatsLast, result: result,
      feature: isExperimental ? .experimentalFunctions : nil)
  }

  private init(
    _ name: String, _ parameters: [ValueType], optional: Int, repeatsLast: Bool,
    result: ValueType = .vector, feature: QueryFeature?, stats: [String] = [],
    vectorsMayBeWindows: Bool = false
  ) {
    self.name = name
    self.parameters = parameters
    minimumCount = parameters.count - optional
    maximumCount = repeatsLast ? nil : parameters.count
    self.result = result
    self.feature = feature
    self.stats = stats
    self.vectorsMayBeWindows = vectorsMayBeWindows
  }

  /// Functions of one instant vector, and a few with bounds besides.
  private static let ofVectors: [FunctionSignature] =
    [
      "abs", "absent", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh",
      "deg", "exp", "floor", "ln", "log10", "log2", "rad", "sgn", "sin", "sinh", "sort",
      "sort_desc", "sqrt", "tan", "tanh", "timestamp",
    ].map { FunctionSignature($0, [.vector]) } + [
      FunctionSignature("clamp", [.vector, .scalar, .scalar]),
      FunctionSignature("clamp_max", [.vector, .scalar]),
      FunctionSignature("clamp_min", [.vector, .scalar]),
      FunctionSignature("round", [.vector, .scalar], optional: 1),
      FunctionSignature("scalar", [.vector], result: .scalar),
      FunctionSignature("start_timestamp", [.vector], isExperimental: true),
      FunctionSignature(
        "keep_last_value", [.vector], optional: 0, repeatsLast: false, feature: .metricsQL),
    ]

  /// Functions of a range vector.
  private static let ofWindows: [FunctionSignature] =
    [
      "absent_over_time", "avg_over_time", "changes", "count_over_time", "delta", "deriv",
      "first_over_time", "idelta", "increase", "irate", "last_over_time", "max_over_time",
      "min_over_time", "present_over_time", "rate", "resets", "stddev_over_time",
      "stdvar_over_time", "sum_over_time",
    ].map { FunctionSignature($0, [.matrix]) }
    + [
      "mad_over_time", "ts_of_first_over_time", "ts_of_last_over_time", "ts_of_max_over_time",
      "ts_of_min_over_time",
    ].map { FunctionSignature($0, [.matrix], isExperimental: true) } + [
      FunctionSignature("predict_linear", [.matrix, .scalar]),
      FunctionSignature("quantile_over_time", [.scalar, .matrix]),
      FunctionSignature(
        "double_exponential_smoothing", [.matrix, .scalar, .scalar], isExperimental: true),
    ]

  /// Parts of dates; without an argument, of the evaluation time.
  private static let ofDates: [FunctionSignature] = [
    "day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour", "minute", "month",
    "year",
  ].map { FunctionSignature($0, [.vector], optional: 1) }

  private static let ofLabels = [
    FunctionSignature("label_replace", [.vector, .string, .string, .string, .string]),
    FunctionSignature(
      "label_join", [.vector, .string, .string, .string], optional: 1, repeatsLast: true),
    FunctionSignature(
      "sort_by_label", [.vector, .string], optional: 1, repeatsLast: true, isExperimental: true),
    FunctionSignature(
      "sort_by_label_desc", [.vector, .string], optional: 1, repeatsLast: true,
      isExperimental: true),
    FunctionSignature("info", [.vector, .vector], optional: 1, isExperimental: true),
  ]

  private static let ofHistograms =
    [
      "histogram_avg", "histogram_count", "histogram_stddev", "histogram_stdvar", "histogram_sum",
    ].map { FunctionSignature($0, [.vector]) } + [
      FunctionSignature("histogram_fraction", [.scalar, .scalar, .vector]),
      FunctionSignature("histogram_quantile", [.scalar, .vector]),
      FunctionSignature(
        "histogram_quantiles", [.vector, .string, .scalar], repeatsLast: true,
        isExperimental: true),
    ]

  /// Functions without a vector among their arguments.
  private static let ofScalars =
    [
      FunctionSignature("pi", [], result: .scalar),
      FunctionSignature("time", [], result: .scalar),
      FunctionSignature("vector", [.scalar]),
    ]
    + ["max_of", "min_of"].map {
      FunctionSignature($0, [.scalar, .scalar], result: .scalar, isExperimental: true)
    }
    + ["end", "range", "start", "step"].map {
      FunctionSignature($0, [], result: .scalar, isExperimental: true)
    }

  /// Statistical comparisons of two groups of series.
  private static let ofGroups = EvidenceQuestion.allCases.map {
    FunctionSignature(
      $0.rawValue, $0.parameters + [.string], optional: 1, repeatsLast: true,
      feature: .statistics, stats: $0.stats.map(\.rawValue),
      vectorsMayBeWindows: $0.vectorsMayBeWindows)
  }
}
