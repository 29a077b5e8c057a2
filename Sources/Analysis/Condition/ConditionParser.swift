internal import MetricModel

/// Reads a condition in the order of precedence that expr-lang has, `not` binding tighter than
/// comparisons and `??` tighter than everything.
struct ConditionParser {
  let source: String
  private let tokens: [ConditionToken]
  private var position = 0
  /// The levels of brackets and operators being read.
  private var nesting = 0
  /// The nodes made so far.
  private var nodeCount = 0
  /// How many predicates surround the place being read.
  var predicateDepth = 0
  var variables: [String] = []

  static let sourceBytesMax = 16_384
  static let nestingMax = 60
  static let depthMax = 200
  static let nodeCountMax = 5000

  /// - Throws: `ConditionError` with the place; also for conditions larger or more deeply nested
  ///   than any a person would write.
  static func parse(_ source: String) throws(ConditionError) -> ConditionSyntax {
    guard source.utf8.count <= sourceBytesMax else {
      throw ConditionError("condition longer than \(sourceBytesMax) bytes")
    }
    var parser = ConditionParser(source: source, tokens: try ConditionLexer.tokens(of: source))
    guard parser.current.kind != .end else { throw ConditionError("condition is empty") }
    let tree = try parser.expression(0)
    guard parser.current.kind == .end else {
      throw parser.failure("found \(parser.current.spelling), expected an operator or the end")
    }
    return tree
  }

  private init(source: String, tokens: [ConditionToken]) {
    self.source = source
    self.tokens = tokens
  }

  mutating func expression(_ precedence: Int) throws(ConditionError) -> ConditionSyntax {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= Self.nestingMax else {
      throw failure("nested deeper than \(Self.nestingMax) levels")
    }
    if precedence == 0, current.kind == .name("let") { return try declaration() }
    if precedence == 0, current.kind == .name("if") { return try ifElse() }
    var left = try operand()
    var previous: ConditionSyntax.BinaryOperator?
    while case .symbol(let symbol) = current.kind {
      let place = current
      if symbol == "|" {
        guard precedence == 0 else { break }
        left = try pipe(left)
        previous = nil
        continue
      }
      let negated = symbol == "not"
      let spelled = negated ? following : symbol
      guard let operation = ConditionSyntax.BinaryOperator(symbol: spelled ?? ""),
        operation.precedence >= precedence
      else { break }
      if negated {
        guard operation.canBeNegated else { throw failure("found \"not\", expected an operator") }
        advance()
      }
      if let previous, (previous == .coalesce) != (operation == .coalesce) {
        throw failure("\"??\" can't stand beside \"\(spelled ?? "")\" without brackets")
      }
      advance()
      let node = try binary(operation, left, at: place, precedence: precedence)
      left = negated ? try made(.unary(.not, node), at: place, node) : node
      previous = operation
    }
    if precedence == 0 { left = try conditional(left) }
    return left
  }

  private mutating func binary(
    _ operation: ConditionSyntax.BinaryOperator, _ left: ConditionSyntax, at place: ConditionToken,
    precedence: Int
  ) throws(ConditionError) -> ConditionSyntax {
    if operation.isComparison { return try comparison(operation, left, at: place) }
    let isRightAssociative = operation == .power
    let right = try expression(operation.precedence + (isRightAssociative ? 0 : 1))
    if operation == .matches, case .literal(.text(let pattern)) = right.form {
      return try made(.matches(left, try regex(pattern, at: right.offset)), at: place, left)
    }
    return try made(.binary(operation, left, right), at: place, left, right)
  }

  private func regex(
    _ pattern: String, at offset: Int
  ) throws(ConditionError) -> RegexMatcher {
    do {
      return try RegexMatcher(pattern)
    } catch {
      throw ConditionError("\(error)", source: source, offset: offset)
    }
  }

  /// `1 < x < 3` means `1 < x && x < 3`.
  private mutating func comparison(
    _ first: ConditionSyntax.BinaryOperator, _ start: ConditionSyntax, at place: ConditionToken
  ) throws(ConditionError) -> ConditionSyntax {
    var operation = first
    var left = start
    var place = place
    var whole: ConditionSyntax?
    while true {
      let right = try expression(operation.precedence + 1)
      let pair = try made(.binary(operation, left, right), at: place, left, right)
      if let before = whole {
        whole = try made(.binary(.and, before, pair), at: place, before, pair)
      } else {
        whole = pair
      }
      guard case .symbol(let symbol) = current.kind,
        let next = ConditionSyntax.BinaryOperator(symbol: symbol), next.isComparison
      else { return whole ?? pair }
      (operation, left, place) = (next, right, current)
      advance()
    }
  }

  private mutating func conditional(
    _ condition: ConditionSyntax
  ) throws(ConditionError) -> ConditionSyntax {
    var result = condition
    while current.kind == .symbol("?") {
      let place = current
      advance()
      if skip(":") {
        let other = try expression(0)
        result = try made(
          .conditional(result, then: result, else: other), at: place, result, other)
      } else {
        let first = try expression(0)
        try expect(":")
        let second = try expression(0)
        result = try made(
          .conditional(result, then: first, else: second), at: place, result, first, second)
      }
    }
    return result
  }

  /// `list | filter(# > 1) | len()`: the left side becomes the first argument.
  private mutating func pipe(_ left: ConditionSyntax) throws(ConditionError) -> ConditionSyntax {
    advance()
    guard case .name(let name) = current.kind else {
      throw failure("found \(current.spelling), expected a function after \"|\"")
    }
    let place = current
    advance()
    return try postfix(try call(name, at: place, first: left))
  }

  private mutating func declaration() throws(ConditionError) -> ConditionSyntax {
    let place = current
    advance()
    guard case .name(let name) = current.kind else {
      throw failure("found \(current.spelling), expected the name of a variable")
    }
    if name == "result" || ConditionFunction.named(name) != nil {
      throw failure("\"\(name)\" already means something, choose another name")
    }
    advance()
    try expect("=")
    let value = try expression(0)
    try expect(";")
    variables.append(name)
    defer { variables.removeLast() }
    let body = try expression(0)
    return try made(.variable(name, value, in: body), at: place, value, body)
  }

  private mutating func ifElse() throws(ConditionError) -> ConditionSyntax {
    let place = current
    advance()
    let condition = try expression(0)
    try expect("{")
    let first = try expression(0)
    try expect("}")
    guard current.kind == .name("else") else {
      throw failure("found \(current.spelling), expected \"else\"")
    }
    advance()
    if current.kind == .name("if") {
      let second = try ifElse()
      return try made(
        .conditional(condition, then: first, else: second), at: place, condition, first, second)
    }
    try expect("{")
    let second = try expression(0)
    try expect("}")
    return try made(
      .conditional(condition, then: first, else: second), at: place, condition, first, second)
  }

  var current: ConditionToken { tokens[position] }

  /// The symbol after the current token.
  private var following: String? {
    guard position + 1 < tokens.count, case .symbol(let symbol) = tokens[position + 1].kind else {
      return nil
    }
    return symbol
  }

  mutating func advance() {
    if position + 1 < tokens.count { position += 1 }
  }

  mutating func skip(_ symbol: String) -> Bool {
    guard current.kind == .symbol(symbol) else { return false }
    advance()
    return true
  }

  mutating func expect(_ symbol: String) throws(ConditionError) {
    guard skip(symbol) else {
      throw failure("found \(current.spelling), expected \"\(symbol)\"")
    }
  }

  func failure(_ message: String) -> ConditionError {
    ConditionError(message, source: source, offset: current.offset)
  }

  mutating func made(
    _ form: ConditionSyntax.Form, at place: ConditionToken, _ children: ConditionSyntax?...
  ) throws(ConditionError) -> ConditionSyntax {
    try made(form, at: place, over: children.compactMap { $0 })
  }

  mutating func made(
    _ form: ConditionSyntax.Form, at place: ConditionToken, over children: [ConditionSyntax]
  ) throws(ConditionError) -> ConditionSyntax {
    nodeCount += 1
    let node = ConditionSyntax(form, at: place.offset, over: children)
    guard nodeCount <= Self.nodeCountMax, node.depth <= Self.depthMax else {
      throw ConditionError(
        "condition too large, at most \(Self.nodeCountMax) parts in \(Self.depthMax) levels",
        source: source, offset: place.offset)
    }
    return node
  }
}
