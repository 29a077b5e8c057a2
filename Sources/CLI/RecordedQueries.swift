import Analysis
import AnalysisQueries
import MetricModel
import Simulation

/// Answers the queries of analyses from recorded metrics: the port between Simulation, to which a
/// query is text, and PromQL.
struct RecordedQueries {
  let snapshot: any SeriesSource

  /// The answers as replays want them.
  var port: QueryPort {
    { request, _ throws(QueryFailure) in try answer(request) }
  }

  /// Addresses are left aside: whatever server a template names, the recording stands for it.
  func answer(_ request: QueryRequest) throws(QueryFailure) -> QueryValue {
    do {
      return try SeriesQueries(snapshot).value(request)
    } catch {
      throw QueryFailure(error.description)
    }
  }
}
