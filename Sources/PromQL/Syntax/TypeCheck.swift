import MetricModel

/// Whether the parts of a query fit together, by Prometheus' rules and mostly in its words.
///
///     try TypeCheck.type(of: expression, in: text)     // .vector
package struct TypeCheck {
  private let text: String

  /// The type of a well-formed expression.
  ///
  /// - Parameter text: What `expression` was parsed from; errors give places in it.
  package static func type(
    of expression: QueryExpression, in text: String
  ) throws(ParseError) -> ValueType {
    try TypeCheck(text: text).type(of: expression)
  }

  private func type(of expression: QueryExpression) throws(ParseError) -> ValueType {
    switch expression {
    case .number: return .scalar
    case .string: return .string
    case .selector(let selector):
      try check(selector)
      return .vector
    case .rangeSelector(let selector, _, _):
      try check(selector)
      return .matrix
    case .subquery(let subquery):
      let inner = try type(of: subquery.expression)
      guard inner == .vector else {
        throw error(
          "subquery is only allowed on instant vector, got \(inner.rawValue) instead",
          expression)
      }
      return .matrix
    case .call(let call): return try type(of: call)
    case .aggregation(let aggregation): return try type(of: aggregation)
    case .binary(let binary): return try type(of: binary)
    case .unary(_, let operand, _):
      let inner = try type(of: operand)
      guard inner == .scalar || inner == .vector else {
        throw error(
          "unary expression only allowed on expressions of type scalar or instant vector, got "
            + GoText.quoted(inner.spelledOut), expression)
      }
      return inner
    case .parenthesised(let inner, _): return try type(of: inner)
    }
  }

  private func error(_ message: String, _ place: QueryExpression) -> ParseError {
    ParseError(message, at: place.sourceRange, in: text)
  }

  private func expect(
    _ expected: ValueType, _ expression: QueryExpression, in context: String
  ) throws(ParseError) {
    let found = try type(of: expression)
    guard found == expected else {
      throw error(
        "expected type \(expected.spelledOut) in \(context), got \(found.spelledOut)", expression)
    }
  }

  private func check(_ selector: VectorSelector) throws(ParseError) {
    if let name = selector.name {
      let names = selector.matchers.dropFirst().filter { $0.name == Labels.metricName }
      if let second = names.first {
        throw ParseError(
          "metric name must not be set twice: \(GoText.quoted(name)) or "
            + GoText.quoted(second.value), at: selector.range, in: text)
      }
    }
    if selector.matchers.allSatisfy(\.matchesEmpty) {
      throw ParseError(
        "vector selector must contain at least one non-empty matcher", at: selector.range,
        in: text)
    }
  }

  private func type(of call: FunctionCall) throws(ParseError) -> ValueType {
    let place = QueryExpression.call(call)
    guard let signature = FunctionSignature.named(call.name) else {
      throw error("unknown function with name \(GoText.quoted(call.name))", place)
    }
    try checkCount(of: call, signature)
    var takesWindows = false
    if signature.vectorsMayBeWindows, let first = call.arguments.first {
      takesWindows = try type(of: first) == .matrix
    }
    for (index, argument) in call.arguments.enumerated() {
      if call.name == "info" && index == 1 {
        try checkLabelSelector(argument)
        continue
      }
      guard var parameter = signature.parameter(index) else { break }
      if takesWindows && parameter == .vector { parameter = .matrix }
      try expect(parameter, argument, in: "call to function \(GoText.quoted(call.name))")
      if signature.comparesGroups && parameter == .string {
        try checkStat(argument, signature)
      }
    }
    return signature.result
  }

  private func checkStat(
    _ argument: QueryExpression, _ signature: FunctionSignature
  ) throws(ParseError) {
    guard case .string(let stat, _) = argument.unparenthesised,
      signature.stats.contains(stat.text)
    else {
      throw error(
        "no such stat of \(signature.name), expected one of "
          + signature.stats.map(GoText.quoted).joined(separator: ", "), argument)
    }
  }

  /// What `info()` takes beside a vector: conditions on labels. All may accept the empty text.
  private func checkLabelSelector(_ argument: QueryExpression) throws(ParseError) {
    guard case .selector(let selector) = argument else {
      try expect(.vector, argument, in: "call to function \"info\"")
      throw error("expected label selectors only", argument)
    }
    guard selector.name == nil else {
      throw error("expected label selectors only, got vector selector instead", argument)
    }
  }

  private func checkCount(
    of call: FunctionCall, _ signature: FunctionSignature
  ) throws(ParseError) {
    let count = call.arguments.count
    let bound: String
    if signature.minimumCount == signature.maximumCount, count != signature.minimumCount {
      bound = "\(signature.minimumCount)"
    } else if count < signature.minimumCount {
      bound = "at least \(signature.minimumCount)"
    } else if let maximum = signature.maximumCount, count > maximum {
      bound = "at most \(maximum)"
    } else {
      return
    }
    throw error(
      "expected \(bound) argument(s) in call to \(GoText.quoted(call.name)), got \(count)",
      .call(call))
  }

  private func type(of aggregation: Aggregation) throws(ParseError) -> ValueType {
    try expect(.vector, aggregation.expression, in: "aggregation expression")
    if let parameter = aggregation.parameter {
      let wanted: ValueType = aggregation.operation == .countValues ? .string : .scalar
      try expect(wanted, parameter, in: "aggregation parameter")
    }
    return .vector
  }

  private func type(of binary: BinaryOperation) throws(ParseError) -> ValueType {
    let left = try operandType(of: binary.left)
    let right = try operandType(of: binary.right)
    if binary.operation == .defaulting && left == .scalar {
      throw error("a scalar has no gaps that \"default\" could fill", .binary(binary))
    }
    if left == .vector && right == .vector {
      let takesAll = binary.operation.isSetOperator || binary.operation == .defaulting
      if takesAll && !binary.matching.fill.isEmpty {
        throw error("filling in missing series not allowed for set operators", .binary(binary))
      }
      return .vector
    }
    if binary.operation.isSetOperator {
      throw error(
        "set operator \(GoText.quoted(binary.operation.rawValue)) not allowed in binary scalar "
          + "expression", .binary(binary))
    }
    if !binary.matching.labels.isEmpty {
      throw error("vector matching only allowed between instant vectors", .binary(binary))
    }
    if !binary.matching.fill.isEmpty {
      throw error(
        "filling in missing series only allowed between instant vectors", .binary(binary))
    }
    guard left == .scalar && right == .scalar else { return .vector }
    if binary.operation.isTrim {
      throw error(
        "operator \(GoText.quoted(binary.operation.rawValue)) not allowed for Scalar operations",
        .binary(binary))
    }
    if binary.operation.isComparison && !binary.returnsBool {
      throw error("comparisons between scalars must use BOOL modifier", .binary(binary))
    }
    return .scalar
  }

  private func operandType(of operand: QueryExpression) throws(ParseError) -> ValueType {
    let type = try type(of: operand)
    guard type == .scalar || type == .vector else {
      throw error(
        "binary expression must contain only scalar and instant vector types", operand)
    }
    return type
  }
}
