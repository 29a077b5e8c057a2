internal import MetricModel

extension ConditionFunction {
  static let numberFunctions: [ConditionFunction] = [
    ConditionFunction("abs", [.number], gives: nil) {
      (arguments, _) throws(ConditionError) in
      if case .integer(let value) = arguments[0] { return .integer(value < 0 ? 0 &- value : value) }
      return .number(try arguments[0].requireNumber(for: "abs").magnitude)
    },
    rounding("ceil", .up), rounding("floor", .down), rounding("round", .toNearestOrAwayFromZero),
    ConditionFunction("int", [.textOrNumber], gives: .integer) {
      (arguments, _) throws(ConditionError) in
      switch arguments[0] {
      case .integer: return arguments[0]
      case .number(let number):
        if let integer = truncated(number) { return .integer(integer) }
      case .text(let text):
        if let integer = Int64(text) { return .integer(integer) }
      default: break
      }
      throw mismatch("int", arguments[0], expected: "a number or its digits")
    },
    ConditionFunction("float", [.textOrNumber], gives: .number) {
      (arguments, _) throws(ConditionError) in
      if let number = arguments[0].asNumber { return .number(number) }
      guard case .text(let text) = arguments[0], let number = NumberText.parse(text) else {
        throw mismatch("float", arguments[0], expected: "a number or its digits")
      }
      return .number(number)
    },
    ConditionFunction("max", [.listOrNumber], variadic: true, gives: .any) {
      (arguments, evaluator) throws(ConditionError) in
      try extreme("max", arguments, &evaluator) { $0.precedes($1) == true }
    },
    ConditionFunction("min", [.listOrNumber], variadic: true, gives: .any) {
      (arguments, evaluator) throws(ConditionError) in
      try extreme("min", arguments, &evaluator) { $1.precedes($0) == true }
    },
    ConditionFunction("mean", [.listOrNumber], variadic: true, gives: .number) {
      (arguments, evaluator) throws(ConditionError) in
      let numbers = try numbers("mean", arguments, &evaluator)
      guard !numbers.isEmpty else { return .number(0) }
      return .number(numbers.reduce(0, +) / Double(numbers.count))
    },
    ConditionFunction("median", [.listOrNumber], variadic: true, gives: .number) {
      (arguments, evaluator) throws(ConditionError) in
      let numbers = try numbers("median", arguments, &evaluator).sorted()
      guard !numbers.isEmpty else { return .number(0) }
      let middle = numbers.count / 2
      return .number(
        numbers.count % 2 == 1 ? numbers[middle] : (numbers[middle - 1] + numbers[middle]) / 2)
    },
  ]

  private static func rounding(
    _ name: String, _ rule: FloatingPointRoundingRule
  ) -> ConditionFunction {
    ConditionFunction(name, [.number], gives: .number) {
      (arguments, _) throws(ConditionError) in
      .number(try arguments[0].requireNumber(for: name).rounded(rule))
    }
  }

  /// The arguments, or the elements of the lists among them.
  private static func flattened(
    _ arguments: [ConditionValue], _ evaluator: inout ConditionEvaluator
  ) throws(ConditionError) -> [ConditionValue] {
    var result: [ConditionValue] = []
    for argument in arguments {
      if case .list(let items) = argument {
        try evaluator.spend(items.count)
        result += items
      } else {
        result.append(argument)
      }
    }
    return result
  }

  private static func numbers(
    _ name: String, _ arguments: [ConditionValue], _ evaluator: inout ConditionEvaluator
  ) throws(ConditionError) -> [Double] {
    var result: [Double] = []
    for value in try flattened(arguments, &evaluator) {
      result.append(try value.requireNumber(for: name))
    }
    return result
  }

  private static func extreme(
    _ name: String, _ arguments: [ConditionValue], _ evaluator: inout ConditionEvaluator,
    isBetter: (ConditionValue, ConditionValue) -> Bool
  ) throws(ConditionError) -> ConditionValue {
    let values = try flattened(arguments, &evaluator)
    guard var best = values.first else {
      throw ConditionError("\(name)() of an empty list")
    }
    for value in values {
      _ = try value.requireNumber(for: name)
      if isBetter(best, value) { best = value }
    }
    return best
  }
}
