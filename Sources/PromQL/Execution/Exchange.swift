internal import MetricModel
internal import Synchronization

/// Several workers for the part of a large plan that goes series by series: scans, windows, and
/// functions of cells on top.
///
/// Series are cut into runs that are worked off side by side and handed on in their order. What is
/// above sees the tiles it would see from one worker, so every sum is added up in the same order,
/// and results are the same to the bit.
struct Exchange: Operator {
  private let plan: QueryPlan
  private let selector: SelectorPlan
  private let span: TimeRange
  private let grid: StepGrid
  private let limits: QueryLimits
  private let crew: WorkerCrew
  private var selection: (any SeriesSelection)?
  private var seriesCount = 0
  private var position = 0
  private var ready: [SeriesBlock] = []
  /// The only operator, of a query too small for more than one.
  private var single: (any Operator)?

  /// Nil where a plan can't be cut.
  init?(_ plan: QueryPlan, on grid: StepGrid, _ limits: QueryLimits) {
    guard limits.crew.workers > 1, let (selector, span) = Self.seriesWise(plan, on: grid) else {
      return nil
    }
    self.plan = plan
    self.selector = selector
    self.span = span
    self.grid = grid
    self.limits = limits
    crew = limits.crew
  }

  /// What a plan reads, if its rows come of one series each.
  private static func seriesWise(
    _ plan: QueryPlan, on grid: StepGrid
  ) -> (SelectorPlan, TimeRange)? {
    switch plan {
    case .scan(let selector, _): return (selector, WindowGrid(selector.window, on: grid).span)
    case .window(let window):
      guard case .stored(let selector) = window.input, window.parameters.allSatisfy(\.isNumber)
      else { return nil }
      return (selector, WindowGrid(selector.window, on: grid).span)
    case .cells(let cells):
      return cells.parameters.allSatisfy(\.isNumber) ? seriesWise(cells.input, on: grid) : nil
    case .measured(_, let input): return seriesWise(input, on: grid)
    default: return nil
    }
  }

  /// Fewer runs aren't worth waking anybody for.
  private static let runsMin = 4

  /// Series in a run. A series costs its steps and its samples, taken to be 15 seconds apart.
  private var runLength: Int {
    let samples = span.end.since(span.start).count / 15_000
    let cost = grid.count + Int(clamping: max(0, samples)) + 8
    return max(1, min(SeriesBlock.rowsPerTile(steps: grid.count), crew.cellsPerRun / cost))
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    if selection == nil { try select(&context) }
    if single != nil { return try single?.next(&context) }
    while ready.isEmpty && position < seriesCount {
      try context.checkCancellation()
      try runSome(&context)
    }
    return ready.popLast()
  }

  private mutating func select(_ context: inout QueryContext) throws(QueryError) {
    let found = try context.select(selector.matchers, in: span)
    selection = found
    seriesCount = found.labels.count
    if seriesCount < runLength * Self.runsMin {
      single = try OperatorBuilder(limits: limits, reading: found, 0..<seriesCount)
        .build(plan, on: grid)
    }
  }

  /// Works off some runs, four for each worker, and notes their tiles in order.
  private mutating func runSome(_ context: inout QueryContext) throws(QueryError) {
    guard let selection else { return }
    var runs: [Range<Int>] = []
    while runs.count < 4 * crew.workers && position < seriesCount {
      let end = min(seriesCount, position + runLength)
      runs.append(position..<end)
      position = end
    }
    let results = Mutex<[Int: RunResult]>([:])
    let (plan, grid, limits, fork) = (plan, grid, limits, context.fork)
    let run: @Sendable (Int) -> Void = { [runs] number in
      let part = OperatorBuilder(limits: limits, reading: selection, runs[number])
      let result = RunResult(part, plan, on: grid, fork)
      results.withLock { $0[number] = result }
    }
    crew.run(runs.count, run)
    let done = results.withLock { $0 }
    for number in runs.indices {
      guard let result = done[number] else { continue }
      try context.merge(result.context)
      if let failure = result.failure { throw failure }
      ready.insert(contentsOf: result.blocks.reversed(), at: 0)
    }
  }

  /// The tiles of one run, and what there was to say.
  private struct RunResult: Sendable {
    var blocks: [SeriesBlock] = []
    var context: QueryContext
    var failure: QueryError?

    init(
      _ builder: OperatorBuilder, _ plan: QueryPlan, on grid: StepGrid, _ context: QueryContext
    ) {
      self.context = context
      do throws(QueryError) {
        var part = try builder.build(plan, on: grid)
        while let block = try part.next(&self.context) { blocks.append(block) }
      } catch {
        failure = error
      }
    }
  }
}

/// Who runs parts of a query side by side: a shell's threads, since engines have none.
package struct WorkerCrew: Sendable {
  /// How many parts run at once at most.
  package let workers: Int
  /// Samples and cells in what one worker takes at a time, about; 65,536 are half a millisecond.
  package let cellsPerRun: Int
  /// Calls a function with each number below a count, on whichever threads, and returns when all
  /// calls have.
  package let run: @Sendable (_ count: Int, _ body: @escaping @Sendable (Int) -> Void) -> Void

  package init(
    workers: Int, cellsPerRun: Int = 65_536,
    run: @escaping @Sendable (_ count: Int, _ body: @escaping @Sendable (Int) -> Void) -> Void
  ) {
    self.workers = workers
    self.cellsPerRun = cellsPerRun
    self.run = run
  }

  /// One after the other, where it stands.
  package static let alone = WorkerCrew(workers: 1) { count, body in
    for number in 0..<count { body(number) }
  }
}
