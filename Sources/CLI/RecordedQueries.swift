import Analysis
import MetricModel
import PromQL
import Simulation
import TimeSeriesStore

/// Answers the queries of analyses from recorded metrics: the port between Simulation, to which a
/// query is text, and PromQL.
struct RecordedQueries {
  let snapshot: StoreSnapshot

  /// The answers as replays want them.
  var port: QueryPort {
    { request, _ throws(QueryFailure) in try answer(request) }
  }

  /// Addresses are left aside: whatever server a template names, the recording stands for it.
  func answer(_ request: QueryRequest) throws(QueryFailure) -> QueryValue {
    do {
      let query = try Query(request.text)
      switch request.evaluation {
      case .instant(let time): return try query.instant(at: time, from: snapshot).value
      case .range(let start, let end, let step):
        let maximum = QueryLimits().stepsMax
        guard let grid = StepGrid.range(from: start, through: end, step: step, maximum: maximum)
        else {
          throw QueryFailure(
            "a range from \(start.rfc3339) to \(end.rfc3339) every \(step) has no steps, or more "
              + "than \(maximum)")
        }
        return try query.range(over: grid, from: snapshot).value
      }
    } catch let failure as QueryFailure {
      throw failure
    } catch {
      throw QueryFailure("\(error)")
    }
  }
}
