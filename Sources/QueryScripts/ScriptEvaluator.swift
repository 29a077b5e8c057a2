package import MetricModel

/// Whoever answers the queries of a script: this project's engine, or a stand-in.
package protocol ScriptEvaluator {
  /// Evaluates one query, that parses, over the series.
  func answer(
    _ query: String, at times: ScriptEvaluation.Times, from series: InMemorySeries
  ) throws(EvaluationFailure) -> ScriptAnswer
}

/// What an evaluator answers.
package struct ScriptAnswer: Sendable {
  package var value: QueryValue
  package var annotations: [Annotation]

  package init(value: QueryValue, annotations: [Annotation] = []) {
    self.value = value
    self.annotations = annotations
  }
}

/// Why a query has no answer; `expect fail` compares the text.
package struct EvaluationFailure: Error, Equatable, CustomStringConvertible {
  package var description: String

  package init(_ description: String) {
    self.description = description
  }
}
