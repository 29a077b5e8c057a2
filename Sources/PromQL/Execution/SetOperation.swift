internal import MetricModel

/// `and`, `or`, `unless`: membership by signature, step by step.
struct SetOperation: Operator {
  private var left: any Operator
  private var right: any Operator
  private let operation: BinaryOperation.Operator
  private let steps: Int
  private let picker: LabelPicker
  /// For each signature of the deciding side, the steps at which it is present.
  private var present: [Labels: StepSet] = [:]
  private var hasReadRight = false
  private var hasReadLeft = false

  init(
    _ operation: BinaryOperation.Operator, _ left: any Operator, _ right: any Operator,
    _ matching: VectorMatching.Labels, steps: Int
  ) {
    self.operation = operation
    self.left = left
    self.right = right
    self.steps = steps
    picker = LabelPicker(signatureOf: matching)
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    operation == .or ? try nextOfUnion(&context) : try nextOfLeft(&context)
  }

  /// All of the left side, then what of the right side isn't on the left at the same step.
  private mutating func nextOfUnion(
    _ context: inout QueryContext
  ) throws(QueryError) -> SeriesBlock? {
    if !hasReadLeft {
      if let block = try left.next(&context) {
        note(block)
        return block
      }
      hasReadLeft = true
    }
    return try nextFiltered(&right, keepsMembers: false, &context)
  }

  private mutating func nextOfLeft(
    _ context: inout QueryContext
  ) throws(QueryError) -> SeriesBlock? {
    if !hasReadRight {
      while let block = try right.next(&context) { note(block) }
      hasReadRight = true
    }
    return try nextFiltered(&left, keepsMembers: operation == .and, &context)
  }

  private mutating func note(_ block: SeriesBlock) {
    let none = StepSet(count: steps)
    for row in 0..<block.rowCount {
      let signature = picker(block.heads[row].labels)
      present[signature, default: none].insert(
        presentIn: block.values.span.extracting(block.cells(row)))
    }
  }

  private func nextFiltered(
    _ side: inout any Operator, keepsMembers: Bool, _ context: inout QueryContext
  ) throws(QueryError) -> SeriesBlock? {
    while var block = try side.next(&context) {
      for row in 0..<block.rowCount {
        let members = present[picker(block.heads[row].labels)]
        for step in 0..<steps where members?.contains(step) ?? false != keepsMembers {
          block.values[row * steps + step] = .missing
        }
      }
      block.removeEmptyRows()
      if block.rowCount > 0 { return block }
    }
    return nil
  }
}
