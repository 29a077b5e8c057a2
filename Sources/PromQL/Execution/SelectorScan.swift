internal import MetricModel

/// `name{label="value"}`: the newest sample of each series in the lookback window of each step.
struct SelectorScan: Operator {
  private let plan: SelectorPlan
  private let grid: WindowGrid
  private let answer: SampleAnswer
  private var slice: SeriesSlice?
  private var samples = SampleColumns()

  /// - Parameter grid: its range is the lookback.
  init(
    _ plan: SelectorPlan, _ grid: WindowGrid, _ answer: SampleAnswer, _ slice: SeriesSlice?
  ) {
    self.slice = slice
    self.plan = plan
    self.grid = grid
    self.answer = answer
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    try context.checkCancellation()
    if slice == nil { slice = try SeriesSlice(plan, in: grid.span, &context) }
    guard var slice else { return nil }
    defer { self.slice = slice }
    self.slice = nil
    let rows = min(SeriesBlock.rowsPerTile(steps: grid.count), slice.series.count)
    var block = SeriesBlock(stepCount: grid.count, reservingRows: rows)
    while !block.isFull, let labels = try slice.next(in: grid.span, into: &samples) {
      if plan.settlesHints { settleHints(of: &samples.histograms) }
      if !samples.isEmpty {
        let start = block.appendMissing(SeriesHead(labels: labels))
        let isAnyPresent =
          samples.histograms.isEmpty && answer != .startTime
          ? pickNewest(
            of: samples, grid, asTime: answer == .time, into: &block.values, from: start)
          : NewestSamples(samples, grid).write(answer, into: &block, from: start)
        if isAnyPresent {
          context.reads?.addLastRow(of: block)
        } else {
          block.dropLastRow()
        }
      }
    }
    return block.rowCount > 0 ? block : nil
  }
}

/// Series of a selection that are still to be read.
struct SeriesSlice {
  private let labels: [Labels]
  private let reader: any SeriesReader
  private(set) var series: Range<Int>

  init(selection: any SeriesSelection, series: Range<Int>) {
    labels = selection.labels
    reader = selection.reader()
    self.series = series
  }

  /// All series that a plan selects.
  init(
    _ plan: SelectorPlan, in span: TimeRange, _ context: inout QueryContext
  ) throws(QueryError) {
    let found = try context.select(plan.matchers, in: span)
    self.init(selection: found, series: 0..<found.labels.count)
  }

  /// Reads the next series and answers its labels, nil at the end.
  mutating func next(
    in range: TimeRange, into columns: inout SampleColumns
  ) throws(QueryError) -> Labels? {
    guard let index = series.popFirst() else { return nil }
    try read(index, in: range, into: &columns)
    return labels[index]
  }

  /// The samples of a series in place of what `columns` holds.
  func read(
    _ index: Int, in range: TimeRange, into columns: inout SampleColumns
  ) throws(QueryError) {
    do {
      try reader.read(index, in: range, into: &columns)
    } catch {
      throw .storage(error)
    }
  }
}

/// What of a sample a selector answers.
enum SampleAnswer {
  case value
  /// In seconds, as the one below.
  case time
  /// Since when the sample has counted; 0 where nobody knows.
  case startTime
}

/// The newest sample of each step's lookback window, of series that hold more than numbers.
struct NewestSamples {
  private let samples: SampleColumns
  private let grid: WindowGrid

  init(_ samples: SampleColumns, _ grid: WindowGrid) {
    self.samples = samples
    self.grid = grid
  }

  /// Writes a row; answers whether any cell is present.
  func write(_ answer: SampleAnswer, into block: inout SeriesBlock, from start: Int) -> Bool {
    let histograms = samples.histograms
    var isAnyPresent = false
    var (number, histogram) = (-1, -1)
    for step in 0..<grid.count {
      let end = grid.end(step)
      while number + 1 < samples.count && samples.timestamps[number + 1] <= end { number += 1 }
      while histogram + 1 < histograms.count && histograms.timestamps[histogram + 1] <= end {
        histogram += 1
      }
      let numberTime = number >= 0 ? samples.timestamps[number] : .min
      let histogramTime = histogram >= 0 ? histograms.timestamps[histogram] : .min
      let time = max(numberTime, histogramTime)
      let isHistogram = histogramTime > numberTime
      guard time > end &- grid.range, isHistogram || number >= 0 else { continue }
      if !isHistogram && samples.values[number].isMissing { continue }
      isAnyPresent = true
      switch answer {
      case .value where isHistogram: block.set(histograms.values[histogram], at: start + step)
      case .value: block.set(samples.values[number], at: start + step)
      case .time: block.set(Double(time) / 1000, at: start + step)
      case .startTime:
        let times = isHistogram ? histograms.startTimes : samples.startTimes
        let startTime = times.isEmpty ? 0 : times[isHistogram ? histogram : number]
        block.set(Double(startTime) / 1000, at: start + step)
      }
    }
    return isAnyPresent
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
