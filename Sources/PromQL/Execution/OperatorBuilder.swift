internal import MetricModel

/// Makes operators of a plan: the map of the engine.
struct OperatorBuilder {
  private(set) var limits: QueryLimits
  let shared = SharedRowsTable()
  /// Series that were selected already, and those among them to be read; nil to select anew.
  private var slice: SeriesSlice?

  init(limits: QueryLimits) {
    self.limits = limits
  }

  /// A builder whose scans read some of the series of a selection, with one worker.
  init(limits: QueryLimits, reading selection: any SeriesSelection, _ series: Range<Int>) {
    self.limits = limits
    self.limits.crew = .alone
    slice = SeriesSlice(selection: selection, series: series)
  }

  /// A plan on the evaluation times that hold for it.
  func build(_ plan: QueryPlan, on grid: StepGrid) throws(QueryError) -> any Operator {
    if grid.count == 0 { return EmptyOperator() }
    let steps = grid.count
    if let exchange = Exchange(plan, on: grid, limits) { return exchange }
    switch plan {
    case .empty: return EmptyOperator()
    case .number(let value): return ScalarRow([Double](repeating: value.value, count: steps))
    case .evaluationTime: return ScalarRow((0..<steps).map { grid[$0].seconds })
    case .scan(let selector, let answer):
      return SelectorScan(selector, WindowGrid(selector.window, on: grid), answer, slice)
    case .window(let window): return try build(window, on: grid)
    case .cells(let cells):
      return ElementwiseMap(
        cells.function, try build(cells.input, on: grid),
        parameters: try build(cells.parameters, on: grid), names: cells.names,
        place: cells.place.range, steps: steps)
    case .aggregate(let aggregate): return try build(aggregate, on: grid)
    case .rank(let choice, let aggregate, let parameter, let place):
      return Ranking(
        choice, try build(aggregate.input, on: grid), aggregate,
        parameter: try build(parameter, on: grid), place: place.range, steps: steps)
    case .quantile(let aggregate, let parameter, let place):
      return QuantileAggregate(
        try build(aggregate.input, on: grid), aggregate,
        parameter: try build(parameter, on: grid), place: place.range, steps: steps)
    case .countValues(let aggregate, let label):
      return CountValues(
        try build(aggregate.input, on: grid), aggregate.grouping, label: label, steps: steps)
    case .join(let left, let right, let rule):
      let (left, right) = (try build(left, on: grid), try build(right, on: grid))
      return rule.matching.fill.isEmpty
        ? BinaryJoin(left, right, rule, steps: steps)
        : FilledJoin(left, right, rule, steps: steps)
    case .set(let operation, let left, let right, let matching):
      return SetOperation(
        operation, try build(left, on: grid), try build(right, on: grid), matching, steps: steps)
    case .histogram(let histogram):
      return HistogramScan(
        histogram.question, try build(histogram.input, on: grid),
        parameters: try build(histogram.parameters, on: grid), names: histogram.names,
        places: histogram.places, grid)
    case .info(let base, let info):
      return InfoJoin(try build(base, on: grid), info, WindowGrid(info.window, on: grid))
    case .filled(let input, let filling):
      let input = try build(input, on: grid)
      switch filling {
      case .last: return LastKept(input)
      case .scalar(let other):
        return DefaultFill(input, try build(other, on: grid), matching: nil, steps: steps)
      case .vector(let other, let labels):
        return DefaultFill(input, try build(other, on: grid), matching: labels, steps: steps)
      }
    case .evidence(let evidence): return try build(evidence, on: grid)
    case .absent(let input, let labels):
      return Absent(try build(input, on: grid), labels, steps: steps)
    case .scalar(let input): return ScalarOf(try build(input, on: grid), steps: steps)
    case .relabel(let input, let rule): return Relabel(try build(input, on: grid), rule)
    case .sort(let input, let order, let names, let place):
      return Sort(try build(input, on: grid), order, names: names, place: place.range, steps: steps)
    case .mergeRows(let input, let isStrict):
      return RowMerge(try build(input, on: grid), isStrict: isStrict, steps: steps)
    case .stepInvariant(let input):
      let once = StepGrid.instant(grid.start)
      return Replicate(try build(input, on: once), steps: steps)
    case .asked(let asked): return AskedRows(asked, self, on: grid)
    case .shared(let shared): return SharedReader(shared, self, on: grid)
    case .measured(let number, let input):
      return Metered(try build(input, on: grid), number: number)
    }
  }

  /// The series of a range vector whose windows lie on a grid.
  func build(
    _ range: RangePlan, under grid: WindowGrid
  ) throws(QueryError) -> any RangeInput {
    switch range {
    case .stored(let selector): return StoredRange(selector, grid.span, slice)
    case .extended(let selector, let window): return ExtendedRange(selector, window, grid)
    case .subquery(let inner, _, let step):
      let steps = SubqueryRange.grid(under: grid, step: step)
      let innerGrid = steps ?? StepGrid(start: grid.steps.start, step: step, count: 0)
      // A row has to fit many times over: operands, scratch rows and results are as long.
      guard innerGrid.count <= min(limits.samplesMax, limits.bytesMax / 8) / 16 else {
        throw .tooManySamples(limit: limits.samplesMax, needed: 16 * innerGrid.count)
      }
      return SubqueryRange(try build(inner, on: innerGrid), innerGrid)
    }
  }

  private func build(
    _ plan: WindowPlan, on grid: StepGrid
  ) throws(QueryError) -> any Operator {
    let windows = WindowGrid(plan.input.window, on: grid)
    return WindowScan(
      WindowKernelChoice(plan.function, range: plan.input.window.range),
      MixedWindowScan(
        plan.function, range: plan.input.window.range, usesStartTimes: plan.usesStartTimes),
      try build(plan.input, under: windows), windows,
      parameters: try build(plan.parameters, on: grid), names: plan.names,
      places: plan.places, asksTypeLabel: plan.asksTypeLabel)
  }

  private func build(
    _ plan: EvidencePlan, on grid: StepGrid
  ) throws(QueryError) -> any Operator {
    var inputs: [EvidenceScan.Input] = []
    for input in plan.inputs {
      switch input {
      case .vector(let vector): inputs.append(.vector(try build(vector, on: grid)))
      case .range(let range):
        let windows = WindowGrid(range.window, on: grid)
        inputs.append(.range(try build(range, under: windows), windows))
      }
    }
    return EvidenceScan(
      plan, inputs,
      quantile: try plan.quantile.map { plan throws(QueryError) in
        try build(plan, on: grid)
      }, grid)
  }

  private func build(
    _ plans: [QueryPlan], on grid: StepGrid
  ) throws(QueryError) -> [any Operator] {
    var operators: [any Operator] = []
    for plan in plans { operators.append(try build(plan, on: grid)) }
    return operators
  }

  private func build(
    _ plan: AggregatePlan, on grid: StepGrid
  ) throws(QueryError) -> any Operator {
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
      plan.operation, try build(plan.input, on: grid), plan.grouping, states: states,
      place: plan.place.range, steps: grid.count)
  }
}
