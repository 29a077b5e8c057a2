internal import MetricModel

/// Fills in the trees of a template.
struct TemplateExecution {
  let name: String
  let trees: TemplateTrees
  let functions: TemplateFunctions
  private var output = ""
  private var variables: [(name: String, value: TemplateValue)] = []
  private var rounds = 0
  private var invocations = 0

  init(name: String, trees: TemplateTrees, functions: TemplateFunctions) {
    self.name = name
    self.trees = trees
    self.functions = functions
  }

  /// What a list of pieces ends with.
  private enum Flow {
    case done
    case leavesLoop
    case endsRound
  }

  mutating func run(_ data: TemplateValue) throws(TemplateError) -> String {
    variables = [("$", data)]
    _ = try walk(trees.main, dot: data)
    return output
  }

  private mutating func write(_ text: String) throws(TemplateError) {
    guard output.utf8.count + text.utf8.count <= Template.outputBytesMax else {
      throw TemplateError(
        "template: \(name): the text grows past \(Template.outputBytesMax) bytes")
    }
    output += text
  }

  private mutating func walk(
    _ nodes: [TemplateNode], dot: TemplateValue
  ) throws(TemplateError) -> Flow {
    for node in nodes {
      switch node {
      case .text(let text): try write(text)
      case .action(let pipeline):
        let value = try evaluate(pipeline, dot: dot)
        if pipeline.variables.isEmpty { try write(value.printed) }
      case .conditional(let head, let then, let otherwise):
        let flow = try scoped { (execution) throws(TemplateError) in
          let value = try execution.evaluate(head, dot: dot)
          return try execution.walk(value.isTrue ? then : otherwise, dot: dot)
        }
        if flow != .done { return flow }
      case .with(let head, let then, let otherwise):
        let flow = try scoped { (execution) throws(TemplateError) in
          let value = try execution.evaluate(head, dot: dot)
          return value.isTrue
            ? try execution.walk(then, dot: value) : try execution.walk(otherwise, dot: dot)
        }
        if flow != .done { return flow }
      case .range(let head, let body, let otherwise):
        let flow = try scoped { (execution) throws(TemplateError) in
          try execution.loop(head, body, otherwise, dot: dot)
        }
        if flow != .done { return flow }
      case .invoke(let name, let argument, let place):
        try invoke(name, argument, place, dot: dot)
      case .leaveLoop: return .leavesLoop
      case .nextRound: return .endsRound
      }
    }
    return .done
  }

  /// Variables that `body` makes end with it.
  private mutating func scoped(
    _ body: (inout TemplateExecution) throws(TemplateError) -> Flow
  ) throws(TemplateError) -> Flow {
    let count = variables.count
    let flow = try body(&self)
    variables.removeLast(variables.count - count)
    return flow
  }

  private mutating func loop(
    _ head: TemplatePipeline, _ body: [TemplateNode], _ otherwise: [TemplateNode],
    dot: TemplateValue
  ) throws(TemplateError) -> Flow {
    var plain = head
    plain.variables = []
    let value = try evaluate(plain, dot: dot)
    let elements: [(key: TemplateValue, value: TemplateValue)]
    switch value {
    case .list(let list): elements = list.enumerated().map { (.integer(Int64($0)), $1) }
    case .map(let fields, _):
      elements = fields.sorted { $0.key < $1.key }.map { (.text($0.key), $0.value) }
    case .integer(let count):
      guard count <= Template.roundsMax else { throw tooManyRounds }
      elements = (0..<max(0, count)).map { (.integer($0), .integer($0)) }
    case .missing: elements = []
    default:
      throw failure("range can't iterate over \(value.printed)", head.commands[0])
    }
    if elements.isEmpty { return try walk(otherwise, dot: dot) }
    for element in elements {
      rounds += 1
      guard rounds <= Template.roundsMax else { throw tooManyRounds }
      let flow = try scoped { (execution) throws(TemplateError) in
        let names = head.variables
        if let last = names.last { execution.set(last, element.value, head.declares) }
        if names.count == 2 { execution.set(names[0], element.key, head.declares) }
        return try execution.walk(body, dot: element.value)
      }
      if flow == .leavesLoop { break }
    }
    return .done
  }

  private var tooManyRounds: TemplateError {
    TemplateError("template: \(name): loops run more than \(Template.roundsMax) rounds")
  }

  private mutating func set(_ name: String, _ value: TemplateValue, _ declares: Bool) {
    if !declares, let index = variables.lastIndex(where: { $0.name == name }) {
      variables[index].value = value
    } else {
      variables.append((name, value))
    }
  }

  private mutating func invoke(
    _ name: String, _ argument: TemplatePipeline?, _ place: TemplatePlace, dot: TemplateValue
  ) throws(TemplateError) {
    guard let nodes = trees.definitions[name] else {
      throw .execution(
        "template \(GoText.quoted(name)) not defined", name: self.name, place: place,
        piece: "{{template \(GoText.quoted(name))}}")
    }
    let value = if let argument { try evaluate(argument, dot: dot) } else { TemplateValue.missing }
    invocations += 1
    guard invocations <= Template.invocationsMax else {
      throw TemplateError("template: \(self.name): templates invoke each other too deeply")
    }
    let outer = variables
    variables = [("$", value)]
    _ = try walk(nodes, dot: value)
    variables = outer
    invocations -= 1
  }

  private func failure(_ message: String, _ command: TemplateCommand) -> TemplateError {
    .execution(
      message, name: name, place: command.operands[0].place, piece: command.source)
  }
}

// Values.
extension TemplateExecution {
  private mutating func evaluate(
    _ pipeline: TemplatePipeline, dot: TemplateValue
  ) throws(TemplateError) -> TemplateValue {
    var value: TemplateValue?
    for command in pipeline.commands {
      value = try evaluate(command, piped: value, dot: dot)
    }
    let result = value ?? .missing
    for variable in pipeline.variables { set(variable, result, pipeline.declares) }
    return result
  }

  private mutating func evaluate(
    _ command: TemplateCommand, piped: TemplateValue?, dot: TemplateValue
  ) throws(TemplateError) -> TemplateValue {
    let head = command.operands[0]
    let takesArguments = command.operands.count > 1 || piped != nil
    if case .function(let name) = head.kind, head.fields.isEmpty {
      return try call(name, command, piped: piped, dot: dot)
    }
    guard takesArguments else { return try value(of: head, dot: dot) }
    guard let method = head.fields.last else {
      throw failure("can't give argument to non-function \(head.source)", command)
    }
    var owner = head
    owner.fields.removeLast()
    let object: TemplateValue
    if case .field = head.kind {
      object = try follow(owner.fields, from: dot, command)
    } else {
      object = try value(of: owner, dot: dot)
    }
    let arguments = try arguments(command, piped: piped, dot: dot)
    guard let answer = try self.method(object, method, arguments, command) else {
      throw failure("\(method) is not a method but has arguments", command)
    }
    return answer
  }

  private mutating func arguments(
    _ command: TemplateCommand, piped: TemplateValue?, dot: TemplateValue
  ) throws(TemplateError) -> [TemplateValue] {
    var arguments: [TemplateValue] = []
    for operand in command.operands.dropFirst() {
      arguments.append(try value(of: operand, dot: dot))
    }
    if let piped { arguments.append(piped) }
    return arguments
  }

  private mutating func value(
    of operand: TemplateOperand, dot: TemplateValue
  ) throws(TemplateError) -> TemplateValue {
    let command = TemplateCommand(operands: [operand], source: operand.source)
    let start: TemplateValue
    switch operand.kind {
    case .dot, .field: start = dot
    case .none: start = .missing
    case .value(let value): start = value
    case .variable(let name):
      start = variables.last { $0.name == name }?.value ?? .missing
    case .function(let name): start = try call(name, command, piped: nil, dot: dot)
    case .group(let pipeline): start = try evaluate(pipeline, dot: dot)
    }
    return try follow(operand.fields, from: start, command)
  }

  private func follow(
    _ fields: [String], from start: TemplateValue, _ command: TemplateCommand
  ) throws(TemplateError) -> TemplateValue {
    var value = start
    for field in fields {
      switch value {
      case .map(let entries, let otherwise): value = entries[field] ?? otherwise
      case .fields(let type, let entries):
        guard let entry = entries[field] else {
          throw failure("can't evaluate field \(field) in type \(type)", command)
        }
        value = entry
      case .missing:
        throw failure("nil pointer evaluating interface {}.\(field)", command)
      default:
        guard let answer = try method(value, field, [], command) else {
          throw failure("can't evaluate field \(field) in type \(value.typeName)", command)
        }
        value = answer
      }
    }
    return value
  }

  private func method(
    _ object: TemplateValue, _ method: String, _ arguments: [TemplateValue],
    _ command: TemplateCommand
  ) throws(TemplateError) -> TemplateValue? {
    do {
      return try GoTime.call(method, on: object, arguments)
    } catch {
      throw failure("error calling \(method): \(error)", command)
    }
  }

  private mutating func call(
    _ function: String, _ command: TemplateCommand, piped: TemplateValue?, dot: TemplateValue
  ) throws(TemplateError) -> TemplateValue {
    if function == "and" || function == "or" {
      // The only functions that stop at the first argument which decides.
      var last = piped ?? .missing
      for operand in command.operands.dropFirst() {
        last = try value(of: operand, dot: dot)
        if last.isTrue == (function == "or") { return last }
      }
      return piped ?? last
    }
    let arguments = try arguments(command, piped: piped, dot: dot)
    do {
      return try functions.call(function, arguments)
    } catch {
      switch error {
      case .misuse(let message): throw failure(message, command)
      case .failed(let message):
        throw failure("error calling \(function): \(message)", command)
      }
    }
  }
}
