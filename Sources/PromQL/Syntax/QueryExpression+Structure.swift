extension QueryExpression {
  /// Where the expression stands in the query.
  package var sourceRange: SourceRange {
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
