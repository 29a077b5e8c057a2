internal import MetricModel

/// Rows that several parts of a plan read: computed for the first that asks, kept for the others
/// until they ask.
///
/// What would have to be kept may be much, where one reader wants all rows before the next wants
/// any. Past a bound, readers that have taken nothing yet compute their own: time for memory.
final class SharedRows {
  private struct Reader {
    /// What a row's labels must fulfil.
    var matchers: [LabelMatcher]
    /// Rows kept for it, the next last.
    var kept: [SeriesBlock] = []
    var hasTaken = false
    var isAlone = false
  }

  /// What a reader gets.
  enum Answer {
    case block(SeriesBlock)
    case end
    /// Nothing, now or later: it has to help itself.
    case alone
  }

  /// Bytes kept at most for readers that could help themselves.
  private static let keptBytesMax = 32 << 20

  private var source: (any Operator)?
  private var isFinished = false
  private var readers: [Reader] = []
  private var keptBytes = 0

  /// Notes a reader before the first row is computed, and numbers it.
  func addReader(_ matchers: [LabelMatcher]) -> Int {
    readers.append(Reader(matchers: matchers))
    return readers.count - 1
  }

  /// - Parameter start: makes the operator of the rows, if nobody has asked before.
  func next(
    for reader: Int, _ context: inout QueryContext,
    start: () throws(QueryError) -> any Operator
  ) throws(QueryError) -> Answer {
    if readers[reader].isAlone { return .alone }
    readers[reader].hasTaken = true
    if let block = readers[reader].kept.popLast() {
      keptBytes -= block.sizeBytes
      context.release(block)
      return .block(block)
    }
    while !isFinished {
      var rows = if let source { source } else { try start() }
      source = nil
      let block = try rows.next(&context)
      source = rows
      guard let block else {
        isFinished = true
        source = nil
        break
      }
      try keep(block, butFor: reader, &context)
      let own = block.rows(fulfilling: readers[reader].matchers)
      if own.rowCount > 0 { return .block(own) }
    }
    return .end
  }

  private func keep(
    _ block: SeriesBlock, butFor reader: Int, _ context: inout QueryContext
  ) throws(QueryError) {
    for other in readers.indices where other != reader && !readers[other].isAlone {
      let rows = block.rows(fulfilling: readers[other].matchers)
      if rows.rowCount == 0 { continue }
      if keptBytes + rows.sizeBytes > Self.keptBytesMax && !readers[other].hasTaken {
        readers[other].isAlone = true
        for kept in readers[other].kept {
          keptBytes -= kept.sizeBytes
          context.release(kept)
        }
        readers[other].kept = []
        continue
      }
      try context.hold(rows)
      keptBytes += rows.sizeBytes
      readers[other].kept.insert(rows, at: 0)
    }
  }
}

/// One of the readers of shared rows.
struct SharedReader: Operator {
  private let plan: SharedPlan
  private let rows: SharedRows
  private let reader: Int
  private let builder: OperatorBuilder
  private let grid: StepGrid
  /// Of a reader that was left alone.
  private var own: (any Operator)?

  init(_ plan: SharedPlan, _ builder: OperatorBuilder, on grid: StepGrid) {
    self.plan = plan
    self.builder = builder
    self.grid = grid
    rows = builder.shared.rows(of: plan.number)
    reader = rows.addReader(plan.matchers)
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    if own == nil {
      let answer = try rows.next(for: reader, &context) { () throws(QueryError) in
        try builder.build(plan.common, on: grid)
      }
      switch answer {
      case .block(let block): return block
      case .end: return nil
      case .alone: own = try builder.build(plan.plan, on: grid)
      }
    }
    return try own?.next(&context)
  }
}

/// The shared rows of one query, by the numbers of their plans.
final class SharedRowsTable {
  private var table: [Int: SharedRows] = [:]

  func rows(of number: Int) -> SharedRows {
    if let known = table[number] { return known }
    let rows = SharedRows()
    table[number] = rows
    return rows
  }
}

extension SeriesBlock {
  /// The rows whose labels fulfil all matchers.
  func rows(fulfilling matchers: [LabelMatcher]) -> SeriesBlock {
    if matchers.isEmpty { return self }
    var result = SeriesBlock(stepCount: stepCount)
    for row in 0..<rowCount where matchers.allSatisfy({ $0.matches(heads[row].labels) }) {
      result.append(heads[row], row: row, of: self)
    }
    return result
  }
}
