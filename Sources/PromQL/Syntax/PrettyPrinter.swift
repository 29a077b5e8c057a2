internal import MetricModel

extension Printer {
  /// Text of this length, in bytes, fits a line.
  private static let lineMax = 100

  /// The text as `promtool promql format` and the API's `format_query` lay it out: canonical,
  /// matchers sorted, and broken into indented lines where it is longer than 100 characters.
  package static func pretty(_ expression: QueryExpression) -> String {
    pretty(sortingMatchers(expression), level: 0)
  }

  private static func sortingMatchers(_ expression: QueryExpression) -> QueryExpression {
    func sorted(_ selector: VectorSelector) -> VectorSelector {
      var selector = selector
      let named = selector.name == nil ? 0 : min(1, selector.matchers.count)
      selector.matchers =
        selector.matchers.prefix(named)
        + selector.matchers.dropFirst(named).sorted { $0.description < $1.description }
      return selector
    }
    switch expression {
    case .selector(let selector): return .selector(sorted(selector))
    case .rangeSelector(let selector, let window, let range):
      return .rangeSelector(sorted(selector), window: window, range)
    default: return expression.mappingChildren(sortingMatchers)
    }
  }

  /// - Parameter level: how deep the line is on which the text starts; 0 where it goes on in one.
  private static func pretty(_ expression: QueryExpression, level: Int) -> String {
    let indent = String(repeating: "  ", count: level)
    let line = text(of: expression)
    if case .unary(let isNegation, let operand, _) = expression {
      let inner = pretty(operand, level: level).drop { $0 == " " }
      return indent + (isNegation ? "-" : "+") + inner
    }
    guard line.utf8.count > lineMax else {
      // Prometheus forgets the indent of a subquery that fits.
      if case .subquery = expression { return line }
      return indent + line
    }
    switch expression {
    case .aggregation(let aggregation):
      let head = text(head: aggregation)
      let parameter = aggregation.parameter.map { pretty($0, level: level + 1) + ",\n" } ?? ""
      return "\(indent)\(head)(\n\(parameter)\(pretty(aggregation.expression, level: level + 1))"
        + "\n\(indent))"
    case .binary(let binary):
      return "\(pretty(binary.left, level: level + 1))\n\(indent)\(text(operatorOf: binary))\n"
        + pretty(binary.right, level: level + 1)
    case .call(let call):
      let arguments = call.arguments.map { pretty($0, level: level + 1) }
      return "\(indent)\(text(head: call))(\n\(arguments.joined(separator: ",\n"))\n\(indent))"
    case .parenthesised(let inner, _):
      return "\(indent)(\n\(pretty(inner, level: level + 1))\n\(indent))"
    case .subquery(let subquery):
      return pretty(subquery.expression, level: level) + text(suffixOf: subquery)
    case .number, .string, .selector, .rangeSelector, .unary: return indent + line
    }
  }
}
