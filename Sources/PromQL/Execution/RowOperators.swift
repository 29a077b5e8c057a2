internal import MetricModel

/// Makes one row of the rows that have the same labels. Two samples at one step are an error.
struct RowMerge: Operator {
  private var input: any Operator
  private let steps: Int
  /// Whether equal labels are an error even where the rows don't meet.
  private let isStrict: Bool
  private var output: BlockQueue?

  init(_ input: any Operator, isStrict: Bool, steps: Int) {
    self.input = input
    self.isStrict = isStrict
    self.steps = steps
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    if output == nil { output = try merged(&context) }
    return output?.next()
  }

  private mutating func merged(_ context: inout QueryContext) throws(QueryError) -> BlockQueue {
    var all = SeriesBlock(stepCount: steps)
    var rows: [Labels: Int] = [:]
    while let block = try input.next(&context) {
      try context.hold(block)
      for row in 0..<block.rowCount {
        if let known = rows[block.heads[row].labels] {
          if isStrict { throw .repeatedLabelset }
          try all.merge(row: row, of: block, intoRow: known)
        } else {
          rows[block.heads[row].labels] = all.rowCount
          all.append(block.heads[row], row: row, of: block)
        }
      }
    }
    var queue = BlockQueue()
    queue.append(all)
    return queue
  }
}

extension SeriesBlock {
  /// Adds the present cells of another block's row to a row that must be missing there.
  mutating func merge(
    row: Int, of other: SeriesBlock, intoRow targetRow: Int
  ) throws(QueryError) {
    let target = targetRow * stepCount
    for (step, value) in other.values[other.cells(row)].enumerated() where !value.isMissing {
      guard values[target + step].isMissing else { throw .repeatedLabelset }
      set(value, at: target + step)
    }
    if other.hasHistograms { copyHistograms(of: other, row: row, to: target) }
  }
}

/// Repeats the one column of a step-invariant expression at every step.
struct Replicate: Operator {
  private var input: any Operator
  private let steps: Int
  private var pending: SeriesBlock?
  private var row = 0

  init(_ input: any Operator, steps: Int) {
    self.input = input
    self.steps = steps
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    var block = SeriesBlock(stepCount: steps)
    while !block.isFull {
      while row >= pending?.rowCount ?? 0 {
        let outer = context.countReadsApart(steps: 1)
        pending = try input.next(&context)
        if var outer, let once = context.reads {
          outer.addRepeated(once)
          context.reads = outer
        }
        row = 0
        if pending == nil { return block.rowCount > 0 ? block : nil }
      }
      guard let pending else { break }
      block.append(pending.heads[row], repeatElement(pending.values[row], count: steps))
      if let histogram = pending.histogram(at: row) {
        let last = block.cells(block.rowCount - 1)
        for cell in last { block.set(histogram, at: cell) }
      }
      row += 1
    }
    return block
  }
}

/// `scalar(v)`: the value where there is exactly one number, otherwise NaN.
struct ScalarOf: Operator {
  private var input: any Operator
  private let steps: Int
  private var isFinished = false

  init(_ input: any Operator, steps: Int) {
    self.input = input
    self.steps = steps
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    if isFinished { return nil }
    isFinished = true
    var cells = [Double](repeating: .missing, count: steps)
    var seen = StepSet(count: steps)
    while var block = try input.next(&context) {
      block.removeHistograms()
      for row in 0..<block.rowCount {
        for step in 0..<steps where !block.values[row * steps + step].isMissing {
          cells[step] = seen.contains(step) ? .nan : block.values[row * steps + step]
          seen.insert(step)
        }
      }
    }
    for step in 0..<steps where cells[step].isMissing { cells[step] = .nan }
    var result = SeriesBlock(stepCount: steps)
    result.append(SeriesHead(labels: .empty), cells)
    return result
  }
}

/// `absent(v)`: 1 where there is no element.
struct Absent: Operator {
  private var input: any Operator
  private let labels: Labels
  private let steps: Int
  private var isFinished = false

  init(_ input: any Operator, _ labels: Labels, steps: Int) {
    self.input = input
    self.labels = labels
    self.steps = steps
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    if isFinished { return nil }
    isFinished = true
    var cells = [Double](repeating: 1, count: steps)
    while let block = try input.next(&context) {
      for row in 0..<block.rowCount {
        for step in 0..<steps where !block.values[row * steps + step].isMissing {
          cells[step] = .missing
        }
      }
    }
    guard cells.contains(where: { !$0.isMissing }) else { return nil }
    var result = SeriesBlock(stepCount: steps)
    result.append(SeriesHead(labels: labels), cells)
    return result
  }
}
