package import Manifest
package import MetricModel

/// What happens to a run.
package enum AnalysisEvent: Equatable, Sendable {
  case started
  /// The time asked for by `AnalysisEffect.wake` has come; earlier does no harm.
  case woken
  /// An answer to `AnalysisEffect.measure`. Answers nobody waits for are ignored.
  case measured(MeasurementID, MeasurementAnswer)
  /// Stop: what is decided stays, the rest ends as Successful.
  case terminate
}

/// What a run wants done. Repeating an effect with the same id does no harm.
package enum AnalysisEffect: Equatable, Sendable {
  /// Ask, and come back with `.measured`.
  case measure(MeasurementRequest)
  /// Come back with `.woken`; only the latest such effect counts.
  case wake(at: Timestamp)
  case finished(AnalysisPhase)
}

/// What makes up one measurement.
package struct MeasurementRequest: Equatable, Sendable {
  package var id: MeasurementID
  package var metric: String
  package var question: MetricQuestion

  package init(id: MeasurementID, metric: String, question: MetricQuestion) {
    self.id = id
    self.metric = metric
    self.question = question
  }

  /// The PromQL queries; none where the metric is asked of something else.
  package var queries: [QueryRequest] {
    if case .queries(let queries) = question { queries } else { [] }
  }
}

/// What is asked, of whom.
package enum MetricQuestion: Equatable, Sendable {
  case queries([QueryRequest])
  case web(WebMetric)
  case graphite(GraphiteMetric)
  case influxdb(InfluxMetric)
  case job(JobMetric)
  /// A canary of a Kayenta server, to be started with this body and asked for until it is judged.
  case kayenta(KayentaMetric, body: JSONValue)
}

/// A PromQL query, when it is about, and whom to ask.
package struct QueryRequest: Equatable, Sendable {
  package enum Evaluation: Equatable, Sendable {
    case instant(Timestamp)
    case range(start: Timestamp, end: Timestamp, step: Milliseconds)
  }

  package var text: String
  package var evaluation: Evaluation
  /// The server as the template names it; the store at hand where it names none.
  package var server: ProviderEndpoint

  package init(
    text: String, evaluation: Evaluation, server: ProviderEndpoint = ProviderEndpoint()
  ) {
    self.text = text
    self.evaluation = evaluation
    self.server = server
  }
}

/// What came of a measurement's question.
package enum MeasurementAnswer: Equatable, Sendable {
  /// In the order of the queries.
  case answered([QueryValue])
  /// The body of an HTTP answer: JSON of web, graphite and kayenta, CSV of influxdb.
  case body(String)
  /// What a job came to, by itself.
  case concluded(AnalysisPhase, message: String)
  case failed(String)
}
