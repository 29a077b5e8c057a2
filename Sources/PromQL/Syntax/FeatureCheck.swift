import MetricModel

/// Parts of the language that a Prometheus server leaves off unless `--enable-feature` names them.
package enum QueryFeature: String, Hashable, Sendable, CaseIterable {
  /// Functions that Prometheus calls experimental, `limitk` and `limit_ratio`.
  case experimentalFunctions = "promql-experimental-functions"
  /// `fill`, `fill_left` and `fill_right` after a binary operator.
  case fillModifiers = "promql-binop-fill-modifiers"
  /// `anchored` and `smoothed` selectors.
  case extendedRangeSelectors = "promql-extended-range-selectors"
  /// Start timestamps of samples tell of counter resets.
  case startTimestamps = "use-start-timestamps"
  /// Sample counts by step where `stats=all` asks for them.
  case perStepStatistics = "promql-per-step-stats"
  /// `__type__` and `__unit__` as labels of what is stored; `rate` asks them for counters.
  case typeAndUnitLabels = "type-and-unit-labels"
  /// `welch_t`, `two_proportions` and their kin, which Prometheus doesn't have.
  case statistics = "assay-statistics"
  /// `default`, `keep_last_value` and `WITH` templates, as MetricsQL has them.
  case metricsQL = "assay-metricsql"

  /// All that changes what can be written, and nothing that changes what is said of it.
  package static let language = Set(allCases).subtracting([.typeAndUnitLabels])
}

extension QueryFeature {
  /// How to enable what is ours. Prometheus doesn't say it of what is its own.
  fileprivate var advice: String {
    switch self {
    case .statistics, .metricsQL: " (use --enable-feature=\(rawValue))"
    default: ""
    }
  }
}

/// Whether a query keeps to what is enabled. The parser itself reads everything.
package struct FeatureCheck {
  private let enabled: Set<QueryFeature>
  private let text: String

  /// Throws, in Prometheus' words, at the first use of something that isn't enabled.
  ///
  /// - Parameter text: What `expression` was parsed from; errors give places in it.
  package static func check(
    _ expression: QueryExpression, enabled: Set<QueryFeature>, in text: String
  ) throws(ParseError) {
    if enabled.isSuperset(of: QueryFeature.language) { return }
    try FeatureCheck(enabled: enabled, text: text).check(expression)
  }

  private func check(_ expression: QueryExpression) throws(ParseError) {
    for child in expression.children { try check(child) }
    switch expression {
    case .call(let call):
      guard let feature = FunctionSignature.named(call.name)?.feature else { return }
      try require(
        feature, "function \(GoText.quoted(call.name)) is not enabled" + feature.advice, call.range)
    case .aggregation(let aggregation) where aggregation.operation.isExperimental:
      try require(
        .experimentalFunctions,
        "\(aggregation.operation.rawValue)() is experimental and must be enabled with "
          + "--enable-feature=promql-experimental-functions", aggregation.range)
    case .binary(let binary) where binary.operation == .defaulting:
      try require(
        .metricsQL, "operator \"default\" is not enabled" + QueryFeature.metricsQL.advice,
        binary.range)
    case .binary(let binary) where !binary.matching.fill.isEmpty:
      try require(
        .fillModifiers, "binop fill modifiers are experimental and not enabled", binary.range)
    case .selector, .rangeSelector:
      guard let kind = expression.extension else { return }
      try require(
        .extendedRangeSelectors, "\(kind.rawValue) modifier is experimental and not enabled",
        expression.sourceRange)
    default: break
    }
  }

  private func require(
    _ feature: QueryFeature, _ message: String, _ range: SourceRange
  ) throws(ParseError) {
    guard !enabled.contains(feature) else { return }
    throw ParseError(message, at: range, in: text)
  }
}

extension Aggregation.Operation {
  var isExperimental: Bool { self == .limitk || self == .limitRatio }
}
