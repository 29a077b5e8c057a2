internal import MetricModel

/// Which parts of a query another engine may answer in our place, and how they are put to it.
///
///     delegation.text(of: expression)      // "max by (job) (max_over_time(x[4m59s999ms]))"
///
/// Only what gives there what it would give here goes (`QueryReach`). Times that depend on the
/// whole query (`@ end()`, `step()`) and defaults of servers (steps of subqueries) are written out.
struct Delegation: Sendable {
  let engine: any QueryEngine
  private let source: any SeriesSource
  private let options: QueryOptions
  private let query: StepGrid

  /// Nil where nobody is to be asked.
  init?(to source: any SeriesSource, _ options: QueryOptions, query: StepGrid) {
    guard let engine = source.engine(for: []), !options.delaysNameRemoval,
      !options.features.contains(.startTimestamps)
    else { return nil }
    self.engine = engine
    self.source = source
    self.options = options
    self.query = query
  }

  /// The question that an expression of ours is; nil where it has to be evaluated here, be it that
  /// its parts go.
  func text(of expression: QueryExpression) -> String? {
    let selections = expression.selectors.map(\.matchers)
    guard !selections.isEmpty, isWorthAsking(expression), !expression.isScalar,
      mayGo(expression), source.engine(for: selections) != nil
    else { return nil }
    do throws(QueryError) {
      return Printer.text(of: try spelledOut(expression))
    } catch {
      // It can't be said there, or it is a fault that the planner meets too.
      return nil
    }
  }

  /// The answer about a selector is hardly smaller than its samples.
  private func isWorthAsking(_ expression: QueryExpression) -> Bool {
    switch expression.unparenthesised {
    case .selector: engine.reach == .anything
    case .number, .string, .rangeSelector, .subquery: false
    case .call, .aggregation, .binary, .unary, .parenthesised: true
    }
  }
}

/// What means the same there.
extension Delegation {
  private var isExact: Bool {
    if case .exact = engine.reach { true } else { false }
  }

  private func mayGo(_ expression: QueryExpression) -> Bool {
    expression.children.allSatisfy(mayGo) && mayGoItself(expression)
  }

  private func mayGoItself(_ expression: QueryExpression) -> Bool {
    switch expression {
    case .number, .string, .unary, .parenthesised, .subquery: true
    case .selector(let selector), .rangeSelector(let selector, _, _):
      selector.extension == nil && areKnown(selector.matchers.map(\.name))
        && (!isExact || selector.name.map(LabelName.isLegacyMetricName) ?? true)
    case .call(let call): mayGo(call)
    case .aggregation(let aggregation):
      areKnown(aggregation.grouping.labels)
        && (isExact
          ? Self.exactAggregations.contains(aggregation.operation)
          : engine.reach == .anything || !aggregation.operation.isExperimental)
    case .binary(let binary):
      binary.matching.fill.isEmpty && binary.operation != .defaulting
        && areKnown(binary.matching.labels.names + binary.matching.include)
        && (!isExact || Self.exactOperators.contains(binary.operation))
    }
  }

  private func mayGo(_ call: FunctionCall) -> Bool {
    if isExact { return Self.exactFunctions.contains(call.name) }
    switch FunctionSignature.named(call.name)?.feature {
    case nil: return true
    // `info` reads series that no selector of the query names.
    case .experimentalFunctions: return engine.reach == .anything && call.name != "info"
    default: return false
    }
  }

  /// Names that need quotes came with Prometheus 3.
  private func areKnown(_ names: [String]) -> Bool {
    !isExact || names.allSatisfy(LabelName.isLegacy)
  }

  private static let exactAggregations: Set<Aggregation.Operation> = [.min, .max, .count, .group]

  private static let exactOperators: Set<BinaryOperation.Operator> = [
    .add, .subtract, .multiply, .divide, .modulo, .equal, .notEqual, .less, .lessOrEqual,
    .greater, .greaterOrEqual, .and, .or, .unless,
  ]

  private static let exactFunctions: Set<String> = [
    "abs", "absent", "absent_over_time", "ceil", "changes", "clamp", "clamp_max", "clamp_min",
    "count_over_time", "day_of_month", "day_of_week", "day_of_year", "days_in_month", "floor",
    "hour", "last_over_time", "max_over_time", "min_over_time", "minute", "month",
    "present_over_time", "resets", "scalar", "sgn", "sqrt", "time", "timestamp", "vector", "year",
  ]
}

/// How it is put.
extension Delegation {
  private var windowsAreClosed: Bool { engine.reach == .exact(windowsAreClosed: true) }

  private func spelledOut(
    _ expression: QueryExpression
  ) throws(QueryError) -> QueryExpression {
    var failure: QueryError?
    var result = expression.mappingChildren { child in
      do throws(QueryError) {
        return try spelledOut(child)
      } catch {
        failure = error
        return child
      }
    }
    if let failure { throw failure }
    let durations = DurationArithmetic(query: query)
    if let shift = result.shift {
      result.shift = TimeShift(offset: try durations.offset(shift.offset), pin: pinned(shift.pin))
    }
    switch result {
    case .number(let literal, let range): return .number(NumberLiteral(literal.value), range)
    case .selector(var selector):
      selector.matchers = try selector.matchers.map(spelledOut)
      return .selector(selector)
    case .rangeSelector(var selector, let window, let range):
      selector.matchers = try selector.matchers.map(spelledOut)
      return .rangeSelector(
        selector, window: .fixed(try length(of: window, durations)), range)
    case .subquery(var subquery):
      subquery.window = .fixed(try length(of: subquery.window, durations))
      subquery.step = .fixed(
        try subquery.step.map(durations.positive) ?? options.defaultSubqueryStep)
      return .subquery(subquery)
    default: return result
    }
  }

  private func pinned(_ pin: PinnedTime?) -> PinnedTime? {
    switch pin {
    case .queryStart: .at(query.start)
    case .queryEnd: .at(query.end)
    case .at, nil: pin
    }
  }

  /// Of windows closed at their start, a millisecond less has the same samples.
  private func length(
    of window: QueryDuration, _ durations: DurationArithmetic
  ) throws(QueryError) -> Milliseconds {
    let length = try durations.positive(window)
    guard windowsAreClosed else { return length }
    guard length.count > 1 else { throw .unsupported("a window of a millisecond") }
    return Milliseconds(length.count - 1)
  }

  private func spelledOut(_ matcher: LabelMatcher) throws(QueryError) -> LabelMatcher {
    let hasPattern = matcher.operation == .matchesRegex || matcher.operation == .notMatchesRegex
    guard windowsAreClosed, hasPattern else { return matcher }
    do {
      return try LabelMatcher(matcher.name, matcher.operation, "(?s)" + matcher.value)
    } catch {
      throw .pattern(matcher.value)
    }
  }
}

extension QueryExpression {
  /// Whether it is a number and not a vector.
  fileprivate var isScalar: Bool {
    switch self {
    case .number: true
    case .call(let call): FunctionSignature.named(call.name)?.result == .scalar
    case .binary(let binary): binary.left.isScalar && binary.right.isScalar
    case .unary(_, let operand, _), .parenthesised(let operand, _): operand.isScalar
    case .string, .selector, .rangeSelector, .subquery, .aggregation: false
    }
  }
}

extension VectorMatching.Labels {
  fileprivate var names: [String] {
    switch self {
    case .on(let names), .ignoring(let names): names
    }
  }
}
