/// Reads templates of Go's `text/template` into trees.
struct TemplateParser {
  private let lexer: TemplateLexer
  private let parts: [TemplatePart]
  private var next = 0
  private(set) var definitions: [String: [TemplateNode]] = [:]
  /// The variables in sight.
  private var variables = ["$"]
  private var depth = 0
  private var loops = 0

  private static let depthMax = 100

  /// - Throws: `TemplateError` with the line of what can't be read.
  init(name: String, text: String) throws(TemplateError) {
    var lexer = TemplateLexer(name: name, text: text)
    parts = try lexer.parts()
    self.lexer = lexer
  }

  /// The main tree; those of `define` are in `definitions` then.
  mutating func parse() throws(TemplateError) -> [TemplateNode] {
    let (nodes, ending) = try nodes(until: [])
    if let ending { throw failure("unexpected {{\(ending.word)}}", at: ending.offset) }
    return nodes
  }

  private func failure(_ message: String, at offset: Int) -> TemplateError {
    .syntax(message, name: lexer.name, line: lexer.place(offset).line)
  }

  /// `{{end}}` or `{{else}}` with what follows the word.
  private struct Ending {
    var word: String
    var rest: ArraySlice<TemplateToken>
    var offset: Int
  }

  private mutating func nodes(
    until words: Set<String>
  ) throws(TemplateError) -> ([TemplateNode], Ending?) {
    depth += 1
    defer { depth -= 1 }
    guard depth < Self.depthMax else { throw failure("nested too deeply", at: 0) }
    var nodes: [TemplateNode] = []
    while next < parts.count {
      let part = parts[next]
      next += 1
      switch part {
      case .text(let text): nodes.append(.text(text))
      case .action(let tokens, let range):
        if case .identifier(let word) = tokens[0].kind, word == "end" || word == "else" {
          let ending = Ending(word: word, rest: tokens.dropFirst(), offset: range.lowerBound)
          guard words.contains(word) || words.isEmpty else {
            throw failure("unexpected {{\(word)}}", at: range.lowerBound)
          }
          return (nodes, ending)
        }
        if let node = try action(tokens, range) { nodes.append(node) }
      }
    }
    guard words.isEmpty else { throw failure("unexpected EOF", at: lexer.bytes.count) }
    return (nodes, nil)
  }

  private mutating func action(
    _ tokens: [TemplateToken], _ range: Range<Int>
  ) throws(TemplateError) -> TemplateNode? {
    guard case .identifier(let word) = tokens[0].kind else {
      return .action(try pipeline(tokens[...], in: "command"))
    }
    let rest = tokens.dropFirst()
    switch word {
    case "if": return try block(rest, word) { .conditional($0, then: $1, otherwise: $2) }
    case "with": return try block(rest, word) { .with($0, then: $1, otherwise: $2) }
    case "range":
      loops += 1
      defer { loops -= 1 }
      return try block(rest, word) { .range($0, body: $1, otherwise: $2) }
    case "break", "continue":
      guard loops > 0 else {
        throw failure("{{\(word)}} outside {{range}}", at: range.lowerBound)
      }
      return word == "break" ? .leaveLoop : .nextRound
    case "define":
      let name = try name(rest, in: "define clause")
      definitions[name] = try definition()
      return nil
    case "block":
      let name = try name(rest, in: "block clause")
      let argument = try pipeline(rest.dropFirst(), in: "block clause")
      definitions[name] = try definition()
      return .invoke(name, argument, lexer.place(range.lowerBound))
    case "template":
      let name = try name(rest, in: "template clause")
      let argument = rest.dropFirst()
      let isAlone = argument.first?.kind == .end
      return .invoke(
        name, isAlone ? nil : try pipeline(argument, in: "template clause"),
        lexer.place(range.lowerBound))
    default: return .action(try pipeline(tokens[...], in: "command"))
    }
  }

  private func name(
    _ tokens: ArraySlice<TemplateToken>, in context: String
  ) throws(TemplateError) -> String {
    guard let first = tokens.first, case .value(.text(let name)) = first.kind else {
      let offset = tokens.first?.range.lowerBound ?? 0
      throw failure("unexpected \(source(tokens.first)) in \(context)", at: offset)
    }
    return name
  }

  private mutating func definition() throws(TemplateError) -> [TemplateNode] {
    let outer = (variables, loops)
    (variables, loops) = (["$"], 0)
    defer { (variables, loops) = outer }
    return try nodes(until: ["end"]).0
  }

  private mutating func block(
    _ tokens: ArraySlice<TemplateToken>, _ word: String,
    _ node: (TemplatePipeline, [TemplateNode], [TemplateNode]) -> TemplateNode
  ) throws(TemplateError) -> TemplateNode {
    let count = variables.count
    defer { variables.removeLast(variables.count - count) }
    let head = try pipeline(tokens, in: word)
    let (body, ending) = try nodes(until: ["end", "else"])
    guard let ending, ending.word == "else" else { return node(head, body, []) }
    variables.removeLast(variables.count - count)
    if case .identifier(let chained) = ending.rest.first?.kind, chained == word, word != "range" {
      // `{{else if}}` shares the one `{{end}}`.
      let inner = try block(ending.rest.dropFirst(), word, node)
      return node(head, body, [inner])
    }
    let (otherwise, last) = try nodes(until: ["end", "else"])
    if let last, last.word == "else" {
      throw failure("expected end; found {{else}}", at: last.offset)
    }
    return node(head, body, otherwise)
  }

  private func source(_ token: TemplateToken?) -> String {
    guard let token else { return "EOF" }
    if token.kind == .end { return "}}" }
    return "<\(String(decoding: lexer.bytes[token.range], as: UTF8.self))>"
  }
}

// Pipelines.
extension TemplateParser {
  private mutating func pipeline(
    _ tokens: ArraySlice<TemplateToken>, in context: String
  ) throws(TemplateError) -> TemplatePipeline {
    var rest = tokens
    let pipeline = try pipeline(&rest, in: context)
    guard rest.first?.kind == .end else {
      throw failure(
        "unexpected \(source(rest.first)) in \(context)", at: rest.first?.range.lowerBound ?? 0)
    }
    return pipeline
  }

  private mutating func pipeline(
    _ rest: inout ArraySlice<TemplateToken>, in context: String
  ) throws(TemplateError) -> TemplatePipeline {
    depth += 1
    defer { depth -= 1 }
    guard depth < Self.depthMax else { throw failure("nested too deeply", at: 0) }
    var pipeline = TemplatePipeline(commands: [])
    try declaration(&rest, into: &pipeline, in: context)
    repeat {
      let start = rest.first?.range.lowerBound ?? 0
      var operands: [TemplateOperand] = []
      while let operand = try operand(&rest, in: context) { operands.append(operand) }
      guard !operands.isEmpty else {
        throw failure("missing value for \(context)", at: start)
      }
      let upper = rest.first?.range.lowerBound ?? lexer.bytes.count
      var text = lexer.bytes[start..<max(start, upper)]
      while let last = text.last, last == 0x20 { text.removeLast() }
      pipeline.commands.append(
        TemplateCommand(operands: operands, source: String(decoding: text, as: UTF8.self)))
    } while skip(.pipe, &rest)
    if pipeline.declares { variables.append(contentsOf: pipeline.variables) }
    return pipeline
  }

  private func skip(
    _ kind: TemplateToken.Kind, _ rest: inout ArraySlice<TemplateToken>
  ) -> Bool {
    guard rest.first?.kind == kind else { return false }
    rest.removeFirst()
    return true
  }

  /// `$x :=`, `$i, $x :=` or `$x =` in front of a pipeline.
  private func declaration(
    _ rest: inout ArraySlice<TemplateToken>, into pipeline: inout TemplatePipeline,
    in context: String
  ) throws(TemplateError) {
    var ahead = rest
    var names: [String] = []
    while case .variable(let name) = ahead.first?.kind {
      names.append(name)
      ahead.removeFirst()
      guard context == "range", skip(.comma, &ahead) else { break }
    }
    guard !names.isEmpty, case .assignment(let declares) = ahead.first?.kind else { return }
    let offset = rest.first?.range.lowerBound ?? 0
    guard names.count <= 2 else { throw failure("too many declarations in range", at: offset) }
    if !declares {
      for name in names where !variables.contains(name) {
        throw failure("undefined variable \"\(name)\"", at: offset)
      }
    }
    pipeline.variables = names
    pipeline.declares = declares
    rest = ahead.dropFirst()
  }

  private mutating func operand(
    _ rest: inout ArraySlice<TemplateToken>, in context: String
  ) throws(TemplateError) -> TemplateOperand? {
    guard let first = rest.first else { return nil }
    let kind: TemplateOperand.Kind
    var fields: [String] = []
    switch first.kind {
    case .end, .pipe, .close, .comma, .assignment: return nil
    case .dot: kind = .dot
    case .field(let name): (kind, fields) = (.field, [name])
    case .value(let value): kind = .value(value)
    case .variable(let name):
      guard variables.contains(name) else {
        throw failure("undefined variable \"\(name)\"", at: first.range.lowerBound)
      }
      kind = .variable(name)
    case .identifier("nil"): kind = .none
    case .identifier(let name):
      guard TemplateFunctions.names.contains(name) else {
        throw failure("function \"\(name)\" not defined", at: first.range.lowerBound)
      }
      kind = .function(name)
    case .open:
      rest.removeFirst()
      let inner = try pipeline(&rest, in: "parenthesized pipeline")
      guard rest.first?.kind == .close else {
        throw failure("unclosed left paren", at: first.range.lowerBound)
      }
      kind = .group(inner)
    }
    var end = rest.first?.range.upperBound ?? first.range.upperBound
    rest.removeFirst()
    while case .field(let name) = rest.first?.kind, rest.first?.followsBlank == false {
      fields.append(name)
      end = rest.first?.range.upperBound ?? end
      rest.removeFirst()
    }
    return TemplateOperand(
      kind: kind, fields: fields, place: lexer.place(first.range.lowerBound),
      source: String(decoding: lexer.bytes[first.range.lowerBound..<end], as: UTF8.self))
  }
}
