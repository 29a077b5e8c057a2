internal import MetricModel

/// Series whose windows are looked at: stored ones, or the rows of a subquery. One at a time, into
/// columns that the caller reuses; staleness markers are gone.
protocol RangeInput {
  /// The head of the next series, nil at the end.
  mutating func next(
    into samples: inout SampleColumns, _ context: inout QueryContext
  ) throws(QueryError) -> SeriesHead?
}

/// `name[5m]`.
struct StoredRange: RangeInput {
  private let plan: SelectorPlan
  private let span: TimeRange
  private var slice: SeriesSlice?

  /// - Parameter slice: the series to read; nil for all that match.
  init(_ plan: SelectorPlan, _ span: TimeRange, _ slice: SeriesSlice?) {
    self.plan = plan
    self.span = span
    self.slice = slice
  }

  mutating func next(
    into samples: inout SampleColumns, _ context: inout QueryContext
  ) throws(QueryError) -> SeriesHead? {
    if slice == nil { slice = try SeriesSlice(plan, in: span, &context) }
    while let labels = try slice?.next(in: span, into: &samples) {
      removeStaleMarkers(&samples)
      if plan.settlesHints { settleHints(of: &samples.histograms) }
      if !samples.isEmpty { return SeriesHead(labels: labels) }
    }
    return nil
  }
}

/// `expression[5m:1m]`: rows of an operator on the subquery's own grid.
struct SubqueryRange: RangeInput {
  private var input: any Operator
  private let grid: StepGrid
  private var block: SeriesBlock?
  private var row = 0

  init(_ input: any Operator, _ grid: StepGrid) {
    self.input = input
    self.grid = grid
  }

  mutating func next(
    into samples: inout SampleColumns, _ context: inout QueryContext
  ) throws(QueryError) -> SeriesHead? {
    while row >= block?.rowCount ?? 0 {
      let outer = context.countReadsApart(steps: grid.count)
      let new = try input.next(&context)
      if var outer, let inner = context.reads {
        outer.addBelowSubquery(inner)
        context.reads = outer
      }
      guard let new else { return nil }
      block = new
      row = 0
    }
    guard let block else { return nil }
    defer { row += 1 }
    samples.removeAll()
    try context.spend(grid.count)
    for step in 0..<grid.count {
      let cell = row * grid.count + step
      if var histogram = block.histogram(at: cell) {
        // Steps may leave out samples or repeat them, so what a hint says of the sample before
        // doesn't hold.
        if histogram.hint != .gauge { histogram.hint = .unknown }
        samples.histograms.append(grid[step], histogram)
      } else if !block.values[cell].isMissing {
        samples.append(grid[step], block.values[cell])
      }
    }
    return block.heads[row]
  }

  /// The times at which a subquery is evaluated: multiples of its step since the epoch that lie in
  /// the outer windows, wherever the outer query starts. Nil when there is none.
  static func grid(under outer: WindowGrid, step: Milliseconds) -> StepGrid? {
    guard step.count > 0, outer.count > 0 else { return nil }
    let range = outer.span
    var first = range.start.milliseconds / step.count * step.count
    if first <= range.start.milliseconds { first &+= step.count }
    return StepGrid.range(
      from: Timestamp(milliseconds: first), through: range.end, step: step)
  }
}

/// Looks for counter resets where nothing is known of them, from sample to sample.
func settleHints(of histograms: inout HistogramColumns) {
  guard histograms.count > 1 else { return }
  var previous = histograms.values[0]
  for index in 1..<histograms.count {
    let current = histograms.values[index]
    if current.hint == .unknown {
      histograms.values[index].hint = current.isReset(since: previous) ? .reset : .notReset
    }
    previous = current
  }
}
