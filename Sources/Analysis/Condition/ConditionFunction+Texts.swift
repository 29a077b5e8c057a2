internal import MetricModel

extension ConditionFunction {
  static let textFunctions: [ConditionFunction] = [
    ConditionFunction("string", [.any], gives: .text) {
      (arguments, evaluator) throws(ConditionError) in
      try evaluator.text(arguments[0].text)
    },
    ConditionFunction("type", [.any], gives: .text) { (arguments, _) throws(ConditionError) in
      switch arguments[0] {
      case .null: return .text("nil")
      case .integer: return .text("int")
      case .number: return .text("float")
      case .text: return .text("string")
      case .bool: return .text("bool")
      case .list: return .text("array")
      case .map: return .text("map")
      case .time: return .text("time.Time")
      case .duration: return .text("time.Duration")
      }
    },
    ConditionFunction("upper", [.text], gives: .text) { (arguments, _) throws(ConditionError) in
      .text(try arguments[0].requireText(for: "upper").uppercased())
    },
    ConditionFunction("lower", [.text], gives: .text) { (arguments, _) throws(ConditionError) in
      .text(try arguments[0].requireText(for: "lower").lowercased())
    },
    ConditionFunction("trim", [.text, .text], optional: 1, gives: .text) {
      (arguments, _) throws(ConditionError) in
      let text = try arguments[0].requireText(for: "trim")
      let blanks = " \t\n\r\u{0b}\u{0c}"
      let cut = arguments.count > 1 ? try arguments[1].requireText(for: "trim") : blanks
      return .text(trimmed(text, of: cut))
    },
    ConditionFunction("trimPrefix", [.text, .text], gives: .text) {
      (arguments, _) throws(ConditionError) in
      let text = try bytes(arguments, 0, "trimPrefix")
      let prefix = try bytes(arguments, 1, "trimPrefix")
      return made(text.starts(with: prefix) ? text[prefix.count...] : text[...])
    },
    ConditionFunction("trimSuffix", [.text, .text], gives: .text) {
      (arguments, _) throws(ConditionError) in
      let text = try bytes(arguments, 0, "trimSuffix")
      let suffix = try bytes(arguments, 1, "trimSuffix")
      let ends = text.reversed().starts(with: suffix.reversed())
      return made(ends ? text[..<(text.count - suffix.count)] : text[...])
    },
    ConditionFunction("hasPrefix", [.text, .text], gives: .bool) {
      (arguments, _) throws(ConditionError) in
      let text = try bytes(arguments, 0, "hasPrefix")
      return .bool(text.starts(with: try bytes(arguments, 1, "hasPrefix")))
    },
    ConditionFunction("hasSuffix", [.text, .text], gives: .bool) {
      (arguments, _) throws(ConditionError) in
      let text = try bytes(arguments, 0, "hasSuffix")
      return .bool(text.reversed().starts(with: try bytes(arguments, 1, "hasSuffix").reversed()))
    },
    ConditionFunction("indexOf", [.text, .text], gives: .integer) {
      (arguments, _) throws(ConditionError) in
      let place = TextSearch.first(
        try bytes(arguments, 1, "indexOf"), in: try bytes(arguments, 0, "indexOf"))
      return .integer(Int64(place ?? -1))
    },
    ConditionFunction("lastIndexOf", [.text, .text], gives: .integer) {
      (arguments, _) throws(ConditionError) in
      let place = TextSearch.last(
        try bytes(arguments, 1, "lastIndexOf"), in: try bytes(arguments, 0, "lastIndexOf"))
      return .integer(Int64(place ?? -1))
    },
    ConditionFunction("repeat", [.text, .integer], gives: .text) {
      (arguments, evaluator) throws(ConditionError) in
      let text = try arguments[0].requireText(for: "repeat")
      let count = try arguments[1].requireInteger(for: "repeat")
      guard count >= 0, count < 1_000_000 else {
        throw ConditionError("invalid count \(count) for repeat(), expected 0 to 1000000")
      }
      try evaluator.spend(Int(count) * (text.utf8.count / 8 + 1))
      return .text(String(repeating: text, count: Int(count)))
    },
    ConditionFunction("replace", [.text, .text, .text, .integer], optional: 1, gives: .text) {
      (arguments, evaluator) throws(ConditionError) in
      try replaced(arguments, &evaluator)
    },
    ConditionFunction("split", [.text, .text, .integer], optional: 1, gives: .list(.text)) {
      (arguments, evaluator) throws(ConditionError) in
      try split(arguments, &evaluator)
    },
    ConditionFunction("join", [.list, .text], optional: 1, gives: .text) {
      (arguments, evaluator) throws(ConditionError) in
      var parts: [String] = []
      for item in try arguments[0].requireList(for: "join") {
        parts.append(try item.requireText(for: "join"))
      }
      let glue = arguments.count > 1 ? try arguments[1].requireText(for: "join") : ""
      return try evaluator.text(parts.joined(separator: glue))
    },
    ConditionFunction("toJSON", [.any], gives: .text) {
      (arguments, evaluator) throws(ConditionError) in
      try evaluator.text(JSONText.spelled(arguments[0]))
    },
    ConditionFunction("fromJSON", [.text], gives: .any) {
      (arguments, evaluator) throws(ConditionError) in
      let text = try arguments[0].requireText(for: "fromJSON")
      try evaluator.spend(text.utf8.count)
      return try parsed(text)
    },
  ]

  /// Without the place in the JSON, which isn't one in the condition.
  private static func parsed(_ text: String) throws(ConditionError) -> ConditionValue {
    do {
      return try JSONText.parse(text)
    } catch {
      throw ConditionError(error.message)
    }
  }

  private static func bytes(
    _ arguments: [ConditionValue], _ index: Int, _ name: String
  ) throws(ConditionError) -> [UInt8] {
    Array(try arguments[index].requireText(for: name).utf8)
  }

  private static func made(_ bytes: ArraySlice<UInt8>) -> ConditionValue {
    .text(String(decoding: bytes, as: UTF8.self))
  }

  private static func trimmed(_ text: String, of cut: String) -> String {
    let scalars = Set(cut.unicodeScalars)
    let rest = text.unicodeScalars.drop { scalars.contains($0) }
    let kept = rest.reversed().drop { scalars.contains($0) }.reversed()
    return String(String.UnicodeScalarView(kept))
  }

  private static func replaced(
    _ arguments: [ConditionValue], _ evaluator: inout ConditionEvaluator
  ) throws(ConditionError) -> ConditionValue {
    let text = try bytes(arguments, 0, "replace")
    let part = try bytes(arguments, 1, "replace")
    let replacement = try bytes(arguments, 2, "replace")
    let limit = arguments.count > 3 ? try arguments[3].requireInteger(for: "replace") : -1
    guard !part.isEmpty else { return arguments[0] }
    var result: [UInt8] = []
    var position = 0
    var count: Int64 = 0
    while count != limit, let found = TextSearch.first(part, in: text, from: position) {
      result += text[position..<found]
      result += replacement
      position = found + part.count
      count += 1
      try evaluator.spend(replacement.count / 8 + 1)
    }
    result += text[position...]
    return made(result[...])
  }

  private static func split(
    _ arguments: [ConditionValue], _ evaluator: inout ConditionEvaluator
  ) throws(ConditionError) -> ConditionValue {
    let text = try bytes(arguments, 0, "split")
    let separator = try bytes(arguments, 1, "split")
    let limit = arguments.count > 2 ? try arguments[2].requireInteger(for: "split") : -1
    guard limit != 0 else { return .list([]) }
    guard !separator.isEmpty else {
      let letters = try arguments[0].requireText(for: "split").unicodeScalars
      return try evaluator.list(letters.map { .text(String(Character($0))) })
    }
    var parts: [ConditionValue] = []
    var position = 0
    while limit < 0 || Int64(parts.count) < limit - 1,
      let found = TextSearch.first(separator, in: text, from: position)
    {
      parts.append(made(text[position..<found]))
      position = found + separator.count
    }
    parts.append(made(text[position...]))
    return try evaluator.list(parts)
  }
}
