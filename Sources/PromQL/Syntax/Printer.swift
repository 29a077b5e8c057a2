import MetricModel

/// Writes a tree as text in Prometheus' canonical form.
///
///     Printer.text(of: try Parser.parse("sum(x)by(job)"))     // sum by (job) (x)
///
/// Parsing what was printed gives the same tree, places in the text aside. Only therefore matchers
/// stay in the order in which they were written, where Prometheus sorts them.
package enum Printer {
  /// The canonical text.
  package static func text(of expression: QueryExpression) -> String {
    switch expression {
    case .number(let literal, _): literal.description
    case .string(let literal, _): literal.quoted
    case .selector(let selector):
      text(of: selector) + text(of: selector.shift.pin) + text(of: selector.extension)
        + offset(of: selector.shift)
    case .rangeSelector(let selector, let window, _):
      "\(text(of: selector))[\(window)]\(text(of: selector.extension))"
        + text(of: selector.shift)
    case .subquery(let subquery): text(of: subquery)
    case .call(let call): text(head: call) + "(\(list(call.arguments)))"
    case .aggregation(let aggregation): text(of: aggregation)
    case .binary(let binary): text(of: binary)
    case .unary(let isNegation, let operand, _): (isNegation ? "-" : "+") + text(of: operand)
    case .parenthesised(let inner, _): "(\(text(of: inner)))"
    }
  }

  /// `welch_t on (job) `; of most functions just the name.
  static func text(head call: FunctionCall) -> String {
    call.matching.map { "\(call.name) \(text(of: $0)) " } ?? call.name
  }

  private static func list(_ expressions: [QueryExpression]) -> String {
    expressions.map(text).joined(separator: ", ")
  }

  /// Name and matchers, without modifiers.
  private static func text(of selector: VectorSelector) -> String {
    var inner: [String] = []
    var outer = ""
    var matchers = selector.matchers[...]
    if let name = selector.name {
      // The first matcher says the same as the name.
      matchers = matchers.dropFirst()
      if isPlainMetricName(name) { outer = name } else { inner.append(GoText.quoted(name)) }
    }
    inner += matchers.map(\.description)
    if inner.isEmpty && !outer.isEmpty { return outer }
    return "\(outer){\(inner.joined(separator: ","))}"
  }

  /// Whether the name may stand before braces: a few keywords and numbers may not.
  private static func isPlainMetricName(_ name: String) -> Bool {
    guard LabelName.isLegacyMetricName(name) else { return false }
    switch name.lowercased() {
    case "inf", "nan", "atan2": return false
    case let word: return Keyword(word)?.mayNameMetric ?? true
    }
  }

  private static func text(of shift: TimeShift) -> String {
    text(of: shift.pin) + offset(of: shift)
  }

  private static func text(of pin: PinnedTime?) -> String {
    switch pin {
    case nil: ""
    case .at(let time): " @ \(seconds(time))"
    case .queryStart: " @ start()"
    case .queryEnd: " @ end()"
    }
  }

  private static func offset(of shift: TimeShift) -> String {
    shift.offset == .fixed(.zero) ? "" : " offset \(shift.offset)"
  }

  private static func text(of extension: RangeExtension?) -> String {
    `extension`.map { " \($0.rawValue)" } ?? ""
  }

  /// Seconds with three decimals, exactly.
  private static func seconds(_ time: Timestamp) -> String {
    let magnitude = time.milliseconds.magnitude
    let fraction = String(magnitude % 1000 + 1000).dropFirst()
    return "\(time.milliseconds < 0 ? "-" : "")\(magnitude / 1000).\(fraction)"
  }

  private static func text(of subquery: Subquery) -> String {
    text(of: subquery.expression) + text(suffixOf: subquery)
  }

  /// `[5m:1m] offset 1h`.
  static func text(suffixOf subquery: Subquery) -> String {
    "[\(subquery.window):\(subquery.step?.description ?? "")]" + text(of: subquery.shift)
  }

  private static func text(of aggregation: Aggregation) -> String {
    let parameter = aggregation.parameter.map { [$0] } ?? []
    return text(head: aggregation) + "(\(list(parameter + [aggregation.expression])))"
  }

  /// `sum by (job) `.
  static func text(head aggregation: Aggregation) -> String {
    switch aggregation.grouping {
    case .by([]): aggregation.operation.rawValue
    case .by(let labels): "\(aggregation.operation.rawValue) by (\(names(labels))) "
    case .without(let labels): "\(aggregation.operation.rawValue) without (\(names(labels))) "
    }
  }

  private static func names(_ labels: [String]) -> String {
    labels.map(name).joined(separator: ", ")
  }

  /// A label in a grouping, quoted where the lexer would take it for something else.
  private static func name(_ label: String) -> String {
    let isNumber = ["inf", "nan"].contains(label.lowercased())
    return LabelName.isLegacy(label) && !isNumber ? label : GoText.quoted(label)
  }

  static func text(of fill: FillValues) -> String {
    if let left = fill.left, left == fill.right { return " fill (\(NumberText.general(left)))" }
    return (fill.left.map { " fill_left (\(NumberText.general($0)))" } ?? "")
      + (fill.right.map { " fill_right (\(NumberText.general($0)))" } ?? "")
  }

  private static func text(of binary: BinaryOperation) -> String {
    var left = text(of: binary.left)
    // A sign would take the whole power for its operand.
    if binary.operation == .power, left == "+Inf" { left = "Inf" }
    return "\(left) \(text(operatorOf: binary)) \(text(of: binary.right))"
  }

  /// `+ on (job) group_left ()`.
  static func text(operatorOf binary: BinaryOperation) -> String {
    var operation = binary.operation.rawValue
    if binary.returnsBool { operation += " bool" }
    let matching = binary.matching
    if matching.isExplicit {
      operation += " " + text(of: matching.labels)
      switch matching.cardinality {
      case .oneToOne, .manyToMany: break
      case .manyToOne: operation += " group_left (\(names(matching.include)))"
      case .oneToMany: operation += " group_right (\(names(matching.include)))"
      }
    }
    return operation + text(of: matching.fill)
  }

  private static func text(of matching: VectorMatching.Labels) -> String {
    switch matching {
    case .on(let labels): "on (\(names(labels)))"
    case .ignoring(let labels): "ignoring (\(names(labels)))"
    }
  }
}
