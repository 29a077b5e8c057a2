import MetricModel

/// What names mean within `WITH (...)`.
struct TemplateScope {
  indirect enum Binding {
    /// A template without parameters, or an argument.
    case expression(QueryExpression, height: Int)
    /// A template with parameters: where its text begins, and what names mean there.
    case template(parameters: [String], token: Int, TemplateScope)
    /// A parameter, while its template is read for the first time.
    case parameter
  }

  var bindings: [String: Binding] = [:]
}

/// `WITH (f(x) = rate(x[5m]), api = {job="api"}) f(requests_total{api})`: MetricsQL's templates.
///
/// They are gone when parsing ends: in their place stands what they mean, in parentheses where it
/// is an operation. So nothing that reads trees knows of them, and a printed tree is plain PromQL.
extension Parser {
  /// Nodes that templates may add to a tree, and tokens that are read again for it. Each use may
  /// double them, so depth is no bound.
  private static let expansionMax = 100_000

  /// Whether `WITH (` comes next.
  var isAtTemplates: Bool {
    guard options.readsTemplates, case .word(let word) = peek.kind else { return false }
    return word.lowercased() == "with" && second.kind == .leftParenthesis
  }

  /// Definitions, and the expression in which they hold.
  mutating func templates() throws(ParseError) -> QueryExpression {
    let context = "WITH templates"
    let outer = scope
    advance()
    advance()
    while peek.kind != .rightParenthesis {
      try definition(context)
      guard peek.kind != .rightParenthesis else { break }
      try expect(.comma, ",", in: context)
    }
    try expect(.rightParenthesis, ")", in: context)
    let body = try expression()
    scope = outer
    return try grouped(body)
  }

  /// `name = expression` or `name(parameter, ...) = expression`; it may use what was defined
  /// before.
  private mutating func definition(_ context: String) throws(ParseError) {
    let name = try templateName(context)
    var parameters: [String] = []
    if take(.leftParenthesis) {
      while peek.kind != .rightParenthesis {
        parameters.append(try templateName(context))
        guard peek.kind != .rightParenthesis else { break }
        try expect(.comma, ",", in: context)
      }
      try expect(.rightParenthesis, ")", in: context)
    }
    try expect(.assign, "=", in: context)
    let (outer, token) = (scope, next)
    for parameter in parameters { scope.bindings[parameter] = .parameter }
    let body = try expression()
    scope = outer
    scope.bindings[name] =
      parameters.isEmpty
      ? .expression(body, height: height)
      : .template(parameters: parameters, token: token, outer)
  }

  private mutating func templateName(_ context: String) throws(ParseError) -> String {
    guard case .word(let name) = peek.kind else {
      throw unexpected(in: context, expecting: "name")
    }
    advance()
    return name
  }

  /// What a name stands for, the name being next.
  mutating func expanded(
    _ binding: TemplateScope.Binding, name: String
  ) throws(ParseError) -> QueryExpression {
    let start = peek.range
    advance()
    switch binding {
    case .parameter: return .selector(try selector(name: name, start: start.start))
    case .expression(let expression, let height):
      try count(expression)
      self.height = height
      guard peek.kind == .leftBrace, case .selector(var template) = expression else {
        return try grouped(expression)
      }
      let more = try selector(name: nil, start: start.start)
      template.matchers += more.matchers
      return .selector(template)
    case .template(let parameters, let token, var inner):
      let arguments = try self.arguments(of: "WITH template")
      guard arguments.count == parameters.count else {
        throw error(
          "WITH template \(GoText.quoted(name)) has \(parameters.count) parameter(s), "
            + "got \(arguments.count) argument(s)", at: start)
      }
      for (parameter, argument) in zip(parameters, arguments) {
        inner.bindings[parameter] = .expression(argument, height: height)
      }
      let (after, outer) = (next, scope)
      (next, scope) = (token, inner)
      let body = try expression()
      try count(body, tokens: next - token)
      (next, scope) = (after, outer)
      return try grouped(body)
    }
  }

  /// In a matcher's place: the conditions of a template that is nothing but some, or nil.
  func templateMatchers(_ name: String) -> [LabelMatcher]? {
    switch scope.bindings[name] {
    case .expression(.selector(let selector), _) where selector.name == nil: selector.matchers
    case .parameter: []
    default: nil
    }
  }

  /// In the place of a matcher's value: the text that a name stands for, or nil.
  func templateText(_ name: String) -> StringLiteral? {
    switch scope.bindings[name] {
    case .expression(.string(let literal, _), _): literal
    case .parameter: StringLiteral("")
    default: nil
    }
  }

  /// Operators around a template don't take it apart.
  private mutating func grouped(_ expression: QueryExpression) throws(ParseError) -> QueryExpression
  {
    switch expression {
    case .binary, .unary: break
    case .number(let literal, _) where literal.value.sign == .minus: break
    default: return expression
    }
    try grow()
    return .parenthesised(expression, expression.sourceRange)
  }

  private mutating func count(
    _ expression: QueryExpression, tokens: Int = 0
  ) throws(ParseError) {
    expansion += expression.nodeCount + tokens
    guard expansion <= Self.expansionMax else {
      throw error(
        "WITH templates make the query too large, expected at most \(Self.expansionMax) parts")
    }
  }
}

extension QueryExpression {
  fileprivate var nodeCount: Int { children.reduce(1) { $0 + $1.nodeCount } }
}
