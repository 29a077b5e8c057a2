/// What operators stand between: literals, names, calls, predicates, and what follows them.
extension ConditionParser {
  mutating func operand() throws(ConditionError) -> ConditionSyntax {
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

  mutating func call(
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

  mutating func postfix(
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
}
