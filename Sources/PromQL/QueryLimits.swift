package import MetricModel

/// What one query may use before it is stopped.
///
///     var limits = QueryLimits()
///     limits.isCancelled = { flag.isSet }
package struct QueryLimits: Sendable {
  /// Evaluation times of a range query.
  package var stepsMax: Int
  /// Samples held at once, by buffers and by the result.
  package var samplesMax: Int
  /// Bytes of columns held at once.
  package var bytesMax: Int
  /// Who shares the work of large queries.
  package var crew: WorkerCrew
  /// Asked once for each tile; true ends the query with `QueryError.cancelled`.
  package var isCancelled: @Sendable () -> Bool

  /// Prometheus' defaults for steps and samples, and 2 GiB.
  package init(
    stepsMax: Int = 11_000, samplesMax: Int = 50_000_000, bytesMax: Int = 2 << 30,
    crew: WorkerCrew = .alone, isCancelled: @escaping @Sendable () -> Bool = { false }
  ) {
    self.stepsMax = stepsMax
    self.samplesMax = samplesMax
    self.bytesMax = bytesMax
    self.crew = crew
    self.isCancelled = isCancelled
  }
}

/// How a query is understood, apart from its text.
package struct QueryOptions: Sendable {
  /// How far an instant selector looks back for a sample.
  package var lookback: Milliseconds
  /// The step of `[5m:]`: the global evaluation interval of the server.
  package var defaultSubqueryStep: Milliseconds
  /// Whether `__name__` goes at the end of the evaluation instead of at each operation
  /// (Prometheus' feature `promql-delayed-name-removal`).
  package var delaysNameRemoval: Bool
  /// Experimental parts of the language that may be used; none in a server's default setting.
  package var features: Set<QueryFeature>
  /// Whether plans may differ from what was written, to be faster. Tests compare both.
  package var optimises = true
  /// Whether the answer tells how many samples were looked at. It takes a plan that shares nothing
  /// between parts of the query, so it isn't free.
  package var countsSamples = false

  package init(
    lookback: Milliseconds = .minutes(5), defaultSubqueryStep: Milliseconds = .minutes(1),
    delaysNameRemoval: Bool = false, features: Set<QueryFeature> = []
  ) {
    self.lookback = lookback
    self.defaultSubqueryStep = defaultSubqueryStep
    self.delaysNameRemoval = delaysNameRemoval
    self.features = features
  }
}
