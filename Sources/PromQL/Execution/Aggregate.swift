internal import MetricModel

/// Finds the group of each series.
struct GroupIndex {
  private let picker: LabelPicker
  private var numbers: [Labels: Int] = [:]
  /// In the order in which groups were first seen.
  private(set) var heads: [SeriesHead] = []

  init(_ grouping: Grouping) {
    picker = LabelPicker(grouping)
  }

  var count: Int { heads.count }

  /// The group's number; new ones continue the count.
  mutating func number(of head: SeriesHead) -> Int {
    let labels = picker(head.labels)
    let number = numbers[labels] ?? heads.count
    if number == heads.count {
      numbers[labels] = number
      heads.append(SeriesHead(labels: labels))
    }
    if head.dropsName { heads[number].dropsName = true }
    return number
  }
}

/// `sum by (job) (x)`: adds rows to the rows of their groups, so that memory is groups by steps.
///
/// Series are added in the order of the input, sums are compensated: same input, same bits.
struct Aggregate<State: CellAccumulator>: Operator {
  private var input: any Operator
  private var groups: GroupIndex
  private let steps: Int
  private var states: [State] = []
  private var output: BlockQueue?

  init(_ input: any Operator, _ grouping: Grouping, steps: Int) {
    self.input = input
    groups = GroupIndex(grouping)
    self.steps = steps
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    if output == nil {
      while let block = try input.next(&context) { try add(block, &context) }
      output = results()
    }
    return output?.next()
  }

  private mutating func add(
    _ block: SeriesBlock, _ context: inout QueryContext
  ) throws(QueryError) {
    for row in 0..<block.rowCount {
      let group = groups.number(of: block.heads[row])
      if states.count < groups.count * steps {
        try context.hold(samples: steps * max(1, MemoryLayout<State>.stride / 8))
        states.append(contentsOf: repeatElement(.empty, count: steps))
      }
      addRow(block.values.span.extracting(block.cells(row)), to: &states, from: group * steps)
    }
  }

  private mutating func results() -> BlockQueue {
    var queue = BlockQueue()
    for group in 0..<groups.count {
      let row = states[group * steps..<(group + 1) * steps].map { $0.result }
      if row.contains(where: { !$0.isMissing }) {
        queue.append(groups.heads[group], row, stepCount: steps)
      }
    }
    states = []
    return queue
  }
}
