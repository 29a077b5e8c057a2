internal import MetricModel

/// Label projection: leaves metric names alone where an aggregation above forgets them anyway.
///
/// In `sum by (pod) (rate(x[5m]))` the rate would make new labels for each series, only to have
/// them reduced to `pod`. Row merges stop this: they compare labels, and may fail. Shared rows are
/// left their names where all who read them forget.
enum NameElision {
  static func apply(_ plan: QueryPlan) -> QueryPlan {
    let readers = plan.readersOfSharedRows
    let forgetful = plan.forgetfulReaders
    return apply(plan) { readers[$0] == forgetful[$0] }
  }

  private static func apply(
    _ plan: QueryPlan, _ isForgotten: (Int) -> Bool
  ) -> QueryPlan {
    switch plan.mappingInputs({ apply($0, isForgotten) }) {
    case .aggregate(let aggregate): .aggregate(forgetful(aggregate, isForgotten))
    case .quantile(let aggregate, let parameter, let place):
      .quantile(forgetful(aggregate, isForgotten), parameter: parameter, place: place)
    case let other: other
    }
  }

  private static func forgetful(
    _ aggregate: AggregatePlan, _ isForgotten: (Int) -> Bool
  ) -> AggregatePlan {
    guard aggregate.forgetsNames else { return aggregate }
    var result = aggregate
    result.input = withoutDrops(aggregate.input, isForgotten)
    return result
  }

  private static func withoutDrops(
    _ plan: QueryPlan, _ isForgotten: (Int) -> Bool
  ) -> QueryPlan {
    switch plan {
    case .window(var window):
      if window.names == .drop { window.names = .keep }
      return .window(window)
    case .cells(var cells):
      if cells.names == .drop { cells.names = .keep }
      cells.input = withoutDrops(cells.input, isForgotten)
      return .cells(cells)
    case .stepInvariant(let input): return .stepInvariant(withoutDrops(input, isForgotten))
    case .shared(var shared) where isForgotten(shared.number):
      shared.plan = withoutDrops(shared.plan, isForgotten)
      shared.wider = shared.wider.map { withoutDrops($0, isForgotten) }
      return .shared(shared)
    default: return plan
    }
  }
}

extension AggregatePlan {
  fileprivate var forgetsNames: Bool {
    guard case .by(let labels) = grouping else { return false }
    return !labels.contains(where: LabelPicker.metadata.contains)
  }
}

extension QueryPlan {
  /// How many readings of shared rows, by their numbers, stand below aggregations that forget
  /// names.
  fileprivate var forgetfulReaders: [Int: Int] {
    switch self {
    case .aggregate(let aggregate), .quantile(let aggregate, _, _):
      if aggregate.forgetsNames, let number = aggregate.input.numberOfRowsPassedOn {
        return [number: 1]
      }
    default: break
    }
    return inputs.reduce(into: [:]) { $0.merge($1.forgetfulReaders, uniquingKeysWith: +) }
  }

  /// The shared rows whose names reach the top of the plan.
  private var numberOfRowsPassedOn: Int? {
    switch self {
    case .shared(let shared): shared.number
    case .cells(let cells): cells.input.numberOfRowsPassedOn
    default: nil
    }
  }
}
