package import MetricModel
package import PromQL

/// Whoever answers the queries of a script: this project's engine, or a stand-in.
package protocol ScriptEvaluator {
  /// Evaluates one query, that parses, over the series.
  func answer(
    _ query: String, at times: ScriptEvaluation.Times, from series: InMemorySeries
  ) throws(EvaluationFailure) -> QueryAnswer
}

/// Why a query has no answer; `expect fail` compares the text.
package struct EvaluationFailure: Error, Equatable, CustomStringConvertible {
  package var description: String

  package init(_ description: String) {
    self.description = description
  }
}

/// This project's engine, set as Prometheus' own scripts assume.
package struct EngineEvaluator: ScriptEvaluator {
  /// Everything experimental may be used. Names are removed at the end of the evaluation, as
  /// upstream's scripts expect; answers differ from those of a server in its default setting only
  /// where a name is asked for after it was dropped.
  package static let options = QueryOptions(
    delaysNameRemoval: true, features: QueryFeature.language)

  private let options: QueryOptions

  package init(options: QueryOptions = Self.options) {
    self.options = options
  }

  package func answer(
    _ query: String, at times: ScriptEvaluation.Times, from series: InMemorySeries
  ) throws(EvaluationFailure) -> QueryAnswer {
    do {
      let query = try Query(query, options: options)
      switch times {
      case .instant(let time): return try query.instant(at: time, from: series)
      case .range(let grid): return try query.range(over: grid, from: series)
      }
    } catch {
      throw EvaluationFailure("\(error)")
    }
  }
}
