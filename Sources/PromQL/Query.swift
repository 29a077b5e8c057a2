package import MetricModel

/// A query of the language, ready to be evaluated any number of times.
///
///     let query = try Query("sum by (job) (rate(http_requests_total[5m]))")
///     let answer = try query.instant(at: now, from: store.snapshot())
///
/// Evaluation is a pure function: the same series give the same bits.
package struct Query: Sendable {
  /// As written.
  package let text: String
  package let expression: QueryExpression
  package let options: QueryOptions

  /// Parses, checks that what isn't enabled isn't used, and type-checks.
  package init(_ text: String, options: QueryOptions = QueryOptions()) throws(ParseError) {
    let reading = ParserOptions(readsTemplates: options.features.contains(.metricsQL))
    let expression = try Parser.parse(text, options: reading)
    try FeatureCheck.check(expression, enabled: options.features, in: text)
    _ = try TypeCheck.type(of: expression, in: text)
    self.init(text: text, expression: expression, options: options)
  }

  /// Takes a tree that has been parsed and type-checked; `text` is what its ranges refer to.
  package init(
    text: String, expression: QueryExpression, options: QueryOptions = QueryOptions()
  ) {
    self.text = text
    self.expression = expression
    self.options = options
  }

  /// What it gives.
  package var type: ValueType { Planner.type(of: expression) }

  /// The value at one time.
  package func instant(
    at time: Timestamp, from source: any SeriesSource, limits: QueryLimits = QueryLimits()
  ) throws(QueryError) -> QueryAnswer {
    let grid = StepGrid.instant(time)
    var context = context(over: grid, source, limits)
    let value: QueryValue
    switch try planned(over: grid, source) {
    case .text(let text): value = .string(text, at: time)
    case .range(let plan):
      let windows = WindowGrid(plan.window, on: grid)
      var input = try OperatorBuilder(limits: limits).build(plan, under: windows)
      let series = try ResultCollector(grid: grid).rangeVector(&input, &context)
      context.reads?.add(series, of: plan)
      value = .matrix(series)
    case .rows(let plan, let type): value = try atOneTime(plan, type, on: grid, &context)
    }
    return answer(value, on: grid, context)
  }

  /// The values at all times of a grid, as a matrix.
  package func range(
    over grid: StepGrid, from source: any SeriesSource, limits: QueryLimits = QueryLimits()
  ) throws(QueryError) -> QueryAnswer {
    let plan = try rangePlan(over: grid, source, limits)
    var context = context(over: grid, source, limits)
    return answer(try overTime(plan, on: grid, &context), on: grid, context)
  }
}

/// The stages, which explanations go through too.
extension Query {
  /// What a query turns out to be.
  enum Planned {
    case text(String)
    /// A range vector as it is stored.
    case range(RangePlan)
    case rows(QueryPlan, ValueType)
  }

  /// - Parameter source: whose engine may be asked for parts; nil for a plan by itself.
  func planned(
    over grid: StepGrid, _ source: (any SeriesSource)? = nil
  ) throws(QueryError) -> Planned {
    if case .string(let literal, _) = expression.unparenthesised { return .text(literal.text) }
    let delegation = source.flatMap { Delegation(to: $0, options, query: grid) }
    let planner = Planner(options: options, query: grid, delegation: delegation)
    if Planner.type(of: expression) == .matrix {
      return .range(try planner.rangePlan(expression).plan)
    }
    let planned = planner.settled(try planner.plan(expression))
    // Samples are counted as the query is written, whatever a better plan would share.
    let keepsPlan = options.countsSamples || !options.optimises
    return .rows(keepsPlan ? planned.plan : PlanPass.optimised(planned.plan), planned.type)
  }

  private func context(
    over grid: StepGrid, _ source: any SeriesSource, _ limits: QueryLimits
  ) -> QueryContext {
    var context = QueryContext(source: source, limits: limits)
    if options.countsSamples { context.reads = SampleReads(steps: grid.count) }
    return context
  }

  /// The plan of a query that can be asked at several times.
  func rangePlan(
    over grid: StepGrid, _ source: any SeriesSource, _ limits: QueryLimits
  ) throws(QueryError) -> QueryPlan {
    let type = Planner.type(of: expression)
    guard type != .string && type != .matrix else { throw .rangeQueryType(type) }
    guard grid.count <= limits.stepsMax else {
      throw .tooManySteps(limit: limits.stepsMax, needed: grid.count)
    }
    guard case .rows(let plan, _) = try planned(over: grid, source) else {
      throw .rangeQueryType(type)
    }
    return plan
  }

  func atOneTime(
    _ plan: QueryPlan, _ type: ValueType, on grid: StepGrid, _ context: inout QueryContext
  ) throws(QueryError) -> QueryValue {
    var root = try OperatorBuilder(limits: context.limits).build(plan, on: grid)
    if type == .scalar {
      let cells = try root.column(steps: 1, &context)
      return .scalar(ScalarPoint(time: grid.start, value: cells[0]))
    }
    return .vector(try ResultCollector(grid: grid).vector(&root, &context))
  }

  func overTime(
    _ plan: QueryPlan, on grid: StepGrid, _ context: inout QueryContext
  ) throws(QueryError) -> QueryValue {
    var root = try OperatorBuilder(limits: context.limits).build(plan, on: grid)
    return .matrix(try ResultCollector(grid: grid).matrix(&root, &context))
  }

  func answer(
    _ value: QueryValue, on grid: StepGrid, _ context: QueryContext
  ) -> QueryAnswer {
    let samples = context.reads.map {
      SampleStatistics(
        total: $0.total, perStep: $0.perStep, grid: grid, peak: context.samplesPeak)
    }
    return QueryAnswer(
      value: value, annotations: context.annotations.rendered(in: text), samples: samples)
  }
}

/// What a query says, and remarks on it.
package struct QueryAnswer: Equatable, Sendable {
  package var value: QueryValue
  /// Sorted; each once.
  package var annotations: [Annotation]
  /// Nil unless `QueryOptions.countsSamples` asked for it.
  package var samples: SampleStatistics?

  package init(
    value: QueryValue, annotations: [Annotation] = [], samples: SampleStatistics? = nil
  ) {
    self.value = value
    self.annotations = annotations
    self.samples = samples
  }
}
