/// A function that conditions may call, without a predicate: its parameters and what it does.
struct ConditionFunction: Sendable {
  typealias Body =
    @Sendable ([ConditionValue], inout ConditionEvaluator) throws(ConditionError)
    -> ConditionValue

  /// What a function takes at one place.
  enum Parameter: Sendable {
    case any, number, integer, text, list, map, textOrNumber, listOrText, sized, listOrNumber
    case duration

    var text: String {
      switch self {
      case .any: "anything"
      case .number: "a number"
      case .integer: "an integer"
      case .text: "a text"
      case .list: "a list"
      case .map: "a map"
      case .textOrNumber: "a text or a number"
      case .listOrText: "a list or a text"
      case .sized: "a list, a map or a text"
      case .listOrNumber: "numbers or a list of them"
      case .duration: "a duration"
      }
    }

    /// Whether a value of the type may stand here; a type that isn't known yet may.
    func accepts(_ type: ConditionType) -> Bool {
      if type.isAny { return true }
      let isList = if case .list = type { true } else { false }
      switch self {
      case .any: return true
      case .number: return type.isNumeric
      case .integer: return type == .integer
      case .text: return type == .text
      case .list: return isList
      case .map: return type == .map
      case .textOrNumber: return type == .text || type.isNumeric
      case .listOrText: return isList || type == .text
      case .sized: return isList || type == .text || type == .map
      case .listOrNumber: return isList || type.isNumeric
      case .duration: return type == .duration
      }
    }
  }

  var name: String
  var parameters: [Parameter]
  /// How many of the parameters may be left out, from the last.
  var optionalCount: Int
  /// Whether the last parameter may be repeated.
  var isVariadic: Bool
  /// Nil when it is the type of the first argument.
  var result: ConditionType?
  var body: Body

  init(
    _ name: String, _ parameters: [Parameter], optional optionalCount: Int = 0,
    variadic isVariadic: Bool = false, gives result: ConditionType?, _ body: @escaping Body
  ) {
    self.name = name
    self.parameters = parameters
    self.optionalCount = optionalCount
    self.isVariadic = isVariadic
    self.result = result
    self.body = body
  }

  func accepts(count: Int) -> Bool {
    count >= parameters.count - optionalCount && (isVariadic || count <= parameters.count)
  }

  var countText: String {
    let least = parameters.count - optionalCount
    if isVariadic { return "at least \(least)" }
    return least == parameters.count ? "\(least)" : "\(least) to \(parameters.count)"
  }

  func parameter(at index: Int) -> Parameter {
    index < parameters.count ? parameters[index] : parameters.last ?? .any
  }

  /// All functions by name; those with a predicate are `PredicateFunction`.
  static let table: [String: ConditionFunction] = {
    var table: [String: ConditionFunction] = [:]
    for function in argoFunctions + numberFunctions + textFunctions + listFunctions
      + timeFunctions
    {
      table[function.name] = function
    }
    return table
  }()

  static func named(_ name: String) -> ConditionFunction? { table[name] }

  /// The error for an argument of the wrong kind, known only now.
  static func mismatch(
    _ name: String, _ value: ConditionValue, expected: String
  ) -> ConditionError {
    ConditionError("invalid argument for \(name) (type \(value.typeName)), expected \(expected)")
  }
}

extension ConditionValue {
  func requireNumber(for name: String) throws(ConditionError) -> Double {
    guard let number = asNumber else {
      throw ConditionFunction.mismatch(name, self, expected: "a number")
    }
    return number
  }

  func requireInteger(for name: String) throws(ConditionError) -> Int64 {
    guard case .integer(let number) = self else {
      throw ConditionFunction.mismatch(name, self, expected: "an integer")
    }
    return number
  }

  func requireText(for name: String) throws(ConditionError) -> String {
    guard case .text(let text) = self else {
      throw ConditionFunction.mismatch(name, self, expected: "a text")
    }
    return text
  }

  func requireList(for name: String) throws(ConditionError) -> [ConditionValue] {
    guard case .list(let items) = self else {
      throw ConditionFunction.mismatch(name, self, expected: "a list")
    }
    return items
  }

  func requireMap(for name: String) throws(ConditionError) -> [String: ConditionValue] {
    guard case .map(let fields) = self else {
      throw ConditionFunction.mismatch(name, self, expected: "a map")
    }
    return fields
  }
}
