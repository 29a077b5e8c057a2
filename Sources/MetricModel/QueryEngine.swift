/// Another program that answers whole queries over the series it holds, so that only answers have
/// to travel and not the samples behind them.
///
///     guard let engine = source.engine(for: [matchers]) else { return }     // evaluate here
///     let answer = try engine.answer(QueryQuestion("max by (job) (up)", over: grid))
package protocol QueryEngine: Sendable {
  /// For explanations and errors: the address of a server.
  var name: String { get }
  /// What it may be asked.
  var reach: QueryReach { get }

  /// The values of an expression of the type vector at the times of a grid, as one row for each
  /// series; of an instant query in the order of the answer.
  ///
  /// - Throws: `SelectError.unsupported` for what has to be evaluated here after all.
  func answer(_ question: QueryQuestion) throws(SelectError) -> EngineAnswer
}

/// How much of the language means the same to another engine.
package enum QueryReach: Equatable, Sendable {
  /// Whatever isn't experimental gives what it gives here.
  case same
  /// Only what picks samples and compares or counts them: sums, rates and quantiles were computed
  /// in other ways then.
  ///
  /// - Parameter windowsAreClosed: whether a sample exactly at the start of a window belongs to it,
  ///   and `.` in patterns doesn't match the end of a line, as before Prometheus 3.
  case exact(windowsAreClosed: Bool)
  /// All that it may know, in whatever meaning it has there.
  case anything
}

/// A query for another engine.
package struct QueryQuestion: Equatable, Sendable {
  package var text: String
  package var grid: StepGrid
  /// How far selectors of instant vectors look back, seen from a window open at its start.
  package var lookback: Milliseconds
  /// What the answer may take as it is sent.
  package var bytesMax: Int

  package init(_ text: String, over grid: StepGrid, lookback: Milliseconds, bytesMax: Int) {
    self.text = text
    self.grid = grid
    self.lookback = lookback
    self.bytesMax = bytesMax
  }
}

/// What another engine says, remarks included.
package struct EngineAnswer: Equatable, Sendable {
  package var series: [Series]
  package var annotations: [Annotation]

  package init(series: [Series], annotations: [Annotation] = []) {
    self.series = series
    self.annotations = annotations
  }
}

extension SeriesSource {
  package func engine(for selections: [[LabelMatcher]]) -> (any QueryEngine)? { nil }

  package func heeding(_ isCancelled: @escaping @Sendable () -> Bool) -> Self { self }
}
