internal import MetricModel

/// What another engine is asked for, at the evaluation times of its place in the plan.
struct AskedPlan: Equatable {
  var text: String
  /// For people.
  var engine: String
  var lookback: Milliseconds
  /// The same, to be evaluated here where the engine can't after all.
  var plan: QueryPlan

  /// Whether the order of rows says something; otherwise it is that of some storage.
  fileprivate var isOrdered: Bool {
    switch plan {
    case .sort, .rank, .stepInvariant(.sort), .stepInvariant(.rank): true
    default: false
    }
  }
}

/// The rows of an answer that another engine gives.
struct AskedRows: Operator {
  private let asked: AskedPlan
  private let builder: OperatorBuilder
  private let grid: StepGrid
  private var answer: BlockQueue?
  /// Evaluates what the engine left to us.
  private var here: (any Operator)?

  init(_ asked: AskedPlan, _ builder: OperatorBuilder, on grid: StepGrid) {
    self.asked = asked
    self.builder = builder
    self.grid = grid
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    if answer == nil && here == nil {
      answer = try ask(&context)
      if answer == nil { here = try builder.build(asked.plan, on: grid) }
    }
    return answer == nil ? try here?.next(&context) : answer?.next()
  }

  /// Nil where the engine declines.
  private func ask(_ context: inout QueryContext) throws(QueryError) -> BlockQueue? {
    guard let engine = context.source.engine(for: []), grid.count <= Self.stepsMax else {
      return nil
    }
    try context.checkCancellation()
    let question = QueryQuestion(
      asked.text, over: grid, lookback: asked.lookback, bytesMax: context.limits.bytesMax)
    let answer: EngineAnswer
    do {
      answer = try engine.answer(question)
    } catch .unsupported {
      return nil
    } catch {
      throw context.failure(error)
    }
    context.annotations.quote(answer.annotations)
    let sizeBytes = answer.series.reduce(0) { $0 + $1.samples.sizeBytes + $1.labels.sizeBytes }
    try context.hold(bytes: sizeBytes)
    var queue = BlockQueue()
    var row = [Double](repeating: .missing, count: grid.count)
    let rows = asked.isOrdered ? answer.series : answer.series.sorted { $0.labels < $1.labels }
    for series in rows {
      try context.hold(samples: grid.count)
      try fill(&row, series, engine)
      queue.append(SeriesHead(labels: series.labels), row, stepCount: grid.count)
    }
    context.release(bytes: sizeBytes)
    return queue
  }

  /// What servers of Prometheus' kind answer at most.
  private static let stepsMax = 11_000

  private func fill(
    _ row: inout [Double], _ series: Series, _ engine: any QueryEngine
  ) throws(QueryError) {
    for step in row.indices { row[step] = .missing }
    let (start, length) = (grid.start.milliseconds, max(1, grid.step.count))
    for (time, value) in zip(series.samples.timestamps, series.samples.values) {
      let (distance, overflows) = time.subtractingReportingOverflow(start)
      guard !overflows, distance >= 0, distance % length == 0, distance / length < grid.count
      else {
        throw .storage(
          .unreadable(
            "\(engine.name) answers \(asked.text) at \(time) ms, when it wasn't asked for"))
      }
      row[Int(distance / length)] = value
    }
  }
}
