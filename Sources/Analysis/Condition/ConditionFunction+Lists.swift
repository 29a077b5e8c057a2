extension ConditionFunction {
  static let listFunctions: [ConditionFunction] = [
    ConditionFunction("len", [.sized], gives: .integer) {
      (arguments, _) throws(ConditionError) in
      switch arguments[0] {
      case .list(let items): return .integer(Int64(items.count))
      case .map(let fields): return .integer(Int64(fields.count))
      case .text(let text): return .integer(Int64(text.unicodeScalars.count))
      default: throw mismatch("len", arguments[0], expected: "a list, a map or a text")
      }
    },
    ConditionFunction("first", [.list], gives: .any) { (arguments, _) throws(ConditionError) in
      try arguments[0].requireList(for: "first").first ?? .null
    },
    ConditionFunction("last", [.list], gives: .any) { (arguments, _) throws(ConditionError) in
      try arguments[0].requireList(for: "last").last ?? .null
    },
    ConditionFunction("take", [.list, .integer], gives: nil) {
      (arguments, evaluator) throws(ConditionError) in
      let items = try arguments[0].requireList(for: "take")
      let count = try arguments[1].requireInteger(for: "take")
      return try evaluator.list(Array(items.prefix(Int(clamping: max(0, count)))))
    },
    ConditionFunction("get", [.any, .any], gives: .any) {
      (arguments, _) throws(ConditionError) in
      switch (arguments[0], arguments[1]) {
      case (.map(let fields), .text(let name)): return fields[name] ?? .null
      case (.list(let items), .integer(let index)):
        let place = index < 0 ? index + Int64(items.count) : index
        return place >= 0 && place < Int64(items.count) ? items[Int(place)] : .null
      default: return .null
      }
    },
    ConditionFunction("sort", [.list, .text], optional: 1, gives: nil) {
      (arguments, evaluator) throws(ConditionError) in
      let items = try arguments[0].requireList(for: "sort")
      let isDescending =
        arguments.count > 1 ? try ConditionOperators.isDescending(arguments[1]) : false
      let order = try ConditionOperators.sortedIndices(of: items, isDescending: isDescending)
      return try evaluator.list(order.map { items[$0] })
    },
    ConditionFunction("reverse", [.list], gives: nil) {
      (arguments, evaluator) throws(ConditionError) in
      try evaluator.list(try arguments[0].requireList(for: "reverse").reversed())
    },
    ConditionFunction("uniq", [.list], gives: nil) {
      (arguments, evaluator) throws(ConditionError) in
      var kept: [ConditionValue] = []
      for item in try arguments[0].requireList(for: "uniq") {
        try evaluator.spend(kept.count)
        if !kept.contains(where: { $0.equals(item) }) { kept.append(item) }
      }
      return .list(kept)
    },
    ConditionFunction("concat", [.list], variadic: true, gives: .list(.any)) {
      (arguments, evaluator) throws(ConditionError) in
      var joined: [ConditionValue] = []
      for argument in arguments { joined += try argument.requireList(for: "concat") }
      return try evaluator.list(joined)
    },
    ConditionFunction("flatten", [.list], gives: .list(.any)) {
      (arguments, evaluator) throws(ConditionError) in
      var flat: [ConditionValue] = []
      func collect(_ items: [ConditionValue]) {
        for item in items {
          if case .list(let inner) = item { collect(inner) } else { flat.append(item) }
        }
      }
      collect(try arguments[0].requireList(for: "flatten"))
      return try evaluator.list(flat)
    },
    ConditionFunction("keys", [.map], gives: .list(.text)) {
      (arguments, evaluator) throws(ConditionError) in
      let fields = try arguments[0].requireMap(for: "keys")
      return try evaluator.list(fields.keys.sorted().map { .text($0) })
    },
    ConditionFunction("values", [.map], gives: .list(.any)) {
      (arguments, evaluator) throws(ConditionError) in
      let fields = try arguments[0].requireMap(for: "values")
      return try evaluator.list(fields.sorted { $0.key < $1.key }.map(\.value))
    },
    ConditionFunction("toPairs", [.map], gives: .list(.any)) {
      (arguments, evaluator) throws(ConditionError) in
      let fields = try arguments[0].requireMap(for: "toPairs")
      return try evaluator.list(
        fields.sorted { $0.key < $1.key }.map { .list([.text($0.key), $0.value]) })
    },
    ConditionFunction("fromPairs", [.list], gives: .map) {
      (arguments, _) throws(ConditionError) in
      var fields: [String: ConditionValue] = [:]
      for pair in try arguments[0].requireList(for: "fromPairs") {
        guard case .list(let parts) = pair, parts.count == 2, case .text(let name) = parts[0] else {
          throw mismatch("fromPairs", pair, expected: "pairs of a text and a value")
        }
        fields[name] = parts[1]
      }
      return .map(fields)
    },
  ]

  static let timeFunctions: [ConditionFunction] = [
    ConditionFunction("now", [], gives: .time) { (_, evaluator) throws(ConditionError) in
      .time(evaluator.now)
    },
    ConditionFunction("duration", [.text], gives: .duration) {
      (arguments, _) throws(ConditionError) in
      let text = try arguments[0].requireText(for: "duration")
      guard let length = GoDuration(parsing: text) else {
        throw ConditionError("invalid duration \"\(text)\", expected one such as \"1h30m\"")
      }
      return .duration(length.nanoseconds)
    },
    ConditionFunction("date", [.text], gives: .time) { (arguments, _) throws(ConditionError) in
      let text = try arguments[0].requireText(for: "date")
      guard let time = CalendarTime.parse(text) else {
        throw ConditionError("invalid date \(text), expected one such as 2026-11-23T06:30:00Z")
      }
      return .time(time)
    },
  ]
}
