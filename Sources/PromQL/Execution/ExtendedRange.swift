internal import MetricModel

/// `name[5m] anchored` asked for as it is: the window's samples, and values at its two borders.
///
/// Only a query that is nothing but a range vector asks for this, so there is one window.
struct ExtendedRange: RangeInput {
  private var input: StoredRange
  private let window: ExtendedWindow
  private let wideGrid: WindowGrid
  private var read = SampleColumns()

  /// - Parameter grid: of the window as written, for one step.
  init(_ selector: SelectorPlan, _ window: ExtendedWindow, _ grid: WindowGrid) {
    wideGrid = WindowGrid(window.widened(selector.window), on: grid.steps)
    input = StoredRange(selector, wideGrid.span, nil)
    self.window = window
  }

  mutating func next(
    into samples: inout SampleColumns, _ context: inout QueryContext
  ) throws(QueryError) -> SeriesHead? {
    while let head = try input.next(into: &read, &context) {
      guard read.histograms.isEmpty else { throw .extensionOnHistograms(window.kind) }
      samples.removeAll()
      extend(read, into: &samples)
      if !samples.isEmpty { return head }
    }
    return nil
  }

  private func extend(_ read: SampleColumns, into samples: inout SampleColumns) {
    let (times, values) = (read.timestamps.span, read.values.span)
    let wideEnd = wideGrid.end(0)
    let place = WindowPlace(
      first: 0, end: times.count, startTime: wideEnd &- wideGrid.range, endTime: wideEnd, step: 0,
      evaluationTime: wideGrid.steps.start.milliseconds)
    guard
      let borders = ExtendedBorders(window, place, times, values, isCounter: false)
    else { return }
    let (start, end) = (window.start(wideEnd), window.end(wideEnd))
    samples.append(Timestamp(milliseconds: start), borders.left)
    for index in borders.first...borders.last where times[index] > start && times[index] < end {
      samples.append(Timestamp(milliseconds: times[index]), values[index])
    }
    samples.append(Timestamp(milliseconds: end), borders.right)
  }
}
