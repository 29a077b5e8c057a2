internal import MetricModel

/// A part of a running query: hands out tiles until nothing is left.
///
/// Rows of a tile have at least one sample. One label set may come in several rows where the plan
/// says so (`QueryPlan.rowsAreUnique`), but never twice at one step. A scalar is one row without
/// labels in which every cell is present.
protocol Operator {
  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock?
}

/// No rows at all.
struct EmptyOperator: Operator {
  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? { nil }
}

/// Hands out, tile by tile, rows that another operator has completed.
struct BlockQueue {
  private var blocks: [SeriesBlock] = []
  private var position = 0

  mutating func append(_ block: SeriesBlock) {
    if block.rowCount > 0 { blocks.append(block) }
  }

  /// Adds a row of numbers to the last tile, or to a new one when that is full.
  mutating func append(_ head: SeriesHead, _ row: some Collection<Double>, stepCount: Int) {
    makeRoom(stepCount)
    blocks[blocks.count - 1].append(head, row)
  }

  /// Adds a row of another block, under a head of its own.
  mutating func append(_ head: SeriesHead, row: Int, of other: SeriesBlock) {
    makeRoom(other.stepCount)
    blocks[blocks.count - 1].append(head, row: row, of: other)
  }

  private mutating func makeRoom(_ stepCount: Int) {
    if blocks.isEmpty || blocks[blocks.count - 1].isFull {
      blocks.append(SeriesBlock(stepCount: stepCount))
    }
  }

  mutating func next() -> SeriesBlock? {
    guard position < blocks.count else { return nil }
    defer { position += 1 }
    let block = blocks[position]
    blocks[position] = SeriesBlock(stepCount: block.stepCount)
    return block
  }
}

extension Operator {
  /// The cells of a scalar operator.
  mutating func column(
    steps: Int, _ context: inout QueryContext
  ) throws(QueryError) -> [Double] {
    guard let block = try next(&context), block.rowCount > 0 else {
      return [Double](repeating: .nan, count: steps)
    }
    return Array(block.values[block.cells(0)])
  }

  /// All rows in one block, held in the context's account until the query ends.
  mutating func collected(
    steps: Int, _ context: inout QueryContext
  ) throws(QueryError) -> SeriesBlock {
    var all = SeriesBlock(stepCount: steps)
    while let block = try next(&context) {
      try context.hold(block)
      for row in 0..<block.rowCount { all.append(block.heads[row], row: row, of: block) }
    }
    return all
  }
}
