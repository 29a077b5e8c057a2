internal import MetricModel

/// `name{label="value"}`: the newest sample of each series in the lookback window of each step.
struct SelectorScan: Operator {
  private let matchers: [LabelMatcher]
  private let grid: WindowGrid
  private let answersTimes: Bool
  private var selection: (any SeriesSelection)?
  private var labels: [Labels] = []
  private var position = 0
  private var samples = SampleColumns()

  /// - Parameter grid: its range is the lookback.
  init(_ matchers: [LabelMatcher], _ grid: WindowGrid, answersTimes: Bool) {
    self.matchers = matchers
    self.grid = grid
    self.answersTimes = answersTimes
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    try context.checkCancellation()
    let selection = try selected(context)
    let rows = min(SeriesBlock.rowsPerTile(steps: grid.count), labels.count - position)
    var block = SeriesBlock(stepCount: grid.count, reservingRows: rows)
    while position < labels.count && !block.isFull {
      try selection.samples(of: position, in: grid.span, into: &samples)
      if !samples.isEmpty {
        let start = block.appendMissing(SeriesHead(labels: labels[position]))
        let isAnyPresent = pickNewest(
          of: samples, grid, asTime: answersTimes, into: &block.values, from: start)
        if !isAnyPresent { block.dropLastRow() }
      }
      position += 1
    }
    return block.rowCount > 0 ? block : nil
  }

  private mutating func selected(
    _ context: QueryContext
  ) throws(QueryError) -> any SeriesSelection {
    if let selection { return selection }
    let new = try context.select(matchers, in: grid.span)
    labels = new.labels
    selection = new
    return new
  }
}

/// One row of numbers that the plan or the evaluation times give.
struct ScalarRow: Operator {
  private var cells: [Double]?

  init(_ cells: [Double]) {
    self.cells = cells
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    guard let row = cells else { return nil }
    cells = nil
    var block = SeriesBlock(stepCount: row.count)
    block.append(SeriesHead(labels: .empty), row)
    return block
  }
}
