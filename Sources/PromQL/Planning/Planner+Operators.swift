internal import MetricModel

/// Unary and binary operators, and aggregations.
extension Planner {
  func unary(
    _ isNegation: Bool, _ operand: QueryExpression
  ) throws(QueryError) -> Planned {
    var result = try plan(operand)
    guard isNegation else { return result }
    if case .number(let value) = result.plan {
      result.plan = .number(Constant(-value.value))
      return result
    }
    let names: NameRule = result.type == .scalar ? .keep : nameDrop
    result.plan = .cells(
      CellsPlan(function: .math(.negative), input: result.plan, parameters: [], names: names))
    return result.type == .scalar ? result : afterNameDrop(result)
  }

  func plan(_ operation: BinaryOperation) throws(QueryError) -> Planned {
    let below = operation.operation.isTrim ? needing(.bucketsBelow) : self
    let left = try below.plan(operation.left)
    let right = try below.plan(operation.right)
    if options.optimises && left.type == .scalar && right.type == .scalar,
      let folded = ConstantFolding.folded(operation.operation, left.plan, right.plan)
    {
      return Planned(plan: .number(Constant(folded)), type: .scalar, isInvariant: true)
    }
    let (plans, isInvariant) = operands([left, right])
    var result: Planned
    switch (left.type, right.type) {
    case _ where operation.operation == .defaulting:
      result = defaulted(plans[0], plans[1], operation.matching.labels)
    case (.vector, .vector): result = join(operation, plans[0], plans[1])
    case (.vector, _): result = withScalar(operation, plans[0], plans[1], scalarIsLeft: false)
    case (.scalar, .vector):
      result = withScalar(operation, plans[1], plans[0], scalarIsLeft: true)
    default: result = withScalar(operation, plans[0], plans[1], scalarIsLeft: false)
    }
    result.isInvariant = isInvariant
    return result
  }

  private func defaulted(
    _ left: Planned, _ right: Planned, _ matching: VectorMatching.Labels
  ) -> Planned {
    guard right.type == .vector else { return gapless(left, .scalar(right.plan)) }
    var result = gapless(left, .vector(right.plan, matching))
    result.hasUniqueRows = right.hasUniqueRows
    result.isUniqueWithoutName = left.isUniqueWithoutName && right.isUniqueWithoutName
    return result
  }

  /// Rows whose gaps are filled; what belongs to one series has to be one row first.
  func gapless(_ input: Planned, _ filling: GapFilling) -> Planned {
    var result = input.hasUniqueRows ? input : merged(input, isStrict: false)
    result.plan = .filled(result.plan, filling)
    return result
  }

  /// A vector, or a scalar, and a scalar.
  private func withScalar(
    _ operation: BinaryOperation, _ vector: Planned, _ scalar: Planned, scalarIsLeft: Bool
  ) -> Planned {
    let isBoolean = operation.returnsBool || vector.type == .scalar
    // A comparison that filters keeps the vector's value, on whichever side it stands.
    let comparison: ComparisonResult = isBoolean ? .boolean : scalarIsLeft ? .right : .left
    let keepsName = operation.operation.filters && !operation.returnsBool
    let names: NameRule = keepsName || vector.type == .scalar ? .keep : nameDrop
    var result = vector
    result.plan = .cells(
      CellsPlan(
        function: .arithmetic(operation.operation, scalarIsLeft: scalarIsLeft, comparison),
        input: vector.plan, parameters: [scalar.plan], names: names,
        place: RemarkPlace(operation.range)))
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
    let isFilter = operation.operation.filters && !operation.returnsBool
    var rule = JoinRule(
      operation: operation.operation, comparison: operation.returnsBool ? .boolean : .left,
      matching: operation.matching, manyIsRight: operation.matching.cardinality == .oneToMany,
      dropsName: !isFilter && !(operation.returnsBool && options.delaysNameRemoval),
      dropsNameAtEnd: operation.returnsBool, place: RemarkPlace(operation.range))
    let many = rule.manyIsRight ? right : left
    rule.mayCollide = !keepsApart(rule, many)
    let result = Planned(
      plan: .join(left.plan, right.plan, rule), type: .vector,
      hasUniqueRows: many.hasUniqueRows, isUniqueWithoutName: many.isUniqueWithoutName)
    return rule.mayCollide
      ? merged(result, isStrict: false, isUniqueWithoutName: rule.dropsName) : result
  }

  /// Whether results of a join differ in their labels because the elements of its "many" side do.
  private func keepsApart(_ rule: JoinRule, _ many: Planned) -> Bool {
    guard rule.matching.include.isEmpty && rule.matching.fill.isEmpty else { return false }
    if rule.isOneToOne && rule.matching.labels != .ignoring([]) { return false }
    return many.isUniqueWithoutName || (!rule.dropsName && many.hasUniqueRows)
  }

  func plan(_ aggregation: Aggregation) throws(QueryError) -> Planned {
    let input = try plan(aggregation.expression)
    var parameter: Planned?
    if let expression = aggregation.parameter, aggregation.operation != .countValues {
      parameter = try plan(expression)
    }
    let (plans, isInvariant) = operands([input] + (parameter.map { [$0] } ?? []))
    let place = RemarkPlace(aggregation.parameter?.sourceRange ?? aggregation.range)
    let isChoice = aggregation.operation == .topk || aggregation.operation == .bottomk
    let aggregate = AggregatePlan(
      operation: aggregation.operation, grouping: aggregation.grouping, input: plans[0].plan,
      place: RemarkPlace(
        isChoice ? aggregation.range : aggregation.expression.sourceRange))
    let number = plans.count > 1 ? plans[1].plan : .number(Constant(0))
    var result = plans[0]
    result.isInvariant = isInvariant
    switch aggregation.operation {
    case .topk: result.plan = .rank(.top, aggregate, parameter: number, place: place)
    case .bottomk: result.plan = .rank(.bottom, aggregate, parameter: number, place: place)
    case .limitk: result.plan = .rank(.first, aggregate, parameter: number, place: place)
    case .limitRatio: result.plan = .rank(.ratio, aggregate, parameter: number, place: place)
    case .quantile:
      result = grouped(.quantile(aggregate, parameter: number, place: place), aggregation)
    case .countValues:
      let label = try countValuesLabel(aggregation)
      result = grouped(.countValues(aggregate, label: label), aggregation)
      if label == Labels.metricName { result.isUniqueWithoutName = false }
    case .sum, .avg, .min, .max, .count, .group, .stddev, .stdvar:
      result = grouped(.aggregate(aggregate), aggregation)
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
      throw .labelName(StringLiteral(""))
    }
    guard label.canBeLabel else { throw .labelName(label) }
    return label.text
  }
}
