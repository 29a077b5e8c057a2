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
  private var predicateDepth = 0
  private var variables: [String] = []

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

  // MARK: Expressions

  private mutating func expression(_ precedence: Int) throws(ConditionError) -> ConditionSyntax {
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

  // MARK: Operands

  private mutating func operand() throws(ConditionError) -> ConditionSyntax {
    let place = current
    switch place.kind {
    case .symbol("not"), .symbol("!"):
      advance()
      let inner = try expression(50)
      return try made(.unary(.not, inner), at: place, inner)
    case .symbol("-"), .symbol("+"):
      advance()
      let inner = try expression(90)
      let sign: ConditionSyntax.UnaryOperator = place.kind == .symbol("-") ? .minus : .plus
      return try made(.unary(sign, inner), at: place, inner)
    case .symbol("("):
      advance()
      let inner = try expression(0)
      try expect(")")
      return try postfix(inner)
    case .symbol("#"), .symbol("."):
      return try postfix(try element())
    case .symbol("["):
      advance()
      let elements = try items(until: "]")
      return try postfix(try made(.list(elements), at: place, over: elements))
    case .symbol("{"):
      return try postfix(try mapLiteral())
    case .integer(let value): return try literal(.integer(value))
    case .number(let value): return try literal(.number(value))
    case .text(let text): return try literal(.text(text))
    case .name(let name):
      advance()
      return try postfix(try named(name, at: place))
    default:
      throw failure("found \(place.spelling), expected a value")
    }
  }

  private mutating func literal(_ value: ConditionValue) throws(ConditionError) -> ConditionSyntax {
    let place = current
    advance()
    return try postfix(try made(.literal(value), at: place))
  }

  private mutating func named(
    _ name: String, at place: ConditionToken
  ) throws(ConditionError) -> ConditionSyntax {
    switch name {
    case "true": return try made(.literal(.bool(true)), at: place)
    case "false": return try made(.literal(.bool(false)), at: place)
    case "nil", "null": return try made(.literal(.null), at: place)
    default: break
    }
    if current.kind == .symbol("(") { return try call(name, at: place, first: nil) }
    guard name == "result" || variables.contains(name) else {
      let hint = ConditionFunction.named(name) == nil ? "known is: result" : "a function needs ()"
      throw ConditionError(
        "unknown name \"\(name)\", \(hint)", source: source, offset: place.offset)
    }
    return try made(.name(name), at: place)
  }

  private mutating func call(
    _ name: String, at place: ConditionToken, first: ConditionSyntax?
  ) throws(ConditionError) -> ConditionSyntax {
    try expect("(")
    if let function = PredicateFunction(rawValue: name) {
      return try predicate(function, at: place, first: first)
    }
    guard let function = ConditionFunction.named(name) else {
      throw ConditionError(
        "unknown function \"\(name)\"", source: source, offset: place.offset)
    }
    let arguments = (first.map { [$0] } ?? []) + (try items(until: ")"))
    guard function.accepts(count: arguments.count) else {
      throw ConditionError(
        "\(name)() has \(arguments.count) arguments, expected \(function.countText)",
        source: source, offset: place.offset)
    }
    return try made(.call(function, arguments), at: place, over: arguments)
  }

  private mutating func predicate(
    _ function: PredicateFunction, at place: ConditionToken, first: ConditionSyntax?
  ) throws(ConditionError) -> ConditionSyntax {
    let list: ConditionSyntax
    if let first { list = first } else { list = try expression(0) }
    var body: ConditionSyntax?
    var extra: ConditionSyntax?
    if first != nil ? current.kind != .symbol(")") : skip(",") {
      predicateDepth += 1
      let isBraced = skip("{")
      body = try expression(0)
      if isBraced { try expect("}") }
      predicateDepth -= 1
      if function.takesExtra, skip(",") { extra = try expression(0) }
    } else if !function.isPredicateOptional {
      throw failure("found \(current.spelling), expected a predicate such as \"# > 0\"")
    }
    try expect(")")
    return try made(
      .predicate(function, list, body: body, extra: extra), at: place, list, body, extra)
  }

  /// `#`, `#index`, `#acc`, and `.field` for `#.field`.
  private mutating func element() throws(ConditionError) -> ConditionSyntax {
    let place = current
    guard predicateDepth > 0 else {
      throw failure("found \(place.spelling) outside of a predicate")
    }
    let node = try made(.element(.value), at: place)
    // `.field` is read by the caller as a member of `#`.
    guard place.kind == .symbol("#") else { return node }
    advance()
    guard case .name(let name) = current.kind, current.offset == place.offset + 1 else {
      return node
    }
    advance()
    switch name {
    case "index": return try made(.element(.index), at: place)
    case "acc": return try made(.element(.accumulator), at: place)
    default:
      throw ConditionError(
        "unknown \"#\(name)\", known are #, #index, #acc", source: source, offset: place.offset)
    }
  }

  private mutating func mapLiteral() throws(ConditionError) -> ConditionSyntax {
    let place = current
    advance()
    var entries: [(key: ConditionSyntax, value: ConditionSyntax)] = []
    while current.kind != .symbol("}") {
      let key: ConditionSyntax
      let start = current
      switch current.kind {
      case .name(let name):
        advance()
        key = try made(.literal(.text(name)), at: start)
      case .text(let text):
        advance()
        key = try made(.literal(.text(text)), at: start)
      case .symbol("("):
        advance()
        key = try expression(0)
        try expect(")")
      default: throw failure("found \(current.spelling), expected a key")
      }
      try expect(":")
      entries.append((key, try expression(0)))
      guard skip(",") else { break }
    }
    try expect("}")
    return try made(.map(entries), at: place, over: entries.flatMap { [$0.key, $0.value] })
  }

  private mutating func items(
    until closing: String
  ) throws(ConditionError) -> [ConditionSyntax] {
    var result: [ConditionSyntax] = []
    while current.kind != .symbol(closing) {
      result.append(try expression(0))
      guard skip(",") else { break }
    }
    try expect(closing)
    return result
  }

  // MARK: What follows an operand

  private mutating func postfix(
    _ operand: ConditionSyntax
  ) throws(ConditionError) -> ConditionSyntax {
    var node = operand
    var hasOptional = false
    while case .symbol(let symbol) = current.kind, [".", "?.", "["].contains(symbol) {
      let place = current
      advance()
      if symbol == "[" {
        node = try indexed(node, at: place, isOptional: false)
        continue
      }
      if symbol == "?." { hasOptional = true }
      if symbol == "?.", skip("[") {
        node = try indexed(node, at: place, isOptional: true)
        continue
      }
      node = try field(of: node, at: place, isOptional: symbol == "?.")
    }
    guard hasOptional else { return node }
    return ConditionSyntax(.chain(node), at: node.offset, over: node)
  }

  private mutating func field(
    of base: ConditionSyntax, at place: ConditionToken, isOptional: Bool
  ) throws(ConditionError) -> ConditionSyntax {
    let name: String
    switch current.kind {
    case .name(let word): name = word
    case .symbol(let word) where ConditionLexer.wordOperators.contains(word): name = word
    default: throw failure("found \(current.spelling), expected the name of a field")
    }
    let key = try made(.literal(.text(name)), at: current)
    advance()
    if current.kind == .symbol("("), !isOptional {
      advance()
      try expect(")")
      return try made(.method(base, name), at: place, base)
    }
    return try made(.member(base, key: key, isOptional: isOptional), at: place, base, key)
  }

  private mutating func indexed(
    _ base: ConditionSyntax, at place: ConditionToken, isOptional: Bool
  ) throws(ConditionError) -> ConditionSyntax {
    if skip(":") {
      let to = current.kind == .symbol("]") ? nil : try expression(0)
      try expect("]")
      return try made(.slice(base, from: nil, to: to), at: place, base, to)
    }
    let key = try expression(0)
    if skip(":") {
      let to = current.kind == .symbol("]") ? nil : try expression(0)
      try expect("]")
      return try made(.slice(base, from: key, to: to), at: place, base, key, to)
    }
    try expect("]")
    return try made(.member(base, key: key, isOptional: isOptional), at: place, base, key)
  }

  // MARK: Tokens

  private var current: ConditionToken { tokens[position] }

  /// The symbol after the current token.
  private var following: String? {
    guard position + 1 < tokens.count, case .symbol(let symbol) = tokens[position + 1].kind else {
      return nil
    }
    return symbol
  }

  private mutating func advance() {
    if position + 1 < tokens.count { position += 1 }
  }

  private mutating func skip(_ symbol: String) -> Bool {
    guard current.kind == .symbol(symbol) else { return false }
    advance()
    return true
  }

  private mutating func expect(_ symbol: String) throws(ConditionError) {
    guard skip(symbol) else {
      throw failure("found \(current.spelling), expected \"\(symbol)\"")
    }
  }

  private func failure(_ message: String) -> ConditionError {
    ConditionError(message, source: source, offset: current.offset)
  }

  private mutating func made(
    _ form: ConditionSyntax.Form, at place: ConditionToken, _ children: ConditionSyntax?...
  ) throws(ConditionError) -> ConditionSyntax {
    try made(form, at: place, over: children.compactMap { $0 })
  }

  private mutating func made(
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
