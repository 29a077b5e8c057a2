package import Analysis
internal import AnalysisQueries
package import MetricModel
package import PromQL

/// Answers PromQL from the store of this process.
package struct LocalSource: MetricSource {
  private let snapshot: @Sendable () -> any SeriesSource
  private let options: QueryOptions
  private let limits: QueryLimits
  private let executor: (any TaskExecutor)?

  /// - Parameter executor: the threads that queries may hold; nil for those of the caller.
  package init(
    options: QueryOptions = QueryOptions(), limits: QueryLimits = QueryLimits(),
    executor: (any TaskExecutor)? = nil, snapshot: @escaping @Sendable () -> any SeriesSource
  ) {
    self.snapshot = snapshot
    self.options = options
    self.limits = limits
    self.executor = executor
  }

  package func answer(
    _ request: MeasurementRequest, of run: String, at now: Timestamp
  ) async -> MeasurementAnswer {
    let queries = request.queries
    guard let executor else { return evaluated(queries) }
    return await withTaskExecutorPreference(executor) { evaluated(queries) }
  }

  private func evaluated(_ queries: [QueryRequest]) -> MeasurementAnswer {
    SeriesQueries(snapshot(), options: options, limits: limits).answer(queries)
  }
}
