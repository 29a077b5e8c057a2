internal import MetricModel

extension ConditionFunction {
  /// The names that Argo adds to expr-lang, with its oddities kept: see `default` and `isNil`.
  static let argoFunctions: [ConditionFunction] = [
    ConditionFunction("asInt", [.any], gives: .integer) {
      (arguments, _) throws(ConditionError) in
      switch arguments[0] {
      case .integer: return arguments[0]
      case .number(let number):
        guard let integer = truncated(number) else {
          throw ConditionError("asInt() can't hold \(NumberText.general(number))")
        }
        return .integer(integer)
      case .text(let text):
        guard let integer = Int64(text) else {
          throw ConditionError("strconv.ParseInt: parsing \(GoText.quoted(text)): invalid syntax")
        }
        return .integer(integer)
      default: throw ConditionError("asInt() not supported on \(arguments[0].typeName)")
      }
    },
    ConditionFunction("asFloat", [.any], gives: .number) {
      (arguments, _) throws(ConditionError) in
      if let number = arguments[0].asNumber { return .number(number) }
      guard case .text(let text) = arguments[0] else {
        throw ConditionError("asFloat() not supported on \(arguments[0].typeName)")
      }
      guard let number = NumberText.parse(text) else {
        throw ConditionError("strconv.ParseFloat: parsing \(GoText.quoted(text)): invalid syntax")
      }
      return .number(number)
    },
    ConditionFunction("isNaN", [.number], gives: .bool) {
      (arguments, _) throws(ConditionError) in
      .bool(try arguments[0].requireNumber(for: "isNaN").isNaN)
    },
    ConditionFunction("isInf", [.number], gives: .bool) {
      (arguments, _) throws(ConditionError) in
      .bool(try arguments[0].requireNumber(for: "isInf").isInfinite)
    },
    // Argo's `isNil(x)` and `default(x, d)` look at the whole result, whatever x is
    // (utils/evaluate/evaluate.go); templates rely on what they do with `result` itself. In safe
    // mode they look at x; `default` is then evaluated by `ConditionEvaluator`.
    ConditionFunction("isNil", [.any], gives: .bool) {
      (arguments, evaluator) throws(ConditionError) in
      .bool((evaluator.compatibility == .safe ? arguments[0] : evaluator.result) == .null)
    },
    ConditionFunction("default", [.any, .any], gives: .any) {
      (arguments, evaluator) throws(ConditionError) in
      evaluator.result == .null ? arguments[1] : evaluator.result
    },
  ]

  /// Towards zero; nil when it doesn't fit.
  static func truncated(_ number: Double) -> Int64? {
    Int64(exactly: number.rounded(.towardZero))
  }
}
