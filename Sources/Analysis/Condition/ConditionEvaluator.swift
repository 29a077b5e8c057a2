internal import MetricModel

/// Computes a condition for one result. Work and memory are bounded, whatever the condition says.
struct ConditionEvaluator {
  let source: String
  let result: ConditionValue
  let now: Timestamp
  let compatibility: Compatibility
  /// Steps and elements that may still be spent.
  private(set) var budget = 1_000_000
  private var elements: [PredicateElement] = []
  private var variables: [(name: String, value: ConditionValue)] = []
  /// Set while the rest of a `?.` chain is passed over.
  private var isSkippingChain = false

  static let nestingMax = 100

  /// What `#`, `#index` and `#acc` stand for.
  private struct PredicateElement {
    var value: ConditionValue
    var index: Int
    var accumulator: ConditionValue
  }

  init(
    source: String, result: ConditionValue, now: Timestamp, compatibility: Compatibility = .argo
  ) {
    self.source = source
    self.result = result
    self.now = now
    self.compatibility = compatibility
  }

  mutating func evaluate(_ node: ConditionSyntax) throws(ConditionError) -> ConditionValue {
    try spend(1)
    do {
      return try value(of: node)
    } catch {
      throw error.located(at: node.offset, in: source)
    }
  }

  /// Takes `amount` off the budget.
  mutating func spend(_ amount: Int) throws(ConditionError) {
    budget -= amount
    guard budget > 0 else { throw ConditionError("condition takes too much work or memory") }
  }

  /// A list whose size and nesting are within bounds.
  mutating func list(_ items: [ConditionValue]) throws(ConditionError) -> ConditionValue {
    try spend(items.count)
    let value = ConditionValue.list(items)
    try checkNesting(value)
    return value
  }

  /// A text whose size is within bounds.
  mutating func text(_ text: String) throws(ConditionError) -> ConditionValue {
    try spend(text.utf8.count / 8)
    return .text(text)
  }

  private func checkNesting(_ value: ConditionValue) throws(ConditionError) {
    guard value.nesting(upTo: Self.nestingMax + 1) <= Self.nestingMax else {
      throw ConditionError("lists nested deeper than \(Self.nestingMax) levels")
    }
  }

  private mutating func value(of node: ConditionSyntax) throws(ConditionError) -> ConditionValue {
    switch node.form {
    case .literal(let value): return value
    case .list(let items):
      var values: [ConditionValue] = []
      for item in items { values.append(try evaluate(item)) }
      return try list(values)
    case .map(let entries): return try map(entries)
    case .name(let name): return variables.last { $0.name == name }?.value ?? result
    case .element(let part): return try element(part)
    case .member(let base, let key, let isOptional):
      return try member(of: base, key: key, isOptional: isOptional)
    case .slice(let base, let from, let to): return try slice(base, from, to)
    case .chain(let inner):
      defer { isSkippingChain = false }
      return try evaluate(inner)
    case .unary(let sign, let operand):
      return try ConditionOperators.apply(sign, to: try evaluate(operand))
    case .binary(let operation, let left, let right):
      return try binary(operation, left, right)
    case .matches(let text, let regex):
      guard case .text(let text) = try evaluate(text) else { return .bool(false) }
      try spend(text.utf8.count / 8)
      return .bool(regex.matchesPart(of: text))
    case .conditional(let condition, let first, let second):
      return try evaluate(try isTrue(condition) ? first : second)
    case .variable(let name, let value, let body):
      variables.append((name, try evaluate(value)))
      defer { variables.removeLast() }
      return try evaluate(body)
    case .call(let function, let arguments)
    where function.name == "default" && compatibility == .safe:
      return try firstValue(of: arguments)
    case .call(let function, let arguments):
      var values: [ConditionValue] = []
      for argument in arguments { values.append(try evaluate(argument)) }
      return try function.body(values, &self)
    case .predicate(let function, let list, let body, let extra):
      return try predicate(function, list, body, extra)
    case .method(let base, let name): return try method(name, of: try evaluate(base))
    }
  }

  /// `default(x, d)` of templates that don't ask for Argo's: d where x is nil or has no value.
  private mutating func firstValue(
    of arguments: [ConditionSyntax]
  ) throws(ConditionError) -> ConditionValue {
    do throws(ConditionError) {
      let value = try evaluate(arguments[0])
      if value != .null { return value }
    } catch {
      // A condition that spent its budget must not go on; everything else is a missing value.
      guard budget > 0 else { throw error }
    }
    return try evaluate(arguments[1])
  }

  private mutating func map(
    _ entries: [(key: ConditionSyntax, value: ConditionSyntax)]
  ) throws(ConditionError) -> ConditionValue {
    var fields: [String: ConditionValue] = [:]
    for (key, value) in entries {
      guard case .text(let name) = try evaluate(key) else {
        throw ConditionError("the keys of a map must be texts")
      }
      fields[name] = try evaluate(value)
    }
    let value = ConditionValue.map(fields)
    try checkNesting(value)
    return value
  }

  private func element(
    _ part: ConditionSyntax.ElementPart
  ) throws(ConditionError) -> ConditionValue {
    guard let element = elements.last else {
      throw ConditionError("# stands outside of a predicate")
    }
    switch part {
    case .value: return element.value
    case .index: return .integer(Int64(element.index))
    case .accumulator: return element.accumulator
    }
  }

  private mutating func member(
    of base: ConditionSyntax, key: ConditionSyntax, isOptional: Bool
  ) throws(ConditionError) -> ConditionValue {
    let container = try evaluate(base)
    if isSkippingChain { return .null }
    if isOptional, container == .null {
      isSkippingChain = true
      return .null
    }
    let key = try evaluate(key)
    switch (container, key) {
    case (.map(let fields), .text(let name)): return fields[name] ?? .null
    case (.list(let items), .integer(let index)):
      let place = index < 0 ? index + Int64(items.count) : index
      guard place >= 0, place < Int64(items.count) else {
        throw ConditionError("index out of range: \(index) (array length is \(items.count))")
      }
      return items[Int(place)]
    default:
      throw ConditionError("cannot fetch \(key.text) from \(container.typeName)")
    }
  }

  private mutating func slice(
    _ base: ConditionSyntax, _ from: ConditionSyntax?, _ to: ConditionSyntax?
  ) throws(ConditionError) -> ConditionValue {
    let container = try evaluate(base)
    func bounds(_ count: Int, _ start: Int64, _ end: Int64) -> Range<Int> {
      func clamped(_ value: Int64) -> Int {
        let place = value < 0 ? max(0, value + Int64(count)) : value
        return Int(min(place, Int64(count)))
      }
      let lower = clamped(start)
      return lower..<max(lower, clamped(end))
    }
    var ends: [Int64] = [0, .max]
    for (position, bound) in [from, to].enumerated() {
      guard let bound else { continue }
      guard case .integer(let value) = try evaluate(bound) else {
        throw ConditionError("the bounds of a slice must be integers")
      }
      ends[position] = value
    }
    switch container {
    case .list(let items):
      return try list(Array(items[bounds(items.count, ends[0], ends[1])]))
    case .text(let text):
      let bytes = Array(text.utf8)
      let part = bytes[bounds(bytes.count, ends[0], ends[1])]
      return try self.text(String(decoding: part, as: UTF8.self))
    default: throw ConditionError("cannot slice \(container.typeName)")
    }
  }

  private func method(
    _ name: String, of value: ConditionValue
  ) throws(ConditionError) -> ConditionValue {
    switch value {
    case .time(let time):
      if let number = CalendarTime(time).method(name) { return .integer(number) }
    case .duration(let nanoseconds):
      if let answer = GoDuration(nanoseconds: nanoseconds).method(name) { return answer }
    default: break
    }
    throw ConditionError("\(value.typeName) has no method \(name)()")
  }

  private mutating func binary(
    _ operation: ConditionSyntax.BinaryOperator, _ left: ConditionSyntax, _ right: ConditionSyntax
  ) throws(ConditionError) -> ConditionValue {
    switch operation {
    case .or: return .bool(try isTrue(left) ? true : try isTrue(right))
    case .and: return .bool(try isTrue(left) ? try isTrue(right) : false)
    case .coalesce:
      let first = try evaluate(left)
      return first == .null ? try evaluate(right) : first
    default:
      let first = try evaluate(left)
      let second = try evaluate(right)
      if case .range = operation { return try range(first, second) }
      if case .text(let start) = first, case .text(let end) = second {
        try spend((start.utf8.count + end.utf8.count) / 8)
      }
      if case .list(let items) = second { try spend(items.count) }
      return try ConditionOperators.apply(operation, first, second)
    }
  }

  private mutating func range(
    _ first: ConditionValue, _ last: ConditionValue
  ) throws(ConditionError) -> ConditionValue {
    guard case .integer(let start) = first, case .integer(let end) = last else {
      throw ConditionError("a range needs integers, found \(first.typeName), \(last.typeName)")
    }
    guard start <= end else { return .list([]) }
    let (span, overflow) = end.subtractingReportingOverflow(start)
    guard !overflow, span < Int64(budget) else {
      throw ConditionError("a range of that length takes too much memory")
    }
    return try list((start...end).map { .integer($0) })
  }

  private mutating func isTrue(_ node: ConditionSyntax) throws(ConditionError) -> Bool {
    let value = try evaluate(node)
    guard case .bool(let truth) = value else {
      throw ConditionError("expected bool, but got \(value.typeName)")
        .located(at: node.offset, in: source)
    }
    return truth
  }

  /// The value of a predicate for one element.
  mutating func evaluate(
    _ body: ConditionSyntax, for value: ConditionValue, index: Int,
    accumulator: ConditionValue = .null
  ) throws(ConditionError) -> ConditionValue {
    elements.append(PredicateElement(value: value, index: index, accumulator: accumulator))
    defer { elements.removeLast() }
    return try evaluate(body)
  }
}
