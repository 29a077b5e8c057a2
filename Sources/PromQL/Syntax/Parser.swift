import MetricModel

/// How much a query may ask of the parser.
package struct ParserOptions: Sendable {
  /// Longer texts are refused unread.
  package var maximumBytes: Int
  /// The deepest tree that is accepted, so that neither parsing nor anything that walks the tree
  /// later can run out of stack: 4 MiB suffice, also in debug builds.
  package var maximumDepth: Int
  /// Whether `WITH (...)` begins templates; else it calls an unknown function.
  package var readsTemplates: Bool

  package init(
    maximumBytes: Int = 1 << 20, maximumDepth: Int = 250, readsTemplates: Bool = true
  ) {
    self.maximumBytes = maximumBytes
    self.maximumDepth = maximumDepth
    self.readsTemplates = readsTemplates
  }
}

/// Turns text into a tree by recursive descent, binary operators by precedence climbing.
///
///     try Parser.parse("sum by (job) (rate(http_requests_total[5m]))")
///
/// The parser checks form alone; whether types fit together, `TypeCheck` says.
package struct Parser {
  let text: String
  let bytes: [UInt8]
  let options: ParserOptions
  private let tokens: [Token]
  /// The place in `tokens`, which templates move about.
  var next = 0
  /// How many calls of `expression` and `durationExpression` are open.
  var openLevels = 0
  /// The height of the tree that was returned last.
  var height = 0
  var scope = TemplateScope()
  /// How much has come out of templates.
  var expansion = 0

  /// Parses a whole query.
  package static func parse(
    _ text: String, options: ParserOptions = ParserOptions()
  ) throws(ParseError) -> QueryExpression {
    var parser = try Parser(text, options)
    guard parser.peek.kind != .end else { throw parser.error("no expression found in input") }
    let expression = try parser.expression()
    guard parser.peek.kind == .end else { throw parser.unexpected(expecting: "an operator") }
    return expression
  }

  /// Parses the notation of one series, `name{label="value"}`, without any modifiers.
  package static func parseSelector(_ text: String) throws(ParseError) -> VectorSelector {
    var parser = try Parser(text, ParserOptions())
    guard parser.peek.kind != .end else { throw parser.unexpected() }
    let start = parser.peek.range.start
    var name: String?
    if case .word(let word) = parser.peek.kind {
      parser.advance()
      name = word
    }
    let selector = try parser.selector(name: name, start: start)
    guard parser.peek.kind == .end else { throw parser.unexpected(in: "series") }
    return selector
  }

  private init(_ text: String, _ options: ParserOptions) throws(ParseError) {
    self.text = text
    self.options = options
    bytes = Array(text.utf8)
    guard bytes.count <= options.maximumBytes else {
      throw ParseError(
        line: 1, column: 1,
        message: "query has \(bytes.count) bytes, expected at most \(options.maximumBytes)")
    }
    tokens = Lexer.tokens(in: bytes)
  }

  var peek: Token { tokens[min(next, tokens.count - 1)] }

  /// The token after the next.
  var second: Token { tokens[min(next + 1, tokens.count - 1)] }

  /// The end of the token that was taken last.
  var lastEnd: Int { next > 0 ? tokens[min(next, tokens.count) - 1].range.end : 0 }

  mutating func advance() { next += 1 }

  /// Takes the next token if it is `kind`.
  mutating func take(_ kind: Token.Kind) -> Bool {
    guard peek.kind == kind else { return false }
    advance()
    return true
  }

  mutating func take(_ keyword: Keyword) -> Bool {
    guard peek.keyword == keyword else { return false }
    advance()
    return true
  }

  mutating func expect(_ kind: Token.Kind, _ spelling: String, in context: String)
    throws(ParseError)
  {
    guard take(kind) else { throw unexpected(in: context, expecting: GoText.quoted(spelling)) }
  }

  func error(_ message: String, at range: SourceRange? = nil) -> ParseError {
    ParseError(message, at: range ?? peek.range, in: text)
  }

  /// Complains about the next token: Prometheus' `unexpected ... in ..., expected ...`.
  func unexpected(in context: String? = nil, expecting expected: String? = nil) -> ParseError {
    if case .invalid(let message) = peek.kind { return error(message) }
    var message = "unexpected \(peek.described(in: bytes))"
    if let context { message += " in \(context)" }
    if let expected { message += ", expected \(expected)" }
    return error(message)
  }

  /// An operand and all operators after it that bind at least as strongly as `minimum`.
  mutating func expression(minimum: Int = 0) throws(ParseError) -> QueryExpression {
    openLevels += 1
    guard openLevels <= options.maximumDepth else { throw tooDeep }
    defer { openLevels -= 1 }
    var left = try operand()
    while let operation = peek.binaryOperator, operation.precedence >= minimum {
      let leftHeight = height
      left = try binary(left, operation)
      try grow(over: leftHeight)
    }
    return left
  }

  private mutating func binary(
    _ left: QueryExpression, _ operation: BinaryOperation.Operator
  ) throws(ParseError) -> QueryExpression {
    advance()
    var modifiers = try binaryModifiers(operation)
    modifiers.matching.fill = try fillValues()
    // A power groups to the right, all others to the left.
    let isRightAssociative = operation == .power
    let right = try expression(minimum: operation.precedence + (isRightAssociative ? 0 : 1))
    return .binary(
      BinaryOperation(
        operation: operation, left: left, right: right, returnsBool: modifiers.returnsBool,
        matching: modifiers.matching, range: left.sourceRange.union(right.sourceRange)))
  }

  /// Signs, then an operand. A sign binds like `*`, so only `^` holds its operand more tightly.
  private mutating func operand() throws(ParseError) -> QueryExpression {
    guard case .sign(let sign) = peek.kind, sign == .add || sign == .subtract else {
      let primary = try primary()
      return try modified(primary)
    }
    let start = peek.range.start
    advance()
    let operand = try expression(minimum: BinaryOperation.Operator.power.precedence)
    let range = SourceRange(start, operand.sourceRange.end)
    if case .number(let literal, _) = operand {
      return .number(sign == .subtract ? literal.negated : literal, range)
    }
    try grow()
    return .unary(isNegation: sign == .subtract, operand, range)
  }

  private mutating func primary() throws(ParseError) -> QueryExpression {
    height = 1
    let token = peek
    switch token.kind {
    case .number(let value):
      advance()
      return .number(NumberLiteral(value), token.range)
    case .duration(let duration):
      advance()
      return .number(NumberLiteral(duration), token.range)
    case .string(let value):
      advance()
      return .string(value, token.range)
    case .leftParenthesis:
      advance()
      let inner = try expression()
      try expect(.rightParenthesis, ")", in: "parenthesized expression")
      try grow()
      return .parenthesised(inner, SourceRange(token.range.start, lastEnd))
    case .leftBrace:
      return .selector(try selector(name: nil, start: token.range.start))
    case .word(let word):
      return try named(word, token)
    default:
      throw unexpected(expecting: "an expression")
    }
  }

  /// What a word begins: an aggregation, a call, or a selector.
  private mutating func named(
    _ word: String, _ token: Token
  ) throws(ParseError) -> QueryExpression {
    if isAtTemplates { return try templates() }
    if let binding = scope.bindings[word] { return try expanded(binding, name: word) }
    let following = second
    if let operation = token.aggregation {
      let keyword = following.keyword
      if following.kind == .leftParenthesis || keyword == .by || keyword == .without {
        return try aggregation(operation)
      }
    }
    if let keyword = token.keyword, !keyword.mayNameMetric {
      throw unexpected(expecting: "an expression")
    }
    if token.binaryOperator == .atan2 { throw unexpected(expecting: "an expression") }
    let isMatching = following.keyword == .on || following.keyword == .ignoring
    if following.kind == .leftParenthesis || (isMatching && comparesGroups(word)),
      token.keyword == nil, token.binaryOperator == nil
    {
      return try call(word, token)
    }
    advance()
    return .selector(try selector(name: word, start: token.range.start))
  }

  private mutating func call(_ name: String, _ token: Token) throws(ParseError) -> QueryExpression {
    guard !name.utf8.contains(UInt8(ascii: ":")) else {
      throw unexpected(expecting: "a function, whose name holds no colon")
    }
    advance()
    var matching = try matchingClause()
    let arguments = try arguments(of: "function call")
    if matching == nil && comparesGroups(name) { matching = try matchingClause() }
    return .call(
      FunctionCall(
        name: name, arguments: arguments, matching: matching,
        range: SourceRange(token.range.start, lastEnd)))
  }

  /// Whether `on (...)` may stand before or after the arguments of a function, as `by (...)` before
  /// or after those of an aggregation.
  private func comparesGroups(_ function: String) -> Bool {
    FunctionSignature.named(function)?.comparesGroups == true
  }

  /// `on (...)` or `ignoring (...)`; nil when neither comes next.
  private mutating func matchingClause() throws(ParseError) -> VectorMatching.Labels? {
    if take(.on) { return .on(try labelList()) }
    if take(.ignoring) { return .ignoring(try labelList()) }
    return nil
  }

  /// `(expression, expression)`; leaves the height of a node above them.
  mutating func arguments(of context: String) throws(ParseError) -> [QueryExpression] {
    try expect(.leftParenthesis, "(", in: context)
    var arguments: [QueryExpression] = []
    var highest = 0
    while peek.kind != .rightParenthesis {
      arguments.append(try expression())
      highest = max(highest, height)
      guard peek.kind != .rightParenthesis else { break }
      try expect(.comma, ",", in: context)
      guard peek.kind != .rightParenthesis else {
        throw error("trailing commas not allowed in function call args")
      }
    }
    try expect(.rightParenthesis, ")", in: context)
    height = highest
    try grow()
    return arguments
  }

  private mutating func aggregation(
    _ operation: Aggregation.Operation
  ) throws(ParseError) -> QueryExpression {
    let start = peek.range.start
    advance()
    var grouping = try groupingClause()
    var arguments = try arguments(of: "aggregation")
    if grouping == nil { grouping = try groupingClause() }
    let range = SourceRange(start, lastEnd)
    guard !arguments.isEmpty else {
      throw error("no arguments for aggregate expression provided", at: range)
    }
    let wanted = operation.takesParameter ? 2 : 1
    guard arguments.count == wanted else {
      throw error(
        "wrong number of arguments for aggregate expression provided, expected \(wanted), "
          + "got \(arguments.count)", at: range)
    }
    let expression = arguments.removeLast()
    return .aggregation(
      Aggregation(
        operation: operation, grouping: grouping ?? .by([]), parameter: arguments.first,
        expression: expression, range: range))
  }

  /// `by (...)` or `without (...)`; nil when neither comes next.
  private mutating func groupingClause() throws(ParseError) -> Grouping? {
    if take(.by) { return .by(try labelList()) }
    if take(.without) { return .without(try labelList()) }
    return nil
  }

  /// `(label, "quoted label",)`.
  private mutating func labelList() throws(ParseError) -> [String] {
    let context = "grouping opts"
    try expect(.leftParenthesis, "(", in: context)
    var labels: [String] = []
    while !take(.rightParenthesis) {
      switch peek.kind {
      case .word(let label): labels.append(label)
      case .string(let label): labels.append(label.text)
      default: throw unexpected(in: context, expecting: "label")
      }
      advance()
      guard peek.kind != .rightParenthesis else { continue }
      guard take(.comma) else { throw unexpected(in: context, expecting: "\",\" or \")\"") }
    }
    return labels
  }

  /// `bool`, `on (...)` or `ignoring (...)`, `group_left (...)` or `group_right (...)`.
  private mutating func binaryModifiers(
    _ operation: BinaryOperation.Operator
  ) throws(ParseError) -> (returnsBool: Bool, matching: VectorMatching) {
    var matching = VectorMatching()
    let takesAll = operation.isSetOperator || operation == .defaulting
    if takesAll { matching.cardinality = .manyToMany }
    let boolRange = peek.range
    let returnsBool = take(.bool)
    if returnsBool && !operation.isComparison {
      throw error("bool modifier can only be used on comparison operators", at: boolRange)
    }
    guard let labels = try matchingClause() else { return (returnsBool, matching) }
    matching.labels = labels
    matching.isExplicit = true
    let groupRange = peek.range
    let isLeft = take(.groupLeft)
    guard isLeft || take(.groupRight) else { return (returnsBool, matching) }
    guard !takesAll else {
      throw error(
        "no grouping allowed for \(GoText.quoted(operation.rawValue)) operation", at: groupRange)
    }
    matching.cardinality = isLeft ? .manyToOne : .oneToMany
    if peek.kind == .leftParenthesis { matching.include = try labelList() }
    if case .on(let names) = labels, let label = matching.include.first(where: names.contains) {
      throw error(
        "label \(GoText.quoted(label)) must not occur in ON and GROUP clause at once",
        at: groupRange)
    }
    return (returnsBool, matching)
  }

  /// `fill (0)`, or `fill_left (0)` and `fill_right (0)` in any order. Without a parenthesis after
  /// them these words name metrics.
  private mutating func fillValues() throws(ParseError) -> FillValues {
    var fill = FillValues()
    while case .word(let word) = peek.kind, second.kind == .leftParenthesis {
      switch word.lowercased() {
      case "fill" where fill.isEmpty:
        let value = try fillValue()
        return FillValues(left: value, right: value)
      case "fill_left" where fill.left == nil: fill.left = try fillValue()
      case "fill_right" where fill.right == nil: fill.right = try fillValue()
      default: return fill
      }
    }
    return fill
  }

  /// `fill (-1)`: a literal, not an expression.
  private mutating func fillValue() throws(ParseError) -> Double {
    advance()
    advance()
    let isNegative = takeSign()
    let value: Double
    switch peek.kind {
    case .number(let number): value = number
    case .duration(let duration): value = duration.seconds
    default: throw unexpected(in: "fill value", expecting: "number or duration")
    }
    advance()
    try expect(.rightParenthesis, ")", in: "fill value")
    return isNegative ? -value : value
  }

  /// Puts a node over the tree returned last and one of height `other`.
  mutating func grow(over other: Int = 0) throws(ParseError) {
    height = max(height, other) + 1
    guard height <= options.maximumDepth else { throw tooDeep }
  }

  var tooDeep: ParseError {
    error("query is nested too deeply, expected at most \(options.maximumDepth) levels")
  }
}
