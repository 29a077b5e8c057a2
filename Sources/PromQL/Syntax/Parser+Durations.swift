import MetricModel

/// Durations in brackets and after `offset`.
extension Parser {
  /// The duration of a range or a subquery's step. What only the query's steps decide is checked
  /// when it is planned.
  mutating func positiveDuration(in context: String) throws(ParseError) -> QueryDuration {
    let operandHeight = height
    let expression = try durationExpression(in: context)
    height = max(height, operandHeight)
    let duration = try settled(expression)
    if case .fixed(let length) = duration, length.count <= 0 {
      throw error("duration must be greater than 0", at: expression.sourceRange)
    }
    return duration
  }

  /// A sign, then one operand: in `x offset -2 ^ 2` the offset ends after the 2. Arithmetic stands
  /// in parentheses.
  mutating func offsetDuration() throws(ParseError) -> QueryDuration {
    let start = peek.range.start
    let isNegative = takeSign()
    let operandHeight = height
    let operand = try durationPrimary(in: "offset")
    height = max(height, operandHeight)
    return try settled(isNegative ? negated(operand, from: start) : operand)
  }

  /// Takes a sign; answers whether it was a minus.
  mutating func takeSign() -> Bool {
    if take(.sign(.subtract)) { return true }
    _ = take(.sign(.add))
    return false
  }

  /// A number alone is a duration already.
  private func settled(_ expression: DurationExpression) throws(ParseError) -> QueryDuration {
    guard case .seconds(let literal, let range) = expression else { return .computed(expression) }
    guard DurationArithmetic.isInBounds(literal.value),
      let length = Milliseconds(seconds: literal.value)
    else {
      throw error("duration out of range", at: range)
    }
    return .fixed(length)
  }

  private func negated(_ operand: DurationExpression, from start: Int) -> DurationExpression {
    let range = SourceRange(start, lastEnd)
    if case .seconds(let literal, _) = operand { return .seconds(literal.negated, range) }
    return .negated(operand, range)
  }

  /// An operand and all operators after it that bind at least as strongly as `minimum`.
  private mutating func durationExpression(
    in context: String, minimum: Int = BinaryOperation.Operator.add.precedence
  ) throws(ParseError) -> DurationExpression {
    openLevels += 1
    guard openLevels <= options.maximumDepth else { throw tooDeep }
    defer { openLevels -= 1 }
    var left = try durationOperand(in: context)
    while case .sign(let operation) = peek.kind, operation.precedence >= minimum {
      let (sign, leftHeight) = (peek.range, height)
      advance()
      // A power groups to the right, all others to the left.
      let next = operation.precedence + (operation == .power ? 0 : 1)
      let right = try durationExpression(in: context, minimum: next)
      if case .seconds(let divisor, _) = right, divisor.value == 0 {
        if operation == .divide { throw error("division by zero", at: sign) }
        if operation == .modulo { throw error("modulo by zero", at: sign) }
      }
      left = .binary(operation, left, right)
      try grow(over: leftHeight)
    }
    return left
  }

  /// Signs, then an operand. A sign binds like `*`, so only `^` holds its operand more tightly.
  private mutating func durationOperand(
    in context: String
  ) throws(ParseError) -> DurationExpression {
    guard case .sign(let sign) = peek.kind, sign == .add || sign == .subtract else {
      return try durationPrimary(in: context)
    }
    let start = peek.range.start
    advance()
    let operand = try durationExpression(
      in: context, minimum: BinaryOperation.Operator.power.precedence)
    try grow()
    return sign == .subtract ? negated(operand, from: start) : operand
  }

  /// A number, a duration, a function of the query, or anything in parentheses.
  private mutating func durationPrimary(
    in context: String
  ) throws(ParseError) -> DurationExpression {
    height = 1
    let token = peek
    switch token.kind {
    case .number(let seconds):
      advance()
      return try bounded(NumberLiteral(seconds), token.range)
    case .duration(let duration):
      advance()
      return try bounded(NumberLiteral(duration), token.range)
    case .leftParenthesis:
      advance()
      let inner = try durationExpression(in: context)
      try expect(.rightParenthesis, ")", in: context)
      try grow()
      if case .seconds = inner { return inner }
      return .parenthesised(inner)
    case .word(let word) where second.kind == .leftParenthesis:
      return try durationCall(word.lowercased(), token, in: context)
    default: throw unexpectedDuration(in: context)
    }
  }

  private func bounded(
    _ literal: NumberLiteral, _ range: SourceRange
  ) throws(ParseError) -> DurationExpression {
    guard DurationArithmetic.isInBounds(literal.value) else {
      throw error("duration out of range", at: range)
    }
    return .seconds(literal, range)
  }

  private func unexpectedDuration(in context: String) -> ParseError {
    unexpected(in: context, expecting: "number, duration, step(), or range()")
  }

  /// `step()`, `range()`, `min_of(a, b)`, `max_of(a, b)`.
  private mutating func durationCall(
    _ name: String, _ token: Token, in context: String
  ) throws(ParseError) -> DurationExpression {
    let takesOperands = name == "min_of" || name == "max_of"
    guard takesOperands || name == "step" || name == "range" else {
      throw unexpectedDuration(in: context)
    }
    advance()
    advance()
    guard takesOperands else {
      try expect(.rightParenthesis, ")", in: context)
      let range = SourceRange(token.range.start, lastEnd)
      return name == "step" ? .step(range) : .range(range)
    }
    let left = try durationExpression(in: context)
    let leftHeight = height
    try expect(.comma, ",", in: context)
    let right = try durationExpression(in: context)
    try expect(.rightParenthesis, ")", in: context)
    try grow(over: leftHeight)
    let range = SourceRange(token.range.start, lastEnd)
    return name == "min_of" ? .lesser(left, right, range) : .greater(left, right, range)
  }
}
