internal import MetricModel

/// Leaves metric names alone where an aggregation above forgets them anyway.
///
/// In `sum by (pod) (rate(x[5m]))` the rate would make new labels for each series, only to have
/// them reduced to `pod`. Row merges stop this: they compare labels, and may fail.
enum NameElision {
  /// The input of an aggregation whose groups don't look at names.
  static func input(_ plan: QueryPlan, of grouping: Grouping) -> QueryPlan {
    guard case .by(let labels) = grouping, !labels.contains(where: LabelPicker.metadata.contains)
    else { return plan }
    return withoutDrops(plan)
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
