internal import MetricModel

/// Finds the group of each series.
struct GroupIndex {
  private let picker: LabelPicker
  private var table = LabelsTable()
  /// In the order in which groups were first seen.
  private(set) var heads: [SeriesHead] = []

  init(_ grouping: Grouping) {
    picker = LabelPicker(grouping)
  }

  var count: Int { heads.count }

  /// The group's number; new ones continue the count.
  mutating func number(of head: SeriesHead) -> Int {
    let number = picker.number(of: head.labels, in: &table)
    if number == heads.count { heads.append(SeriesHead(labels: table.labels[number])) }
    if head.dropsName { heads[number].dropsName = true }
    return number
  }
}

/// `sum by (job) (x)`: adds rows to the rows of their groups, so that memory is groups by steps.
///
/// Series are added in the order of the input, sums are compensated: same input, same bits.
struct Aggregate: Operator {
  private var input: any Operator
  private var groups: GroupIndex
  private let steps: Int
  private var states: GroupStates
  private var histograms: GroupedHistograms
  /// Of the vector, to which remarks point.
  private let place: SourceRange
  private var output: BlockQueue?

  init(
    _ operation: Aggregation.Operation, _ input: any Operator, _ grouping: Grouping,
    states: GroupStates, place: SourceRange, steps: Int
  ) {
    self.input = input
    groups = GroupIndex(grouping)
    self.states = states
    histograms = GroupedHistograms(operation)
    self.place = place
    self.steps = steps
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    if output == nil {
      while let block = try input.next(&context) { try add(block, &context) }
      output = try results(&context)
    }
    return output?.next()
  }

  private mutating func add(
    _ block: SeriesBlock, _ context: inout QueryContext
  ) throws(QueryError) {
    for row in 0..<block.rowCount {
      let known = groups.count
      let group = groups.number(of: block.heads[row])
      if group == known { try context.hold(samples: steps, bytesEach: states.bytesPerState) }
      if block.hasHistograms(row: row) && !states.countsAnything {
        states.add(block.numbers(row: row).span, toGroup: group)
        try histograms.add(block, row, toGroup: group, &context)
      } else {
        states.add(block.values.span.extracting(block.cells(row)), toGroup: group)
      }
    }
  }

  private mutating func results(_ context: inout QueryContext) throws(QueryError) -> BlockQueue {
    var queue = BlockQueue()
    let cells = states.results
    for group in 0..<groups.count {
      let numbers = cells[group * steps..<(group + 1) * steps]
      guard histograms.haveBeenSeen else {
        queue.append(groups.heads[group], numbers, stepCount: steps)
        continue
      }
      var block = SeriesBlock(stepCount: steps, reservingRows: 1)
      block.append(groups.heads[group], numbers)
      histograms.write(group, into: &block)
      if block.hasSamples(row: 0) { queue.append(block.heads[0], row: 0, of: block) }
    }
    for remark in histograms.remarks { context.annotations.add(remark, at: place) }
    return queue
  }
}
