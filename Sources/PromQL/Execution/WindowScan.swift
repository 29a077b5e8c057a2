internal import MetricModel

/// A function of range vectors: reads one series at a time and slides its kernel along the row.
///
/// Kernels are called through `WindowKernelChoice`, one switch per series, so that nothing is
/// dispatched per sample. (A generic operator would not do: behind `any Operator` it isn't
/// specialised.)
struct WindowScan: Operator {
  private var input: any RangeInput
  private let grid: WindowGrid
  private let names: NameRule
  private let places: WindowPlaces
  private let asksTypeLabel: Bool
  private var parameters: [any Operator]
  private var hasColumns = false
  private var kernel: WindowKernelChoice
  private var mixed: MixedWindowScan
  private var samples = SampleColumns()
  /// The last name found that a counter may have; the next series has it too, mostly.
  private var counterName: ArraySlice<UInt8> = []

  init(
    _ kernel: WindowKernelChoice, _ mixed: MixedWindowScan, _ input: any RangeInput,
    _ grid: WindowGrid, parameters: [any Operator], names: NameRule, places: WindowPlaces,
    asksTypeLabel: Bool
  ) {
    self.kernel = kernel
    self.mixed = mixed
    self.input = input
    self.grid = grid
    self.parameters = parameters
    self.names = names
    self.places = places
    self.asksTypeLabel = asksTypeLabel
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    try context.checkCancellation()
    var block = SeriesBlock(
      stepCount: grid.count, reservingRows: SeriesBlock.rowsPerTile(steps: grid.count))
    while !block.isFull, var head = try input.next(into: &samples, &context) {
      if !hasColumns { try computeColumns(&context) }
      context.reads?.add(samples, in: grid)
      let start = block.appendMissing(SeriesHead(labels: .empty))
      var isAnyPresent = kernel.slide(
        over: samples, grid, context.layouts, into: &block.values, from: start,
        &context.cancellation)
      var isAnyNumber = isAnyPresent
      if mixed.concerns(samples) {
        mixed.metric = head.labels.metricName
        mixed.complete(&block, from: start, samples, grid, &context.cancellation)
        let row = block.rowCount - 1
        isAnyPresent = block.hasSamples(row: row)
        isAnyNumber = block.numbers(row: row).contains { !$0.isMissing }
      }
      try context.spend(samples.count + grid.count)
      if !isAnyPresent {
        block.dropLastRow()
        continue
      }
      if isAnyNumber { annotate(head, &context) }
      names.apply(to: &head)
      block.setLastHead(head)
    }
    for (remark, count) in mixed.takeRemarks() {
      context.annotations.add(remark, at: places.firstArgument, count: count)
    }
    return block.rowCount > 0 ? block : nil
  }

  private mutating func computeColumns(_ context: inout QueryContext) throws(QueryError) {
    hasColumns = true
    var columns: [[Double]] = []
    for index in parameters.indices {
      columns.append(try parameters[index].column(steps: grid.count, &context))
    }
    try kernel.take(columns)
    for quantile in kernel.quantilesOutOfRange {
      context.annotations.add(
        .invalidQuantile(bits: quantile.bitPattern), at: places.firstArgument)
    }
  }

  private mutating func annotate(_ head: SeriesHead, _ context: inout QueryContext) {
    guard kernel.expectsCounter, let bytes = head.labels.valueBytes(of: Labels.metricName),
      asksTypeLabel || bytes != counterName
    else { return }
    let name = head.labels.metricName
    if asksTypeLabel {
      let type = head.labels[Labels.metricType] ?? ""
      if ["counter", "histogram"].contains(type) { return }
      context.annotations.add(.typeIsNoCounter(type, metric: name), at: places.range)
    } else if ["_total", "_sum", "_count", "_bucket"].contains(where: { name.hasSuffix($0) }) {
      counterName = bytes
    } else {
      context.annotations.add(.metric(.possibleNonCounter, name), at: places.range)
    }
  }
}

/// Where annotations about a call on range vectors point.
struct WindowPlaces: Equatable {
  /// The range vector.
  var range: SourceRange
  /// The first argument of the call.
  var firstArgument: SourceRange

  /// As `RemarkPlace`.
  static func == (left: WindowPlaces, right: WindowPlaces) -> Bool { true }
}
