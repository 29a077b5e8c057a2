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
    if case .string(let literal, _) = expression.unparenthesised {
      return QueryAnswer(value: .string(literal.text, at: time), annotations: [])
    }
    var context = QueryContext(source: source, limits: limits)
    let planner = Planner(options: options, query: grid)
    let collector = ResultCollector(grid: grid)
    let value: QueryValue
    if Planner.type(of: expression) == .matrix {
      let plan = try planner.rangePlan(expression).plan
      let windows = WindowGrid(plan.window, on: grid)
      var input = try OperatorBuilder(limits: limits).build(plan, under: windows)
      value = .matrix(try collector.rangeVector(&input, &context))
    } else {
      let planned = try planner.plan(expression)
      var root = try OperatorBuilder(limits: limits).build(planned.plan, on: grid)
      if planned.type == .scalar {
        let cells = try root.column(steps: 1, &context)
        value = .scalar(ScalarPoint(time: time, value: cells[0]))
      } else {
        value = .vector(try collector.vector(&root, &context))
      }
    }
    return QueryAnswer(value: value, annotations: context.annotations.rendered(in: text))
  }

  /// The values at all times of a grid, as a matrix.
  package func range(
    over grid: StepGrid, from source: any SeriesSource, limits: QueryLimits = QueryLimits()
  ) throws(QueryError) -> QueryAnswer {
    let type = Planner.type(of: expression)
    guard type != .string && type != .matrix else { throw .rangeQueryType(type) }
    guard grid.count <= limits.stepsMax else { throw .tooManySteps(limits.stepsMax) }
    var context = QueryContext(source: source, limits: limits)
    let planner = Planner(options: options, query: grid)
    let planned = planner.settled(try planner.plan(expression))
    var root = try OperatorBuilder(limits: limits).build(planned.plan, on: grid)
    let series = try ResultCollector(grid: grid).matrix(&root, &context)
    return QueryAnswer(
      value: .matrix(series), annotations: context.annotations.rendered(in: text))
  }
}

/// What a query says, and remarks on it.
package struct QueryAnswer: Equatable, Sendable {
  package var value: QueryValue
  /// Sorted; each once.
  package var annotations: [Annotation]

  package init(value: QueryValue, annotations: [Annotation] = []) {
    self.value = value
    self.annotations = annotations
  }
}
