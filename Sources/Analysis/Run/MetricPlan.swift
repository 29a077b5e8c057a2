internal import MetricModel

/// A metric ready to be measured: arguments filled in, conditions read, dry runs known.
package struct MetricPlan: Equatable, Sendable {
  package var spec: MetricSpec
  package var isDryRun: Bool
  /// The measurements to keep.
  var retained: Int
  var conditions: ConditionPair

  package var name: String { spec.name }

  /// The comparison, where this metric is one.
  package var comparison: CompareSpec? {
    if case .compare(let comparison) = spec.provider { comparison } else { nil }
  }

  /// The plugin of ours that asks and judges; nil for conditions on what others answer.
  var plugin: (any EvidencePlugin)? { spec.provider?.plugin }

  /// Whether an answer may take minutes.
  var isSlow: Bool {
    switch spec.provider {
    case .job, .kayenta: true
    default: false
    }
  }

  static let retainedByDefault = 10

  /// - Throws: `ConditionError` for a condition that can't be read.
  init(spec: MetricSpec, isDryRun: Bool, retained: Int) throws(ConditionError) {
    self.spec = spec
    self.isDryRun = isDryRun
    self.retained = retained
    conditions = ConditionPair(
      success: spec.successCondition, failure: spec.failureCondition,
      compatibility: spec.compatibility)
    try conditions.check()
  }

  /// What one measurement asks.
  ///
  /// - Throws: `ConditionError` where the bounds of a range query aren't times.
  func question(
    at now: Timestamp, runStart: Timestamp
  ) throws(ConditionError) -> MetricQuestion {
    switch spec.provider {
    case .prometheus(let prometheus):
      let query = QueryRequest(
        text: prometheus.query, evaluation: try prometheus.evaluation(at: now),
        server: prometheus.server)
      return .queries([query])
    case .compare, .drift, .canaryJudge, .experiment:
      return .queries(plugin?.requests(runStart: runStart, now: now) ?? [])
    case .web(let web): return .web(web)
    case .graphite(let graphite): return .graphite(graphite)
    case .influxdb(let influx): return .influxdb(influx)
    case .job(let job): return .job(job)
    case .kayenta(let kayenta):
      return .kayenta(
        kayenta,
        body: kayenta.body(
          at: now, runStart: runStart, interval: spec.interval?.value?.milliseconds))
    case .unsupported, nil: return .queries([])
    }
  }
}

extension PrometheusMetric {
  /// Instant, or the range whose bounds are expressions such as `now() - duration("5m")`.
  func evaluation(at now: Timestamp) throws(ConditionError) -> QueryRequest.Evaluation {
    guard let range else { return .instant(now) }
    guard let step = range.step.value, step.nanoseconds > 0 else {
      throw ConditionError("rangeQuery.step is \"\(range.step.text)\", expected one such as 1m")
    }
    return .range(
      start: try Self.time(range.start, "start", at: now),
      end: try Self.time(range.end, "end", at: now), step: step.milliseconds)
  }

  private static func time(
    _ text: String, _ field: String, at now: Timestamp
  ) throws(ConditionError) -> Timestamp {
    let value = try Condition(text).value(for: ConditionInput(.null), at: now)
    guard case .time(let time) = value else {
      throw ConditionError(
        "rangeQuery.\(field) gives \(value.typeName), expected a time such as now()")
    }
    return time
  }
}
