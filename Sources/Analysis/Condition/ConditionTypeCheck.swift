/// Finds, before anything is evaluated, operations that can't work on the type of the result:
/// `result < 5` on a vector is an error even where `||` would never reach it.
struct ConditionTypeCheck {
  let source: String
  let result: ConditionType
  private var elements: [ConditionType] = []
  private var accumulators: [ConditionType] = []
  private var variables: [(name: String, type: ConditionType)] = []

  init(source: String, result: ConditionType) {
    self.source = source
    self.result = result
  }

  mutating func type(of node: ConditionSyntax) throws(ConditionError) -> ConditionType {
    switch node.form {
    case .literal(let value): return value.type
    case .list(let items): return try list(of: items)
    case .map(let entries):
      for entry in entries {
        _ = try require(entry.key, [.text], "a key")
        _ = try type(of: entry.value)
      }
      return .map
    case .name(let name):
      return variables.last { $0.name == name }?.type ?? result
    case .element(.value): return elements.last ?? .any
    case .element(.index): return .integer
    case .element(.accumulator): return accumulators.last ?? .any
    case .member(let base, let key, let isOptional):
      return try member(of: base, key: key, isOptional: isOptional, at: node)
    case .slice(let base, let from, let to):
      for bound in [from, to] {
        if let bound { _ = try require(bound, [.integer], "the bound of a slice") }
      }
      let type = try type(of: base)
      if case .list = type { return type }
      guard type == .text || type.isAny else { throw failure("cannot slice \(type)", node) }
      return type
    case .chain(let inner):
      _ = try type(of: inner)
      return .any
    case .unary(let sign, let operand):
      let type = try type(of: operand)
      if type.isAny { return sign == .not ? .bool : .any }
      let fits = sign == .not ? type == .bool : type.isNumeric || type == .duration
      guard fits else {
        throw failure("invalid operation: \(sign.rawValue) (mismatched type \(type))", node)
      }
      return type
    case .binary(let operation, let left, let right):
      return try binary(operation, try type(of: left), try type(of: right), at: node)
    case .matches(let text, _):
      _ = try require(text, [.text, .null], "the text before \"matches\"")
      return .bool
    case .conditional(let condition, let first, let second):
      _ = try require(condition, [.bool], "the condition before \"?\"")
      return try type(of: first).joined(with: try type(of: second))
    case .variable(let name, let value, let body):
      variables.append((name, try type(of: value)))
      defer { variables.removeLast() }
      return try type(of: body)
    case .call(let function, let arguments):
      return try call(function, arguments, at: node)
    case .predicate(let function, let list, let body, let extra):
      return try predicate(function, list, body, extra, at: node)
    case .method(let base, let name):
      return try method(name, of: try type(of: base), at: node)
    }
  }

  private mutating func list(
    of items: [ConditionSyntax]
  ) throws(ConditionError) -> ConditionType {
    var element: ConditionType?
    for item in items {
      let type = try type(of: item)
      element = element.map { $0.joined(with: type) } ?? type
    }
    return .list(element ?? .any)
  }

  private mutating func member(
    of base: ConditionSyntax, key: ConditionSyntax, isOptional: Bool, at node: ConditionSyntax
  ) throws(ConditionError) -> ConditionType {
    let keyType = try type(of: key)
    switch try type(of: base) {
    case .any: return .any
    case .list(let element):
      guard keyType == .integer || keyType.isAny else {
        if case .literal(.text(let name)) = key.form {
          throw failure("type \(ConditionType.list(element)) has no field \(name)", node)
        }
        throw failure("cannot use \(keyType) to index \(ConditionType.list(element))", node)
      }
      return element
    case .map:
      guard keyType == .text || keyType.isAny else {
        throw failure("cannot use \(keyType) to get an element from a map", node)
      }
      return .any
    case .null where isOptional: return .null
    case let other:
      if case .literal(.text(let name)) = key.form {
        throw failure("type \(other) has no field \(name)", node)
      }
      throw failure("type \(other)[\(keyType)] is undefined", node)
    }
  }

  private func method(
    _ name: String, of type: ConditionType, at node: ConditionSyntax
  ) throws(ConditionError) -> ConditionType {
    if type.isAny { return .any }
    if type == .time, CalendarTime.methods.contains(name) { return .integer }
    if type == .duration, let result = GoDuration.methods[name] { return result }
    throw failure("type \(type) has no method \(name)()", node)
  }

  private func binary(
    _ operation: ConditionSyntax.BinaryOperator, _ left: ConditionType, _ right: ConditionType,
    at node: ConditionSyntax
  ) throws(ConditionError) -> ConditionType {
    let hasAny = left.isAny || right.isAny
    let bothNumeric = left.isNumeric && right.isNumeric
    switch operation {
    case .or, .and:
      if [left, right].allSatisfy({ $0 == .bool || $0.isAny }) { return .bool }
    case .equal, .notEqual:
      if hasAny || left == .null || right == .null || bothNumeric { return .bool }
      if left == right { return .bool }
      if case .list = left, case .list = right { return .bool }
    case .less, .greater, .lessOrEqual, .greaterOrEqual:
      if bothNumeric || left == right && [.text, .time, .duration].contains(left) { return .bool }
      if hasAny && ordered(left) && ordered(right) { return .bool }
    case .isIn:
      if right.isAny || right == .null { return .bool }
      if case .list(let element) = right {
        let fits = left.isAny || element.isAny || left == element || left == .null
        if fits || left.isNumeric && element.isNumeric { return .bool }
      }
      if right == .map, left == .text || left.isAny { return .bool }
    case .matches, .contains, .startsWith, .endsWith:
      if [left, right].allSatisfy({ $0 == .text || $0.isAny || $0 == .null }) { return .bool }
    case .range:
      if [left, right].allSatisfy({ $0 == .integer || $0.isAny }) { return .list(.integer) }
    case .add:
      if bothNumeric { return left == .number || right == .number ? .number : .integer }
      if left == .text && right == .text { return .text }
      if left == .duration && right == .duration { return .duration }
      if [left, right] == [.time, .duration] || [left, right] == [.duration, .time] {
        return .time
      }
      if hasAny && ordered(left) && ordered(right) { return .any }
    case .subtract:
      if bothNumeric { return left == .number || right == .number ? .number : .integer }
      if left == .duration && right == .duration { return .duration }
      if left == .time && right == .duration { return .time }
      if left == .time && right == .time { return .duration }
      if hasAny && ordered(left) && ordered(right) { return .any }
    case .multiply:
      if bothNumeric { return left == .number || right == .number ? .number : .integer }
      if [left, right].contains(.duration), left.isNumeric || right.isNumeric { return .duration }
      if hasAny && ordered(left) && ordered(right) { return .any }
    case .divide, .power:
      if [left, right].allSatisfy({ $0.isNumeric || $0.isAny }) { return .number }
    case .remainder:
      if [left, right].allSatisfy({ $0 == .integer || $0.isAny }) { return .integer }
    case .coalesce:
      if left == .null { return right }
      return left.joined(with: right)
    }
    throw failure(
      "invalid operation: \(operation.rawValue) (mismatched types \(left) and \(right))", node)
  }

  /// Whether values of a type may stand beside a value whose type isn't known yet.
  private func ordered(_ type: ConditionType) -> Bool {
    switch type {
    case .any, .integer, .number, .text, .time, .duration: true
    default: false
    }
  }

  private mutating func call(
    _ function: ConditionFunction, _ arguments: [ConditionSyntax], at node: ConditionSyntax
  ) throws(ConditionError) -> ConditionType {
    var types: [ConditionType] = []
    for (index, argument) in arguments.enumerated() {
      let type = try type(of: argument)
      let parameter = function.parameter(at: index)
      guard parameter.accepts(type) else {
        throw ConditionError(
          "\(function.name)() takes \(parameter.text) as argument \(index + 1), found \(type)",
          source: source, offset: argument.offset)
      }
      types.append(type)
    }
    if function.name == "first" || function.name == "last",
      case .list(let element)? = types.first
    {
      return element
    }
    return function.result ?? types.first ?? .any
  }

  private mutating func predicate(
    _ function: PredicateFunction, _ list: ConditionSyntax, _ body: ConditionSyntax?,
    _ extra: ConditionSyntax?, at node: ConditionSyntax
  ) throws(ConditionError) -> ConditionType {
    let element: ConditionType
    let listType = try type(of: list)
    switch listType {
    case .any: element = .any
    case .list(let inner): element = inner
    default:
      throw ConditionError(
        "builtin \(function.rawValue) takes only array (got \(listType))", source: source,
        offset: list.offset)
    }
    if let extra { _ = try type(of: extra) }
    var bodyType: ConditionType?
    if let body {
      elements.append(element)
      accumulators.append(.any)
      defer {
        elements.removeLast()
        accumulators.removeLast()
      }
      bodyType = try type(of: body)
    }
    switch function {
    case .all, .none, .any, .one, .filter, .count, .find, .findIndex, .findLast, .findLastIndex:
      if let bodyType, bodyType != .bool, !bodyType.isAny {
        throw failure("predicate should return boolean (got \(bodyType))", node)
      }
    case .sum:
      let summed = bodyType ?? element
      guard summed.isNumeric || summed.isAny else {
        throw failure("sum() adds numbers, found \(summed)", node)
      }
    case .map, .groupBy, .sortBy, .reduce: break
    }
    switch function {
    case .all, .none, .any, .one: return .bool
    case .filter, .sortBy: return .list(element)
    case .map: return .list(bodyType ?? .any)
    case .count, .findIndex, .findLastIndex: return .integer
    case .groupBy: return .map
    case .find, .findLast, .reduce: return .any
    case .sum: return bodyType ?? element
    }
  }

  private mutating func require(
    _ node: ConditionSyntax, _ accepted: [ConditionType], _ what: String
  ) throws(ConditionError) -> ConditionType {
    let type = try type(of: node)
    guard type.isAny || accepted.contains(type) else {
      throw ConditionError(
        "\(what) must be \(accepted[0]), found \(type)", source: source, offset: node.offset)
    }
    return type
  }

  private func failure(_ message: String, _ node: ConditionSyntax) -> ConditionError {
    ConditionError(message, source: source, offset: node.offset)
  }
}
