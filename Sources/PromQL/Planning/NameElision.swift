internal import MetricModel

/// Label projection: leaves metric names alone where an aggregation above forgets them anyway.
///
/// In `sum by (pod) (rate(x[5m]))` the rate would make new labels for each series, only to have
/// them reduced to `pod`. Row merges stop this: they compare labels, and may fail.
enum NameElision {
  static func apply(_ plan: QueryPlan) -> QueryPlan {
    switch plan.mappingInputs(apply) {
    case .aggregate(let aggregate): .aggregate(forgetful(aggregate))
    case .quantile(let aggregate, let parameter, let place):
      .quantile(forgetful(aggregate), parameter: parameter, place: place)
    case let other: other
    }
  }

  private static func forgetful(_ aggregate: AggregatePlan) -> AggregatePlan {
    guard case .by(let labels) = aggregate.grouping,
      !labels.contains(where: LabelPicker.metadata.contains)
    else { return aggregate }
    var result = aggregate
    result.input = withoutDrops(aggregate.input)
    return result
  }

  private static func withoutDrops(_ plan: QueryPlan) -> QueryPlan {
    switch plan {
    case .window(var window):
      if window.names == .drop { window.names = .keep }
      return .window(window)
    case .cells(var cells):
      if cells.names == .drop { cells.names = .keep }
      cells.input = withoutDrops(cells.input)
      return .cells(cells)
    case .stepInvariant(let input): return .stepInvariant(withoutDrops(input))
    default: return plan
    }
  }
}
