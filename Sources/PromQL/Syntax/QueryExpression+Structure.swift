extension QueryExpression {
  /// Where the expression stands in the query.
  package var sourceRange: SourceRange {
    get {
      switch self {
      case .number(_, let range), .string(_, let range), .rangeSelector(_, _, let range),
        .unary(_, _, let range), .parenthesised(_, let range):
        range
      case .selector(let selector): selector.range
      case .subquery(let subquery): subquery.range
      case .call(let call): call.range
      case .aggregation(let aggregation): aggregation.range
      case .binary(let binary): binary.range
      }
    }
    set { self = placed(at: newValue) }
  }

  private func placed(at range: SourceRange) -> QueryExpression {
    switch self {
    case .number(let value, _): return .number(value, range)
    case .string(let value, _): return .string(value, range)
    case .rangeSelector(let selector, let window, _):
      return .rangeSelector(selector, window: window, range)
    case .unary(let isNegation, let operand, _):
      return .unary(isNegation: isNegation, operand, range)
    case .parenthesised(let inner, _): return .parenthesised(inner, range)
    case .selector(var selector):
      selector.range = range
      return .selector(selector)
    case .subquery(var subquery):
      subquery.range = range
      return .subquery(subquery)
    case .call(var call):
      call.range = range
      return .call(call)
    case .aggregation(var aggregation):
      aggregation.range = range
      return .aggregation(aggregation)
    case .binary(var binary):
      binary.range = range
      return .binary(binary)
    }
  }

  /// `offset` and `@` of a selector or subquery; nil, and ignored when set, for everything else.
  package var shift: TimeShift? {
    get {
      switch self {
      case .selector(let selector), .rangeSelector(let selector, _, _): selector.shift
      case .subquery(let subquery): subquery.shift
      default: nil
      }
    }
    set {
      guard let newValue else { return }
      switch self {
      case .selector(var selector):
        selector.shift = newValue
        self = .selector(selector)
      case .rangeSelector(var selector, let window, let range):
        selector.shift = newValue
        self = .rangeSelector(selector, window: window, range)
      case .subquery(var subquery):
        subquery.shift = newValue
        self = .subquery(subquery)
      default: break
      }
    }
  }

  /// `anchored` or `smoothed` of a selector; nil, and ignored when set, for everything else.
  package var `extension`: RangeExtension? {
    get {
      switch self {
      case .selector(let selector), .rangeSelector(let selector, _, _): selector.extension
      default: nil
      }
    }
    set {
      switch self {
      case .selector(var selector):
        selector.extension = newValue
        self = .selector(selector)
      case .rangeSelector(var selector, let window, let range):
        selector.extension = newValue
        self = .rangeSelector(selector, window: window, range)
      default: break
      }
    }
  }

  /// The expressions directly below, in the order in which they were written.
  package var children: [QueryExpression] {
    switch self {
    case .number, .string, .selector, .rangeSelector: []
    case .subquery(let subquery): [subquery.expression]
    case .call(let call): call.arguments
    case .aggregation(let aggregation):
      (aggregation.parameter.map { [$0] } ?? []) + [aggregation.expression]
    case .binary(let binary): [binary.left, binary.right]
    case .unary(_, let operand, _), .parenthesised(let operand, _): [operand]
    }
  }

  /// The expression without enclosing parentheses.
  package var unparenthesised: QueryExpression {
    guard case .parenthesised(let inner, _) = self else { return self }
    return inner.unparenthesised
  }
}

extension QueryExpression {
  /// All selectors, from left to right.
  package var selectors: [VectorSelector] {
    switch self {
    case .selector(let selector), .rangeSelector(let selector, _, _): [selector]
    default: children.flatMap(\.selectors)
    }
  }

  /// The names of all functions called, in durations too.
  package var calledFunctions: Set<String> {
    var names = children.reduce(into: Set<String>()) { $0.formUnion($1.calledFunctions) }
    if case .call(let call) = self { names.insert(call.name) }
    for case .computed(let duration) in durations { names.formUnion(duration.calledFunctions) }
    return names
  }

  /// The durations written at this node itself.
  private var durations: [QueryDuration] {
    var written = shift.map { [$0.offset] } ?? []
    switch self {
    case .rangeSelector(_, let window, _): written.append(window)
    case .subquery(let subquery):
      written.append(subquery.window)
      if let step = subquery.step { written.append(step) }
    default: break
    }
    return written
  }

  /// A copy with `transform` applied to the expressions directly below.
  package func mappingChildren(
    _ transform: (QueryExpression) -> QueryExpression
  ) -> QueryExpression {
    switch self {
    case .number, .string, .selector, .rangeSelector: return self
    case .subquery(var subquery):
      subquery.expression = transform(subquery.expression)
      return .subquery(subquery)
    case .call(var call):
      call.arguments = call.arguments.map(transform)
      return .call(call)
    case .aggregation(var aggregation):
      aggregation.parameter = aggregation.parameter.map(transform)
      aggregation.expression = transform(aggregation.expression)
      return .aggregation(aggregation)
    case .binary(var binary):
      binary.left = transform(binary.left)
      binary.right = transform(binary.right)
      return .binary(binary)
    case .unary(let isNegation, let operand, let range):
      return .unary(isNegation: isNegation, transform(operand), range)
    case .parenthesised(let inner, let range): return .parenthesised(transform(inner), range)
    }
  }
}
