package import Analysis
package import MetricModel
package import PromQL

/// Answers the PromQL of measurements over series at hand, whatever server a template names.
///
///     let queries = SeriesQueries(snapshot)
///     queries.answer(request.queries)
package struct SeriesQueries: Sendable {
  private let source: any SeriesSource
  private let options: QueryOptions
  private let limits: QueryLimits

  package init(
    _ source: any SeriesSource, options: QueryOptions = QueryOptions(),
    limits: QueryLimits = QueryLimits()
  ) {
    self.source = source
    self.options = options
    self.limits = limits
  }

  /// The answers in the order of the queries, or the first failure.
  package func answer(_ queries: [QueryRequest]) -> MeasurementAnswer {
    var values: [QueryValue] = []
    for request in queries {
      do {
        values.append(try value(request))
      } catch {
        return .failed(error.description)
      }
    }
    return .answered(values)
  }

  /// Why a query has no answer.
  package struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
    package var description: String
  }

  package func value(_ request: QueryRequest) throws(Failure) -> QueryValue {
    do {
      let query = try Query(request.text, options: options)
      switch request.evaluation {
      case .instant(let time):
        return try query.instant(at: time, from: source, limits: limits).value
      case .range(let start, let end, let step):
        guard
          let grid = StepGrid.range(
            from: start, through: end, step: step, maximum: limits.stepsMax)
        else {
          throw Failure(
            description: "a range from \(start.rfc3339) to \(end.rfc3339) every \(step) has no "
              + "steps, or more than \(limits.stepsMax)")
        }
        return try query.range(over: grid, from: source, limits: limits).value
      }
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(description: "\(error)")
    }
  }
}
