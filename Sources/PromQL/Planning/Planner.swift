internal import MetricModel

/// Turns syntax into a plan: resolves `@` and offsets, decides what happens to names, finds
/// step-invariant parts, folds constants, and inserts row merges where labels may collide.
struct Planner {
  let options: QueryOptions
  /// The evaluation times of the whole query, to which `@ start()` and `@ end()` refer.
  let query: StepGrid
  /// What another engine may be asked for; nil where all is evaluated here.
  var delegation: Delegation?
  /// What the expression at hand needs of histograms.
  var detail = HistogramDetail.buckets

  /// A plan and what is known of its rows.
  struct Planned {
    var plan: QueryPlan
    var type: ValueType
    /// Whether the result is the same at every step.
    var isInvariant = false
    /// Whether no two rows have the same labels.
    var hasUniqueRows = true
    /// Whether that still holds without metric names.
    var isUniqueWithoutName = true
  }

  /// A plan for an expression that isn't a string or a range vector. The largest parts that
  /// another engine may answer are asked of it.
  func plan(_ expression: QueryExpression) throws(QueryError) -> Planned {
    guard let text = delegation?.text(of: expression) else { return try planHere(expression) }
    var here = self
    here.delegation = nil
    var planned = try here.planHere(expression)
    planned.plan = .asked(
      AskedPlan(
        text: text, engine: delegation?.engine.name ?? "", lookback: options.lookback,
        plan: planned.plan))
    planned.hasUniqueRows = true
    return planned
  }

  private func planHere(_ expression: QueryExpression) throws(QueryError) -> Planned {
    switch expression {
    case .number(let literal, _):
      return Planned(plan: .number(Constant(literal.value)), type: .scalar, isInvariant: true)
    case .parenthesised(let inner, _): return try plan(inner)
    case .selector(let selector):
      let scan = try plan(selector, .value)
      return selector.extension == .smoothed ? smoothed(selector, scan) : scan
    case .unary(let isNegation, let operand, _): return try unary(isNegation, operand)
    case .binary(let operation): return try plan(operation)
    case .aggregation(let aggregation): return try plan(aggregation)
    case .call(let call): return try plan(call)
    case .string, .rangeSelector, .subquery:
      // The type check lets these stand only where a caller expects them.
      throw .unsupported("a \(Self.type(of: expression).spelledOut) in this place")
    }
  }

  /// A range vector: `x[5m]` or `expression[5m:1m]`.
  func rangePlan(
    _ expression: QueryExpression
  ) throws(QueryError) -> (plan: RangePlan, facts: Planned) {
    switch expression.unparenthesised {
    case .rangeSelector(let selector, let range, _):
      let window = try window(selector.shift, durations.positive(range))
      let facts = try plan(selector, .value)
      let plan = selectorPlan(selector, window)
      guard let kind = selector.extension else { return (.stored(plan), facts) }
      let extended = ExtendedWindow(kind: kind, range: window.range, lookback: options.lookback)
      return (.extended(plan, extended), facts)
    case .subquery(let subquery):
      var facts = settled(try needing(.bucketsBelow).plan(subquery.expression))
      if !facts.hasUniqueRows { facts = merged(facts, isStrict: false) }
      let window = try window(subquery.shift, durations.positive(subquery.window))
      let step = try subquery.step.map(durations.positive) ?? options.defaultSubqueryStep
      let plan = RangePlan.subquery(facts.plan, window, step: step)
      facts.isInvariant = window.pin != nil
      return (plan, facts)
    default:
      throw .unsupported("a \(Self.type(of: expression).spelledOut) as a range vector")
    }
  }

  func plan(
    _ selector: VectorSelector, _ answer: SampleAnswer
  ) throws(QueryError) -> Planned {
    let window = try window(selector.shift, options.lookback)
    let isNamed = selector.matchers.contains {
      $0.name == Labels.metricName && $0.operation == .equal
    }
    return Planned(
      plan: .scan(
        selectorPlan(selector, window), answer),
      type: .vector, isInvariant: window.pin != nil, isUniqueWithoutName: isNamed)
  }

  private func selectorPlan(_ selector: VectorSelector, _ window: SelectorWindow) -> SelectorPlan {
    SelectorPlan(
      matchers: selector.matchers, window: window, settlesHints: detail == .countAndSum)
  }

  /// A planner for what lies below an operation that needs `detail` of histograms.
  func needing(_ detail: HistogramDetail) -> Planner {
    var inner = self
    if inner.detail != .bucketsBelow { inner.detail = detail }
    return inner
  }

  /// Resolves `@`; the offset applies on top.
  func window(
    _ shift: TimeShift, _ range: Milliseconds
  ) throws(QueryError) -> SelectorWindow {
    let pin: Timestamp? =
      switch shift.pin {
      case nil: nil
      case .at(let time): time
      case .queryStart: query.start
      case .queryEnd: query.end
      }
    return SelectorWindow(range: range, offset: try durations.offset(shift.offset), pin: pin)
  }

  /// Whether start times of samples mean anything.
  var usesStartTimes: Bool { options.features.contains(.startTimestamps) }

  var durations: DurationArithmetic { DurationArithmetic(query: query) }

  /// The type of an expression as far as planning needs it, the type check having passed.
  static func type(of expression: QueryExpression) -> ValueType {
    switch expression.unparenthesised {
    case .string: .string
    case .rangeSelector, .subquery: .matrix
    case .number: .scalar
    default: .vector
    }
  }
}

/// What operations do to names and rows.
extension Planner {
  /// How an operation that drops the name does it.
  var nameDrop: NameRule { options.delaysNameRemoval ? .dropAtEnd : .drop }

  /// Adds what follows from dropping the name: rows that were told apart by it alone merge.
  func afterNameDrop(_ planned: Planned, isStrict: Bool = false) -> Planned {
    if nameDrop == .dropAtEnd || planned.isUniqueWithoutName { return planned }
    return merged(planned, isStrict: isStrict, isUniqueWithoutName: true)
  }

  func merged(
    _ planned: Planned, isStrict: Bool, isUniqueWithoutName: Bool? = nil
  ) -> Planned {
    var result = planned
    result.plan = .mergeRows(planned.plan, isStrict: isStrict)
    result.hasUniqueRows = true
    result.isUniqueWithoutName = isUniqueWithoutName ?? planned.isUniqueWithoutName
    return result
  }

  /// Evaluates a step-invariant expression once; numbers alone aren't worth it.
  func settled(_ planned: Planned) -> Planned {
    guard planned.isInvariant, options.optimises else { return planned }
    if case .number = planned.plan { return planned }
    if case .stepInvariant = planned.plan { return planned }
    var result = planned
    result.plan = .stepInvariant(planned.plan)
    return result
  }

  /// Plans operands of one node: invariant all together, or each settled by itself.
  func operands(_ planned: [Planned]) -> (plans: [Planned], isInvariant: Bool) {
    if planned.allSatisfy(\.isInvariant) { return (planned, true) }
    return (planned.map(settled), false)
  }
}
