internal import MetricModel

/// Makes operators of a plan: the map of the engine.
struct OperatorBuilder {
  /// A plan on the evaluation times that hold for it.
  func build(_ plan: QueryPlan, on grid: StepGrid) -> any Operator {
    if grid.count == 0 { return EmptyOperator() }
    let steps = grid.count
    switch plan {
    case .empty: return EmptyOperator()
    case .number(let value): return ScalarRow([Double](repeating: value, count: steps))
    case .evaluationTime: return ScalarRow((0..<steps).map { grid[$0].seconds })
    case .scan(let selector, let answersTimes):
      return SelectorScan(
        selector.matchers, WindowGrid(selector.window, on: grid), answersTimes: answersTimes)
    case .window(let window): return build(window, on: grid)
    case .cells(let cells):
      return ElementwiseMap(
        cells.function, build(cells.input, on: grid),
        parameters: cells.parameters.map { build($0, on: grid) }, names: cells.names, steps: steps)
    case .aggregate(let aggregate): return build(aggregate, on: grid)
    case .rank(let choice, let aggregate, let parameter, let place):
      return Ranking(
        choice, build(aggregate.input, on: grid), aggregate.grouping,
        parameter: build(parameter, on: grid), place: place, steps: steps)
    case .quantile(let aggregate, let parameter, let place):
      return QuantileAggregate(
        build(aggregate.input, on: grid), aggregate.grouping,
        parameter: build(parameter, on: grid), place: place, steps: steps)
    case .countValues(let aggregate, let label):
      return CountValues(
        build(aggregate.input, on: grid), aggregate.grouping, label: label, steps: steps)
    case .join(let left, let right, let rule):
      return BinaryJoin(build(left, on: grid), build(right, on: grid), rule, steps: steps)
    case .set(let operation, let left, let right, let matching):
      return SetOperation(
        operation, build(left, on: grid), build(right, on: grid), matching, steps: steps)
    case .histogram(let histogram):
      return HistogramScan(
        histogram.question, build(histogram.input, on: grid),
        parameters: histogram.parameters.map { build($0, on: grid) }, names: histogram.names,
        places: histogram.places, grid)
    case .absent(let input, let labels):
      return Absent(build(input, on: grid), labels, steps: steps)
    case .scalar(let input): return ScalarOf(build(input, on: grid), steps: steps)
    case .relabel(let input, let rule): return Relabel(build(input, on: grid), rule)
    case .sort(let input, let order, let names, let place):
      return Sort(build(input, on: grid), order, names: names, place: place, steps: steps)
    case .mergeRows(let input, let isStrict):
      return RowMerge(build(input, on: grid), isStrict: isStrict, steps: steps)
    case .stepInvariant(let input):
      let once = StepGrid.instant(grid.start)
      return Replicate(build(input, on: once), steps: steps)
    }
  }

  /// The series of a range vector whose windows lie on a grid.
  func build(_ range: RangePlan, under grid: WindowGrid) -> any RangeInput {
    switch range {
    case .stored(let selector): return StoredRange(selector.matchers, grid.span)
    case .subquery(let inner, _, let step):
      let steps = SubqueryRange.grid(under: grid, step: step)
      let innerGrid = steps ?? StepGrid(start: grid.steps.start, step: step, count: 0)
      return SubqueryRange(build(inner, on: innerGrid), innerGrid)
    }
  }

  private func build(_ plan: WindowPlan, on grid: StepGrid) -> any Operator {
    let windows = WindowGrid(plan.input.window, on: grid)
    return WindowScan(
      WindowKernelChoice(plan.function, range: plan.input.window.range),
      build(plan.input, under: windows), windows,
      parameters: plan.parameters.map { build($0, on: grid) }, names: plan.names,
      places: plan.places)
  }

  private func build(_ plan: AggregatePlan, on grid: StepGrid) -> any Operator {
    let states: GroupStates =
      switch plan.operation {
      case .sum: .sum([])
      case .avg: .average([])
      case .min: .min([])
      case .max: .max([])
      case .count: .count([])
      case .group: .group([])
      case .stddev: .deviation([])
      case .stdvar: .variance([])
      case .topk, .bottomk, .quantile, .limitk, .countValues, .limitRatio:
        preconditionFailure("these have plans of their own")
      }
    return Aggregate(
      build(plan.input, on: grid), plan.grouping, states: states, steps: grid.count)
  }
}
