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
  private let matchers: [LabelMatcher]
  private let span: TimeRange
  private var selection: (any SeriesSelection)?
  private var labels: [Labels] = []
  private var position = 0

  init(_ matchers: [LabelMatcher], _ span: TimeRange) {
    self.matchers = matchers
    self.span = span
  }

  mutating func next(
    into samples: inout SampleColumns, _ context: inout QueryContext
  ) throws(QueryError) -> SeriesHead? {
    if selection == nil {
      let new = try context.select(matchers, in: span)
      labels = new.labels
      selection = new
    }
    guard let selection else { return nil }
    while position < labels.count {
      defer { position += 1 }
      try selection.samples(of: position, in: span, into: &samples)
      removeStaleMarkers(&samples)
      if !samples.isEmpty { return SeriesHead(labels: labels[position]) }
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
      guard let new = try input.next(&context) else { return nil }
      block = new
      row = 0
    }
    guard let block else { return nil }
    defer { row += 1 }
    samples.removeAll()
    for step in 0..<grid.count {
      let value = block.values[row * grid.count + step]
      if !value.isMissing { samples.append(grid[step], value) }
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
