import MetricModel

extension Parser {
  /// The braces of a selector and everything between, the name being read already.
  mutating func selector(name: String?, start: Int) throws(ParseError) -> VectorSelector {
    var selector = VectorSelector(
      name: name, matchers: [], shift: TimeShift(), range: SourceRange(start, lastEnd))
    if take(.leftBrace) {
      while !take(.rightBrace) {
        try matcher(into: &selector)
        guard peek.kind != .rightBrace else { continue }
        guard take(.comma) else {
          throw unexpected(in: "label matching", expecting: "\",\" or \"}\"")
        }
      }
    }
    if let name = selector.name {
      selector.matchers.insert(LabelMatcher(Labels.metricName, equals: name), at: 0)
    }
    selector.range.end = lastEnd
    return selector
  }

  /// `label="value"`, `"quoted label"!~"pattern"`, or a quoted metric name alone.
  private mutating func matcher(into selector: inout VectorSelector) throws(ParseError) {
    let token = peek
    let label: String
    switch token.kind {
    case .word(let word): label = word
    case .string(let quoted): label = quoted.text
    default: throw unexpected(in: "label matching", expecting: "identifier or \"}\"")
    }
    advance()
    guard case .matching(let operation) = peek.kind else {
      if case .word = token.kind, let matchers = templateMatchers(label) {
        selector.matchers += matchers
        return
      }
      guard case .string = token.kind, peek.kind == .comma || peek.kind == .rightBrace else {
        throw unexpected(in: "label matching", expecting: "label matching operator")
      }
      if let name = selector.name {
        throw error(
          "metric name must not be set twice: \(GoText.quoted(name)) or \(GoText.quoted(label))",
          at: token.range)
      }
      selector.name = label
      return
    }
    advance()
    let value: StringLiteral
    switch peek.kind {
    case .string(let text): value = text
    case .word(let name):
      guard let text = templateText(name) else { fallthrough }
      value = text
    default: throw unexpected(in: "label matching", expecting: "string")
    }
    advance()
    do {
      selector.matchers.append(try LabelMatcher(label, operation, value.text))
    } catch {
      throw self.error("\(error)", at: SourceRange(token.range.start, lastEnd))
    }
  }

  /// Ranges, `offset`, `@`, `anchored` and `smoothed` after an operand, as many as follow.
  mutating func modified(_ operand: QueryExpression) throws(ParseError) -> QueryExpression {
    var expression = operand
    var hasOffset = false
    while true {
      if peek.kind == .leftBracket {
        expression = try ranged(expression, hasOffset: hasOffset)
        hasOffset = false
      } else if peek.keyword == .offset {
        let modifier = peek.range
        guard expression.shift != nil else { throw misplaced("offset", modifier) }
        guard !hasOffset else {
          throw error("offset may not be set multiple times", at: modifier)
        }
        hasOffset = true
        advance()
        expression.shift?.offset = try offsetDuration()
        expression.sourceRange.end = lastEnd
      } else if peek.kind == .at {
        let modifier = peek.range
        guard let shift = expression.shift else { throw misplaced("@", modifier) }
        guard shift.pin == nil else {
          throw error("@ <timestamp> may not be set multiple times", at: modifier)
        }
        advance()
        expression.shift?.pin = try pinnedTime()
        expression.sourceRange.end = lastEnd
      } else if case .word(let word) = peek.kind,
        let kind = RangeExtension(rawValue: word.lowercased())
      {
        try extend(&expression, kind)
      } else {
        return expression
      }
    }
  }

  private mutating func extend(
    _ expression: inout QueryExpression, _ kind: RangeExtension
  ) throws(ParseError) {
    let range = expression.sourceRange
    switch expression {
    case .selector, .rangeSelector: break
    case .subquery:
      throw error("\(kind.rawValue) modifier is not supported for subqueries", at: range)
    default: throw error("\(kind.rawValue) modifier not implemented", at: range)
    }
    if let other = expression.extension, other != kind {
      throw error("anchored and smoothed modifiers cannot be used together", at: range)
    }
    advance()
    expression.extension = kind
    expression.sourceRange.end = lastEnd
  }

  private func misplaced(_ modifier: String, _ range: SourceRange) -> ParseError {
    error(
      "\(modifier) modifier must be preceded by an instant vector selector or range vector "
        + "selector or a subquery", at: range)
  }

  /// `[window]` after a selector, `[window:step]` after anything.
  private mutating func ranged(
    _ operand: QueryExpression, hasOffset: Bool
  ) throws(ParseError) -> QueryExpression {
    let bracket = peek.range
    advance()
    let window = try positiveDuration(in: "subquery or range selector")
    guard take(.colon) else {
      guard take(.rightBracket) else {
        throw unexpected(in: "subquery or range", expecting: "\":\" or \"]\"")
      }
      guard case .selector(let selector) = operand else {
        throw error("ranges only allowed for vector selectors", at: bracket)
      }
      guard !hasOffset else { throw error("no offset modifiers allowed before range", at: bracket) }
      guard selector.shift.pin == nil else {
        throw error("no @ modifiers allowed before range", at: bracket)
      }
      return .rangeSelector(
        selector, window: window, SourceRange(selector.range.start, lastEnd))
    }
    var step: QueryDuration?
    if peek.kind != .rightBracket { step = try positiveDuration(in: "subquery selector") }
    guard take(.rightBracket) else { throw unexpected(in: "subquery selector", expecting: "\"]\"") }
    try grow()
    return .subquery(
      Subquery(
        expression: operand, window: window, step: step, shift: TimeShift(),
        range: SourceRange(operand.sourceRange.start, lastEnd)))
  }

  /// A number of seconds, `start()` or `end()`.
  private mutating func pinnedTime() throws(ParseError) -> PinnedTime {
    if case .word(let word) = peek.kind, second.kind == .leftParenthesis {
      let pin: PinnedTime? =
        switch word.lowercased() {
        case "start": .queryStart
        case "end": .queryEnd
        default: nil
        }
      if let pin {
        advance()
        advance()
        try expect(.rightParenthesis, ")", in: "@")
        return pin
      }
    }
    let range = peek.range
    let isNegative = takeSign()
    let seconds: Double
    switch peek.kind {
    case .number(let value): seconds = value
    case .duration(let duration): seconds = duration.seconds
    default: throw unexpected(in: "@", expecting: "timestamp, start() or end()")
    }
    advance()
    guard let time = Timestamp(seconds: isNegative ? -seconds : seconds) else {
      throw error(
        "timestamp out of bounds for @ modifier: "
          + NumberText.general(isNegative ? -seconds : seconds), at: range)
    }
    return .at(time)
  }
}
