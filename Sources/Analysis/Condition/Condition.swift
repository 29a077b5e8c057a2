package import MetricModel

/// What a provider hands to a condition, with the type it has in Argo.
///
/// The type matters where the value doesn't say it: an empty vector is still a list of numbers, so
/// `result < 5` is a type error on it too.
package struct ConditionInput: Equatable, Sendable {
  package var value: ConditionValue
  package var type: ConditionType

  package init(_ value: ConditionValue, type: ConditionType) {
    self.value = value
    self.type = type
  }

  /// With the type of the value itself; JSON lists are lists of anything.
  package init(_ value: ConditionValue) {
    self.value = value
    if case .list = value { type = .list(.any) } else { type = value.type }
  }

  /// Nil or an empty list, in which case Argo calls any error a lack of data.
  var isEmpty: Bool {
    switch value {
    case .null: true
    case .list(let items): items.isEmpty
    default: false
    }
  }

  /// Whether there is nothing to judge by: nil, no elements, or nothing but NaN.
  var holdsNoData: Bool {
    switch value {
    case .null: true
    case .number(let number): number.isNaN
    case .list(let items):
      items.allSatisfy { if case .number(let number) = $0 { number.isNaN } else { false } }
    default: false
    }
  }
}

/// A condition on the result of a measurement, in the language of Argo's templates (expr-lang).
///
///     let condition = try Condition("result[0] >= 0.95")
///     try condition.evaluate(ConditionInput(.list([.number(0.97)])), at: now)   // true
///
/// Read once, checked against the type of each result, and evaluated within bounds of work and
/// memory, so that conditions from the network are safe.
package struct Condition: Sendable {
  /// As written.
  package let source: String
  private let tree: ConditionSyntax

  /// - Throws: `ConditionError` with the place of the first error.
  package init(_ source: String) throws(ConditionError) {
    self.source = source
    tree = try ConditionParser.parse(source)
  }

  /// Whether the result meets the condition; `now` is what `now()` answers.
  ///
  /// - Throws: `ConditionError` for type errors, missing elements, and what isn't true or false.
  package func evaluate(
    _ input: ConditionInput, at now: Timestamp, compatibility: Compatibility = .argo
  ) throws(ConditionError) -> Bool {
    let value = try value(for: input, at: now, compatibility: compatibility)
    guard case .bool(let truth) = value else {
      throw ConditionError("expected bool, but got \(value.typeName)")
    }
    return truth
  }

  /// What the expression gives, of whatever type.
  package func value(
    for input: ConditionInput, at now: Timestamp, compatibility: Compatibility = .argo
  ) throws(ConditionError) -> ConditionValue {
    try check(against: input.type)
    var evaluator = ConditionEvaluator(
      source: source, result: input.value, now: now, compatibility: compatibility)
    return try evaluator.evaluate(tree)
  }

  /// Refuses operations that can't work on results of a type; answers the type of the expression.
  @discardableResult
  package func check(against type: ConditionType) throws(ConditionError) -> ConditionType {
    var check = ConditionTypeCheck(source: source, result: type)
    return try check.type(of: tree)
  }
}

extension Condition: Equatable {
  package static func == (left: Condition, right: Condition) -> Bool {
    left.source == right.source
  }
}
