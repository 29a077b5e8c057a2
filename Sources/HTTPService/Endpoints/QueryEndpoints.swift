import Exposition
import MetricModel
import PromQL
import TimeSeriesStore

/// `/api/v1/query` and `/api/v1/query_range`.
struct QueryEndpoints: Sendable {
  let store: Store
  let options: ServiceOptions

  /// Steps of a range query past the first.
  private static let stepsMax = 11_000

  /// `query`, `time` (default: now), `timeout`, `limit`, `lookback_delta`, `stats`.
  func instant(_ request: APIRequest) throws(APIError) -> APIResponse {
    let parameters = request.parameters
    let limit = try parameters.limit()
    let time = try parameters.time("time", default: options.now())
    let deadline = try deadline(request)
    let clock = QueryClock()
    let query = try query(parameters)
    let prepared = QueryClock()
    do {
      let answer = try query.instant(
        at: time, from: options.series(beside: store), limits: deadline.limits)
      return response(answer, limit: limit, parameters, clock.timings(preparedAt: prepared))
    } catch {
      throw apiError(error, deadline)
    }
  }

  /// `query`, `start`, `end`, `step`, `timeout`, `limit`, `lookback_delta`, `stats`.
  func range(_ request: APIRequest) throws(APIError) -> APIResponse {
    let parameters = request.parameters
    let limit = try parameters.limit()
    let grid = try grid(parameters)
    let deadline = try deadline(request)
    let clock = QueryClock()
    let query = try query(parameters)
    let prepared = QueryClock()
    do {
      let answer = try query.range(
        over: grid, from: options.series(beside: store), limits: deadline.limits)
      return response(answer, limit: limit, parameters, clock.timings(preparedAt: prepared))
    } catch {
      throw apiError(error, deadline)
    }
  }

  func grid(_ parameters: RequestParameters) throws(APIError) -> StepGrid {
    let start = try parameters.time("start")
    let end = try parameters.time("end")
    guard end >= start else {
      throw .invalidParameter("end", "end timestamp must not be before start time")
    }
    let step = try parameters.duration("step")
    guard step.count > 0 else {
      throw .invalidParameter(
        "step",
        "zero or negative query resolution step widths are not accepted. Try a positive integer")
    }
    guard
      let grid = StepGrid.range(
        from: start, through: end, step: step, maximum: Self.stepsMax + 1)
    else {
      let span = end.since(start).count
      throw APIError(
        .badData,
        "exceeded maximum resolution of 11,000 points per timeseries. "
          + "Try decreasing the query resolution (?step=XX): \(span / step.count + 1) were asked "
          + "for, a step of \(Milliseconds(span / Int64(Self.stepsMax + 1) + 1)) is long enough")
    }
    return grid
  }

  func query(_ parameters: RequestParameters) throws(APIError) -> Query {
    var understood = options.queries
    understood.countsSamples = !parameters.text("stats").isEmpty
    let lookback = parameters.text("lookback_delta")
    if !lookback.isEmpty {
      guard let asked = try? parameters.duration("lookback_delta") else {
        throw APIError(
          .badData,
          "error parsing lookback delta duration: cannot parse \(GoText.quoted(lookback)) "
            + "to a valid duration")
      }
      if asked.count > 0 { understood.lookback = asked }
    }
    do {
      return try Query(parameters.text("query"), options: understood)
    } catch {
      throw .invalidParameter("query", error.description)
    }
  }

  private func response(
    _ answer: QueryAnswer, limit: Int?, _ parameters: RequestParameters,
    _ timings: [(name: String, seconds: Double)]
  ) -> APIResponse {
    var value = answer.value
    var annotations = answer.annotations
    if let limit, let cut = Self.truncated(value, to: limit) {
      value = cut
      annotations.append(Annotation(.warning, "results truncated due to limit"))
    }
    let stats = parameters.text("stats")
    if !["", "true", "all"].contains(stats) {
      annotations.append(
        Annotation(
          .warning,
          "value \(GoText.quoted(stats)) for parameter \"stats\" is deprecated and will be "
            + "rejected in the next major release, use \"true\" or \"all\""))
    }
    let isPerStep = stats == "all" && options.queries.features.contains(.perStepStatistics)
    let statistics = answer.samples.map { samples in
      QueryResultJSON.Statistics(
        timings: timings, total: samples.total, peak: samples.peak,
        perStep: isPerStep ? samples.counts : [])
    }
    if let parts = AnswerParts(value, annotations: annotations, statistics: statistics) {
      return .json(parts)
    }
    return .json(QueryResultJSON.answer(value, annotations: annotations, statistics: statistics))
  }

  /// Nil when nothing has to go.
  private static func truncated(_ value: QueryValue, to limit: Int) -> QueryValue? {
    switch value {
    case .vector(let samples) where samples.count > limit: .vector(Array(samples.prefix(limit)))
    case .matrix(let series) where series.count > limit: .matrix(Array(series.prefix(limit)))
    default: nil
    }
  }

  /// When a query has to stop.
  struct Deadline: Sendable {
    let instant: ContinuousClock.Instant
    /// Milliseconds from the start to `instant`.
    let allowed: Int64
    let isAbandoned: @Sendable () -> Bool
    let crew: WorkerCrew
    let samplesMax: Int
    let bytesMax: Int

    var hasPassed: Bool { ContinuousClock.now >= instant }
    var limits: QueryLimits {
      QueryLimits(
        stepsMax: QueryEndpoints.stepsMax + 1, samplesMax: samplesMax, bytesMax: bytesMax,
        crew: crew, isCancelled: { hasPassed || isAbandoned() })
    }
  }

  func deadline(_ request: APIRequest) throws(APIError) -> Deadline {
    let asked = try request.parameters.optionalDuration("timeout") ?? options.queryTimeout
    let allowed = min(asked, options.queryTimeout)
    return Deadline(
      instant: .now.advanced(by: .milliseconds(allowed.count)), allowed: allowed.count,
      isAbandoned: request.isAbandoned, crew: request.crew, samplesMax: options.querySamplesMax,
      bytesMax: options.queryBytesMax)
  }

  func apiError(_ error: QueryError, _ deadline: Deadline) -> APIError {
    switch error {
    case .rangeQueryType, .duration: .invalidParameter("query", error.description)
    case .cancelled where deadline.hasPassed:
      APIError(
        .timeout,
        "query timed out in expression evaluation: it was given \(deadline.allowed) ms; ask for "
          + "less, or for more time (timeout=…, at most --query.timeout)")
    case .cancelled: APIError(.canceled, error.description)
    case .storage(let cause): APIError(cause, error.description)
    default: APIError(.execution, error.description)
    }
  }
}

/// A moment, to tell how long what came after it took.
private struct QueryClock {
  private let moment = ContinuousClock.now

  /// Prometheus' names; nothing is sorted or waits by itself here.
  func timings(preparedAt prepared: QueryClock) -> [(name: String, seconds: Double)] {
    let now = QueryClock()
    let (total, inner) = (
      Self.seconds(moment, now.moment), Self.seconds(prepared.moment, now.moment)
    )
    return [
      ("evalTotalTime", total), ("resultSortTime", 0),
      ("queryPreparationTime", total - inner), ("innerEvalTime", inner), ("execQueueTime", 0),
      ("execTotalTime", total),
    ]
  }

  private static func seconds(
    _ start: ContinuousClock.Instant, _ end: ContinuousClock.Instant
  ) -> Double {
    let parts = (end - start).components
    return Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
  }
}
