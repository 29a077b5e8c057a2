internal import MetricModel

/// Go's `fmt`, as far as templates use it.
enum GoPrinting {
  /// `fmt.Sprint`: blanks between neighbours of which neither is a text.
  static func print(_ values: [TemplateValue]) -> String {
    var result = ""
    var previousIsText = true
    for (index, value) in values.enumerated() {
      var isText = false
      if case .text = value { isText = true }
      if index > 0, !isText, !previousIsText { result += " " }
      result += value.printed
      previousIsText = isText
    }
    return result
  }

  /// `%.Ng`.
  static func general(_ value: Double, precision: Int) -> String {
    guard value.isFinite, value != 0 else { return NumberText.general(value) }
    let digits = NumberText.digits(value, count: max(1, precision))
    let trimmed = digits.text.reversed().drop { $0 == "0" }.reversed()
    let text = trimmed.isEmpty ? "0" : String(trimmed)
    let sign = value < 0 ? "-" : ""
    if digits.exponent < -4 || digits.exponent >= max(1, precision) {
      let fraction = text.dropFirst()
      return sign + text.prefix(1) + (fraction.isEmpty ? "" : "." + fraction)
        + exponentText(digits.exponent)
    }
    return sign + placed(text, exponent: digits.exponent)
  }

  private static func exponentText(_ exponent: Int) -> String {
    let magnitude = String(exponent.magnitude)
    return (exponent < 0 ? "e-" : "e+") + (magnitude.utf8.count < 2 ? "0" : "") + magnitude
  }

  /// Digits with the point after `exponent + 1` of them.
  private static func placed(_ digits: String, exponent: Int) -> String {
    if exponent < 0 { return "0." + String(repeating: "0", count: -exponent - 1) + digits }
    let whole = digits.prefix(exponent + 1)
    let zeros = String(repeating: "0", count: max(0, exponent + 1 - digits.utf8.count))
    let fraction = digits.dropFirst(exponent + 1)
    return whole + zeros + (fraction.isEmpty ? "" : "." + fraction)
  }

  /// `%.Nf`.
  static func fixed(_ value: Double, precision: Int) -> String {
    NumberText.fixed(value, decimals: precision)
  }

  /// `%.Ne`.
  static func scientific(_ value: Double, precision: Int) -> String {
    NumberText.scientific(value, decimals: precision)
  }
}

// `fmt.Sprintf`.
extension GoPrinting {
  /// What stands between `%` and the verb.
  private struct Directive {
    var flags: Set<Character> = []
    var width = 0
    var precision: Int?
  }

  static func format(_ format: String, _ values: [TemplateValue]) -> String {
    var result = ""
    var rest = format[...]
    var next = 0
    while let character = rest.popFirst() {
      guard character == "%" else {
        result.append(character)
        continue
      }
      let directive = directive(&rest)
      guard let verb = rest.popFirst() else { return result + "%!(NOVERB)" }
      if verb == "%" {
        result += "%"
        continue
      }
      guard next < values.count else {
        result += "%!\(verb)(MISSING)"
        continue
      }
      result += padded(spelled(values[next], verb, directive), directive)
      next += 1
    }
    if next < values.count {
      let extra = values[next...].map { "\($0.typeName)=\($0.printed)" }
      result += "%!(EXTRA \(extra.joined(separator: ", ")))"
    }
    return result
  }

  private static func directive(_ rest: inout Substring) -> Directive {
    var directive = Directive()
    while let flag = rest.first, "+-# 0".contains(flag) {
      directive.flags.insert(flag)
      rest.removeFirst()
    }
    directive.width = min(count(&rest) ?? 0, 1000)
    if rest.first == "." {
      rest.removeFirst()
      directive.precision = min(count(&rest) ?? 0, 100)
    }
    return directive
  }

  private static func count(_ rest: inout Substring) -> Int? {
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    rest = rest.dropFirst(digits.count)
    return digits.isEmpty ? nil : Int(digits) ?? 1000
  }

  private static func spelled(
    _ value: TemplateValue, _ verb: Character, _ directive: Directive
  ) -> String {
    func signed(_ text: String, _ isNegative: Bool) -> String {
      if isNegative { return text }
      return directive.flags.contains("+")
        ? "+" + text : directive.flags.contains(" ") ? " " + text : text
    }
    switch (verb, value) {
    case ("v", .number(let number)) where directive.precision != nil,
      ("g", .number(let number)) where directive.precision != nil:
      return signed(general(number, precision: directive.precision ?? 6), number < 0)
    case ("g", .number(let number)): return signed(NumberText.general(number), number < 0)
    case ("v", _): return value.printed
    case ("f", .number(let number)), ("F", .number(let number)):
      return signed(fixed(number, precision: directive.precision ?? 6), number < 0)
    case ("e", .number(let number)):
      return signed(scientific(number, precision: directive.precision ?? 6), number < 0)
    case ("d", .integer(let number)): return signed(String(number), number < 0)
    case ("x", .integer(let number)): return String(number, radix: 16)
    case ("X", .integer(let number)): return String(number, radix: 16, uppercase: true)
    case ("o", .integer(let number)): return String(number, radix: 8)
    case ("b", .integer(let number)): return String(number, radix: 2)
    case ("c", .integer(let number)):
      return UInt32(exactly: number).flatMap(Unicode.Scalar.init).map(String.init) ?? "\u{fffd}"
    case ("t", .bool(let truth)): return String(truth)
    case ("s", .text(let text)):
      return directive.precision.map { String(text.prefix($0)) } ?? text
    case ("q", .text(let text)): return GoText.quoted(text)
    case ("s", .time), ("s", .duration), ("s", .list), ("s", .map): return value.printed
    case ("T", _): return value.typeName
    default: return "%!\(verb)(\(value.typeName)=\(value.printed))"
    }
  }

  private static func padded(_ text: String, _ directive: Directive) -> String {
    let lacking = directive.width - text.count
    guard lacking > 0 else { return text }
    if directive.flags.contains("-") { return text + String(repeating: " ", count: lacking) }
    guard directive.flags.contains("0") else {
      return String(repeating: " ", count: lacking) + text
    }
    let zeros = String(repeating: "0", count: lacking)
    guard let sign = text.first, sign == "-" || sign == "+" else { return zeros + text }
    return String(sign) + zeros + text.dropFirst()
  }
}
