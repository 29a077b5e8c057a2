internal import MetricModel

/// Turns syntax into a plan: resolves `@` and offsets, decides what happens to names, finds
/// step-invariant parts, folds constants, and inserts row merges where labels may collide.
struct Planner {
  let options: QueryOptions
  /// The evaluation times of the whole query, to which `@ start()` and `@ end()` refer.
  let query: StepGrid

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

  /// A plan for an expression that isn't a string or a range vector.
  func plan(_ expression: QueryExpression) throws(QueryError) -> Planned {
    switch expression {
    case .number(let value, _):
      return Planned(plan: .number(value), type: .scalar, isInvariant: true)
    case .parenthesised(let inner, _): return try plan(inner)
    case .selector(let selector): return plan(selector, answersTimes: false)
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
      let facts = plan(selector, answersTimes: false)
      let window = window(selector.shift, range)
      return (.stored(SelectorPlan(matchers: selector.matchers, window: window)), facts)
    case .subquery(let subquery):
      var facts = settled(try plan(subquery.expression))
      if !facts.hasUniqueRows { facts = merged(facts, isStrict: false) }
      let window = window(subquery.shift, subquery.window)
      let step = subquery.step ?? options.defaultSubqueryStep
      let plan = RangePlan.subquery(facts.plan, window, step: step)
      facts.isInvariant = window.pin != nil
      return (plan, facts)
    default:
      throw .unsupported("a \(Self.type(of: expression).spelledOut) as a range vector")
    }
  }

  func plan(_ selector: VectorSelector, answersTimes: Bool) -> Planned {
    let window = window(selector.shift, options.lookback)
    let isNamed = selector.matchers.contains {
      $0.name == Labels.metricName && $0.operation == .equal
    }
    return Planned(
      plan: .scan(
        SelectorPlan(matchers: selector.matchers, window: window), answersTimes: answersTimes),
      type: .vector, isInvariant: window.pin != nil, isUniqueWithoutName: isNamed)
  }

  /// Resolves `@`; the offset applies on top.
  private func window(_ shift: TimeShift, _ range: Milliseconds) -> SelectorWindow {
    let pin: Timestamp? =
      switch shift.pin {
      case nil: nil
      case .at(let time): time
      case .queryStart: query.start
      case .queryEnd: query.end
      }
    return SelectorWindow(range: range, offset: shift.offset, pin: pin)
  }

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

// MARK: Names and rows

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
    guard planned.isInvariant else { return planned }
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

// MARK: Operators

extension Planner {
  private func unary(
    _ isNegation: Bool, _ operand: QueryExpression
  ) throws(QueryError) -> Planned {
    var result = try plan(operand)
    guard isNegation else { return result }
    if case .number(let value) = result.plan {
      result.plan = .number(-value)
      return result
    }
    let names: NameRule = result.type == .scalar ? .keep : nameDrop
    result.plan = .cells(
      CellsPlan(function: .math(.negative), input: result.plan, parameters: [], names: names))
    return result.type == .scalar ? result : afterNameDrop(result)
  }

  private func plan(_ operation: BinaryOperation) throws(QueryError) -> Planned {
    let left = try plan(operation.left)
    let right = try plan(operation.right)
    if left.type == .scalar && right.type == .scalar,
      let folded = ConstantFolding.folded(operation.operation, left.plan, right.plan)
    {
      return Planned(plan: .number(folded), type: .scalar, isInvariant: true)
    }
    let (plans, isInvariant) = operands([left, right])
    var result: Planned
    switch (left.type, right.type) {
    case (.vector, .vector): result = join(operation, plans[0], plans[1])
    case (.vector, _): result = withScalar(operation, plans[0], plans[1], scalarIsLeft: false)
    case (.scalar, .vector):
      result = withScalar(operation, plans[1], plans[0], scalarIsLeft: true)
    default: result = withScalar(operation, plans[0], plans[1], scalarIsLeft: false)
    }
    result.isInvariant = isInvariant
    return result
  }

  /// A vector, or a scalar, and a scalar.
  private func withScalar(
    _ operation: BinaryOperation, _ vector: Planned, _ scalar: Planned, scalarIsLeft: Bool
  ) -> Planned {
    let isBoolean = operation.returnsBool || vector.type == .scalar
    // A comparison that filters keeps the vector's value, on whichever side it stands.
    let comparison: ComparisonResult = isBoolean ? .boolean : scalarIsLeft ? .right : .left
    let keepsName = operation.operation.isComparison && !operation.returnsBool
    let names: NameRule = keepsName || vector.type == .scalar ? .keep : nameDrop
    var result = vector
    result.plan = .cells(
      CellsPlan(
        function: .arithmetic(operation.operation, scalarIsLeft: scalarIsLeft, comparison),
        input: vector.plan, parameters: [scalar.plan], names: names))
    return names == .keep ? result : afterNameDrop(result)
  }

  private func join(_ operation: BinaryOperation, _ left: Planned, _ right: Planned) -> Planned {
    if operation.operation.isSetOperator {
      var result = left
      result.plan = .set(operation.operation, left.plan, right.plan, operation.matching.labels)
      if operation.operation == .or {
        result.hasUniqueRows = false
        result.isUniqueWithoutName = false
      }
      return result
    }
    let isFilter = operation.operation.isComparison && !operation.returnsBool
    let rule = JoinRule(
      operation: operation.operation, comparison: operation.returnsBool ? .boolean : .left,
      matching: operation.matching, manyIsRight: operation.matching.cardinality == .oneToMany,
      dropsName: !isFilter && !(operation.returnsBool && options.delaysNameRemoval),
      dropsNameAtEnd: operation.returnsBool)
    let many = rule.manyIsRight ? right : left
    var result = Planned(
      plan: .join(left.plan, right.plan, rule), type: .vector,
      hasUniqueRows: many.hasUniqueRows, isUniqueWithoutName: many.isUniqueWithoutName)
    if keepsApart(rule, many) { return result }
    result = merged(result, isStrict: false, isUniqueWithoutName: rule.dropsName)
    return result
  }

  /// Whether results of a join differ in their labels because the elements of its "many" side do.
  private func keepsApart(_ rule: JoinRule, _ many: Planned) -> Bool {
    guard rule.matching.include.isEmpty else { return false }
    if rule.isOneToOne && rule.matching.labels != .ignoring([]) { return false }
    return many.isUniqueWithoutName || (!rule.dropsName && many.hasUniqueRows)
  }

  private func plan(_ aggregation: Aggregation) throws(QueryError) -> Planned {
    let input = try plan(aggregation.expression)
    var parameter: Planned?
    if let expression = aggregation.parameter, aggregation.operation != .countValues {
      parameter = try plan(expression)
    }
    let (plans, isInvariant) = operands([input] + (parameter.map { [$0] } ?? []))
    let place = aggregation.parameter?.sourceRange ?? aggregation.range
    let aggregate = AggregatePlan(
      operation: aggregation.operation, grouping: aggregation.grouping, input: plans[0].plan)
    let forgetful = AggregatePlan(
      operation: aggregation.operation, grouping: aggregation.grouping,
      input: NameElision.input(plans[0].plan, of: aggregation.grouping))
    let number = plans.count > 1 ? plans[1].plan : .number(0)
    var result = plans[0]
    result.isInvariant = isInvariant
    switch aggregation.operation {
    case .topk: result.plan = .rank(.top, aggregate, parameter: number, place: place)
    case .bottomk: result.plan = .rank(.bottom, aggregate, parameter: number, place: place)
    case .limitk: result.plan = .rank(.first, aggregate, parameter: number, place: place)
    case .limitRatio: result.plan = .rank(.ratio, aggregate, parameter: number, place: place)
    case .quantile:
      result = grouped(.quantile(forgetful, parameter: number, place: place), aggregation)
    case .countValues:
      let label = try countValuesLabel(aggregation)
      result = grouped(.countValues(aggregate, label: label), aggregation)
      if label == Labels.metricName { result.isUniqueWithoutName = false }
    case .sum, .avg, .min, .max, .count, .group, .stddev, .stdvar:
      result = grouped(.aggregate(forgetful), aggregation)
    }
    result.isInvariant = isInvariant
    return result
  }

  private func grouped(_ plan: QueryPlan, _ aggregation: Aggregation) -> Planned {
    var keepsName = false
    if case .by(let names) = aggregation.grouping { keepsName = names.contains(Labels.metricName) }
    return Planned(plan: plan, type: .vector, isUniqueWithoutName: !keepsName)
  }

  private func countValuesLabel(_ aggregation: Aggregation) throws(QueryError) -> String {
    guard case .string(let label, _)? = aggregation.parameter?.unparenthesised else {
      throw .labelName("")
    }
    guard Self.canBeLabel(label) else { throw .labelName(label) }
    return label
  }
}
