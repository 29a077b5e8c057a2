internal import Glibc
internal import MetricModel

extension Planner {
  /// A function call; number and types of the arguments have been checked.
  func plan(_ call: FunctionCall) throws(QueryError) -> Planned {
    guard let implementation = FunctionTable.implementation(of: call.name) else {
      throw .unsupported("function \(call.name)()")
    }
    switch implementation {
    case .window(let function): return try window(function, call)
    case .cells(let function):
      return try cells(function, call.arguments[0], Array(call.arguments.dropFirst()))
    case .date(let part): return try date(part, call)
    case .clampMin:
      return try clamp(call.arguments[0], [call.arguments[1], Self.literal(.infinity)])
    case .clampMax:
      return try clamp(call.arguments[0], [Self.literal(-.infinity), call.arguments[1]])
    case .maxOf: return try cells(.greater, call.arguments[0], [call.arguments[1]])
    case .minOf: return try cells(.lesser, call.arguments[0], [call.arguments[1]])
    case .info: return try info(call)
    case .absent: return try absent(call.arguments[0])
    case .absentOverTime: return try absentOverTime(call)
    case .scalar: return try scalar(call.arguments[0])
    case .vector:
      var result = try plan(call.arguments[0])
      result.type = .vector
      return result
    case .timestamp: return try timestamp(call.arguments[0])
    case .labelReplace: return try labelReplace(call)
    case .labelJoin: return try labelJoin(call)
    case .sort(let order): return try sort(order, call)
    case .histogramQuantile: return try histogram(.quantile, call)
    case .histogramFraction: return try histogram(.fraction, call)
    case .histogramQuantiles: return try histogramQuantiles(call)
    case .startTimestamp: return try startTimestamp(call.arguments[0])
    case .histogramStatistic(let statistic):
      let needed: HistogramDetail = statistic.needsBuckets ? detail : .countAndSum
      return try needing(needed).cells(.ofHistogram(statistic), call.arguments[0], [])
    case .time: return Planned(plan: .evaluationTime, type: .scalar)
    case .pi: return constant(.pi)
    case .queryStart: return constant(query.start.seconds)
    case .queryEnd: return constant(query.end.seconds)
    case .queryRange: return constant(query.end.since(query.start).seconds)
    case .queryStep: return constant(query.step.seconds)
    case .evidence(let question): return try evidence(question, call)
    case .keepLastValue: return gapless(try plan(call.arguments[0]), .last)
    }
  }

  private func constant(_ value: Double) -> Planned {
    Planned(plan: .number(Constant(value)), type: .scalar, isInvariant: true)
  }

  private static func literal(_ value: Double) -> QueryExpression {
    .number(NumberLiteral(value), SourceRange(0, 0))
  }

  private func window(
    _ function: WindowFunction, _ call: FunctionCall
  ) throws(QueryError) -> Planned {
    var range: (plan: RangePlan, facts: Planned)?
    var place = call.range
    var parameters: [Planned] = []
    for argument in call.arguments {
      if Self.type(of: argument) == .matrix {
        range = try rangePlan(argument)
        place = argument.sourceRange
      } else {
        parameters.append(try plan(argument))
      }
    }
    guard let range else { throw .unsupported("\(call.name)() without a range vector") }
    let (function, input) = try extended(function, range.plan, of: call.name)
    let isInvariant =
      range.facts.isInvariant && parameters.allSatisfy(\.isInvariant)
      && !function.usesEvaluationTime
    let names: NameRule = function.keepsName ? .keep : nameDrop
    var result = range.facts
    result.plan = .window(
      WindowPlan(
        function: function, input: input,
        parameters: (isInvariant ? parameters : parameters.map(settled)).map(\.plan),
        names: names,
        places: WindowPlaces(
          range: place, firstArgument: call.arguments.first?.sourceRange ?? place),
        usesStartTimes: usesStartTimes,
        asksTypeLabel: options.features.contains(.typeAndUnitLabels)))
    result.isInvariant = isInvariant
    return names == .keep ? result : afterNameDrop(result, isStrict: true)
  }

  private func cells(
    _ function: CellFunction, _ input: QueryExpression, _ parameters: [QueryExpression]
  ) throws(QueryError) -> Planned {
    var planned = [try plan(input)]
    for parameter in parameters { planned.append(try plan(parameter)) }
    if case .round = function, planned.count == 1 { planned.append(constant(1)) }
    let (plans, isInvariant) = operands(planned)
    var result = plans[0]
    let names: NameRule = result.type == .scalar ? .keep : nameDrop
    result.plan = .cells(
      CellsPlan(
        function: function, input: result.plan, parameters: plans.dropFirst().map(\.plan),
        names: names))
    result.isInvariant = isInvariant
    return names == .keep ? result : afterNameDrop(result)
  }

  private func clamp(
    _ input: QueryExpression, _ bounds: [QueryExpression]
  ) throws(QueryError) -> Planned {
    try cells(.clamp, input, bounds)
  }

  private func date(_ part: DatePart, _ call: FunctionCall) throws(QueryError) -> Planned {
    if let argument = call.arguments.first { return try cells(.date(part), argument, []) }
    let plan = QueryPlan.cells(
      CellsPlan(function: .date(part), input: .evaluationTime, parameters: [], names: .keep))
    return Planned(plan: plan, type: .vector)
  }

  private func scalar(_ argument: QueryExpression) throws(QueryError) -> Planned {
    let input = try plan(argument)
    return Planned(plan: .scalar(input.plan), type: .scalar, isInvariant: input.isInvariant)
  }

  /// Directly on a selector it asks for the samples' own times, on anything else for the step's.
  private func timestamp(_ argument: QueryExpression) throws(QueryError) -> Planned {
    if case .selector(let selector) = argument.unparenthesised {
      return try times(of: selector, .time)
    }
    var result = settled(try plan(argument))
    result.plan = .cells(
      CellsPlan(
        function: .replaced, input: result.plan, parameters: [.evaluationTime], names: nameDrop))
    result.isInvariant = false
    return afterNameDrop(result)
  }

  /// Only stored samples have start times; of anything else the answer is empty.
  private func startTimestamp(_ argument: QueryExpression) throws(QueryError) -> Planned {
    if usesStartTimes, case .selector(let selector) = argument.unparenthesised {
      return try times(of: selector, .startTime)
    }
    var result = try plan(argument)
    result.plan = .empty
    return result
  }

  private func times(
    of selector: VectorSelector, _ answer: SampleAnswer
  ) throws(QueryError) -> Planned {
    var result = settled(try plan(selector, answer))
    result.plan = .cells(
      CellsPlan(function: .unchanged, input: result.plan, parameters: [], names: nameDrop))
    result.isInvariant = false
    return afterNameDrop(result)
  }

  private func absent(_ argument: QueryExpression) throws(QueryError) -> Planned {
    let input = try plan(argument)
    return Planned(
      plan: .absent(input.plan, Self.labels(impliedBy: argument)), type: .vector,
      isInvariant: input.isInvariant)
  }

  private func absentOverTime(_ call: FunctionCall) throws(QueryError) -> Planned {
    let argument = call.arguments[0]
    let range = try rangePlan(argument)
    let (function, input) = try extended(.summary(.present), range.plan, of: call.name)
    let places = WindowPlaces(range: argument.sourceRange, firstArgument: argument.sourceRange)
    let present = QueryPlan.window(
      WindowPlan(
        function: function, input: input, parameters: [], names: .keep, places: places,
        usesStartTimes: usesStartTimes))
    return Planned(
      plan: .absent(present, Self.labels(impliedBy: argument)), type: .vector,
      isInvariant: range.facts.isInvariant)
  }

  /// The labels that a selector's equality matchers fix. One mentioned twice, or with another
  /// operation, isn't fixed; nor is anything in an expression that isn't a selector.
  private static func labels(impliedBy expression: QueryExpression) -> Labels {
    let selector: VectorSelector
    switch expression.unparenthesised {
    case .selector(let vector): selector = vector
    case .rangeSelector(let vector, _, _): selector = vector
    default: return .empty
    }
    var builder = LabelsBuilder()
    var seen: Set<String> = []
    for matcher in selector.matchers where matcher.name != Labels.metricName {
      if matcher.operation == .equal && !seen.contains(matcher.name) {
        builder.set(matcher.name, matcher.value)
        seen.insert(matcher.name)
      } else {
        builder.remove(matcher.name)
      }
    }
    return builder.labels
  }

  private func sort(_ order: SortOrder, _ call: FunctionCall) throws(QueryError) -> Planned {
    var result = try plan(call.arguments[0])
    var names: [String] = []
    for argument in call.arguments.dropFirst() { names.append(try Self.text(argument, call)) }
    result.plan = .sort(result.plan, order, names: names, place: RemarkPlace(call.range))
    return result
  }

  /// Scalars first, the vector last.
  private func histogram(
    _ question: HistogramScan.Question, _ call: FunctionCall
  ) throws(QueryError) -> Planned {
    try histogram(
      question, call.arguments[call.arguments.count - 1], Array(call.arguments.dropLast()))
  }

  private func histogramQuantiles(_ call: FunctionCall) throws(QueryError) -> Planned {
    let label = try Self.literal(call.arguments[1], call)
    guard label.canBeLabel else { throw .labelName(label) }
    let result = try histogram(
      .quantiles(label: label.text), call.arguments[0], Array(call.arguments.dropFirst(2)))
    return merged(result, isStrict: false)
  }

  private func histogram(
    _ question: HistogramScan.Question, _ vector: QueryExpression, _ scalars: [QueryExpression]
  ) throws(QueryError) -> Planned {
    var planned = [try needing(.bucketsBelow).plan(vector)]
    for scalar in scalars { planned.append(try plan(scalar)) }
    let (plans, isInvariant) = operands(planned)
    var result = plans[0]
    result.plan = .histogram(
      HistogramPlan(
        question: question, input: result.plan, parameters: plans.dropFirst().map(\.plan),
        names: nameDrop,
        places: HistogramScan.Places(
          parameters: scalars.map(\.sourceRange), vector: vector.sourceRange)))
    result.isInvariant = isInvariant
    result.hasUniqueRows = true
    return afterNameDrop(result)
  }

  private func labelReplace(_ call: FunctionCall) throws(QueryError) -> Planned {
    let destination = try Self.literal(call.arguments[1], call)
    let template = try Self.text(call.arguments[2], call)
    let source = try Self.text(call.arguments[3], call)
    let text = try Self.text(call.arguments[4], call)
    let pattern: RegexMatcher
    do {
      pattern = try RegexMatcher(text)
    } catch {
      throw .pattern(text)
    }
    guard destination.canBeLabel else {
      throw .destinationLabel(destination.text, function: "label_replace")
    }
    return try relabelled(
      call,
      LabelRule(
        destination: destination.text,
        content: .replaced(pattern, source: source, RegexTemplate(template))))
  }

  private func labelJoin(_ call: FunctionCall) throws(QueryError) -> Planned {
    let destination = try Self.literal(call.arguments[1], call)
    let separator = try Self.text(call.arguments[2], call)
    var sources: [String] = []
    for argument in call.arguments.dropFirst(3) {
      let source = try Self.literal(argument, call)
      guard source.canBeLabel else { throw .sourceLabel(source.text) }
      sources.append(source.text)
    }
    guard destination.canBeLabel else {
      throw .destinationLabel(destination.text, function: "label_join")
    }
    return try relabelled(
      call,
      LabelRule(destination: destination.text, content: .joined(separator: separator, sources)))
  }

  private func relabelled(
    _ call: FunctionCall, _ rule: LabelRule
  ) throws(QueryError) -> Planned {
    var result = try plan(call.arguments[0])
    result.plan = .relabel(result.plan, rule)
    return merged(result, isStrict: false, isUniqueWithoutName: false)
  }

  private static func text(
    _ argument: QueryExpression, _ call: FunctionCall
  ) throws(QueryError) -> String {
    try literal(argument, call).text
  }

  private static func literal(
    _ argument: QueryExpression, _ call: FunctionCall
  ) throws(QueryError) -> StringLiteral {
    guard case .string(let literal, _) = argument.unparenthesised else {
      throw .unsupported("\(call.name)() with a computed string")
    }
    return literal
  }
}
