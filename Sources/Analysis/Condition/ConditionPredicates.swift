extension ConditionEvaluator {
  /// `all(list, predicate)` and its kin.
  mutating func predicate(
    _ function: PredicateFunction, _ source: ConditionSyntax, _ body: ConditionSyntax?,
    _ extra: ConditionSyntax?
  ) throws(ConditionError) -> ConditionValue {
    let container = try evaluate(source)
    guard case .list(let items) = container else {
      throw ConditionError(
        "builtin \(function.rawValue) takes only array (got \(container.typeName))")
    }
    switch function {
    case .all, .none, .any, .one, .count: return try quantifier(function, items, body)
    case .find, .findIndex, .findLast, .findLastIndex: return try search(function, items, body)
    case .filter:
      var kept: [ConditionValue] = []
      for (index, item) in items.enumerated() where try holds(body, item, index) {
        kept.append(item)
      }
      return try list(kept)
    case .map:
      var mapped: [ConditionValue] = []
      for (index, item) in items.enumerated() { mapped.append(try computed(body, item, index)) }
      return try list(mapped)
    case .sum:
      var total = ConditionValue.integer(0)
      for (index, item) in items.enumerated() {
        total = try ConditionOperators.apply(.add, total, try computed(body, item, index))
      }
      return total
    case .groupBy: return try groups(items, body)
    case .sortBy: return try sorted(items, body, extra)
    case .reduce: return try reduced(items, body, extra)
    }
  }

  private mutating func computed(
    _ body: ConditionSyntax?, _ item: ConditionValue, _ index: Int
  ) throws(ConditionError) -> ConditionValue {
    guard let body else { return item }
    return try evaluate(body, for: item, index: index)
  }

  private mutating func holds(
    _ body: ConditionSyntax?, _ item: ConditionValue, _ index: Int
  ) throws(ConditionError) -> Bool {
    let value = try computed(body, item, index)
    guard case .bool(let truth) = value else {
      throw ConditionError("predicate should return boolean (got \(value.typeName))")
    }
    return truth
  }

  private mutating func quantifier(
    _ function: PredicateFunction, _ items: [ConditionValue], _ body: ConditionSyntax?
  ) throws(ConditionError) -> ConditionValue {
    var hits: Int64 = 0
    for (index, item) in items.enumerated() {
      let truth = try holds(body, item, index)
      if truth { hits += 1 }
      switch function {
      case .all where !truth: return .bool(false)
      case .none where truth: return .bool(false)
      case .any where truth: return .bool(true)
      default: continue
      }
    }
    switch function {
    case .all, .none: return .bool(true)
    case .any: return .bool(false)
    case .one: return .bool(hits == 1)
    default: return .integer(hits)
    }
  }

  private mutating func search(
    _ function: PredicateFunction, _ items: [ConditionValue], _ body: ConditionSyntax?
  ) throws(ConditionError) -> ConditionValue {
    let isBackward = function == .findLast || function == .findLastIndex
    let wantsIndex = function == .findIndex || function == .findLastIndex
    let order = isBackward ? Array(items.indices.reversed()) : Array(items.indices)
    for index in order where try holds(body, items[index], index) {
      return wantsIndex ? .integer(Int64(index)) : items[index]
    }
    return wantsIndex ? .integer(-1) : .null
  }

  private mutating func groups(
    _ items: [ConditionValue], _ body: ConditionSyntax?
  ) throws(ConditionError) -> ConditionValue {
    var groups: [String: [ConditionValue]] = [:]
    for (index, item) in items.enumerated() {
      groups[try computed(body, item, index).text, default: []].append(item)
    }
    var fields: [String: ConditionValue] = [:]
    for (name, members) in groups { fields[name] = try list(members) }
    return .map(fields)
  }

  private mutating func sorted(
    _ items: [ConditionValue], _ body: ConditionSyntax?, _ order: ConditionSyntax?
  ) throws(ConditionError) -> ConditionValue {
    var isDescending = false
    if let order { isDescending = try ConditionOperators.isDescending(try evaluate(order)) }
    var keys: [ConditionValue] = []
    for (index, item) in items.enumerated() { keys.append(try computed(body, item, index)) }
    let indices = try ConditionOperators.sortedIndices(of: keys, isDescending: isDescending)
    return try list(indices.map { items[$0] })
  }

  private mutating func reduced(
    _ items: [ConditionValue], _ body: ConditionSyntax?, _ first: ConditionSyntax?
  ) throws(ConditionError) -> ConditionValue {
    guard let body else { throw ConditionError("reduce() needs a predicate") }
    var rest = items.enumerated().map { ($0.offset, $0.element) }[...]
    var accumulator: ConditionValue
    if let first {
      accumulator = try evaluate(first)
    } else {
      guard let start = rest.popFirst() else {
        throw ConditionError("reduce() of an empty list needs a first value")
      }
      accumulator = start.1
    }
    for (index, item) in rest {
      accumulator = try evaluate(body, for: item, index: index, accumulator: accumulator)
      try spend(1)
    }
    return accumulator
  }
}
