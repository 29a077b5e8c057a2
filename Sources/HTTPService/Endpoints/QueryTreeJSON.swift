import Exposition
import MetricModel
import PromQL

/// The syntax tree of a query as Prometheus' API gives it to query builders.
enum QueryTreeJSON {
  static func write(_ expression: QueryExpression, to json: inout JSONWriter) {
    json.object { json in
      switch expression {
      case .number(let literal, _):
        json.field("type", "numberLiteral")
        json.field("val", NumberText.plain(literal.value))
      case .string(let literal, _):
        json.field("type", "stringLiteral")
        json.field("val", literal.text)
      case .parenthesised(let inner, _):
        json.field("type", "parenExpr")
        json.field("expr") { write(inner, to: &$0) }
      case .unary(let isNegation, let operand, _):
        json.field("type", "unaryExpr")
        json.field("op", isNegation ? "-" : "+")
        json.field("expr") { write(operand, to: &$0) }
      case .selector(let selector):
        json.field("type", "vectorSelector")
        write(fieldsOf: selector, to: &json)
      case .rangeSelector(let selector, let window, _):
        json.field("type", "matrixSelector")
        write(window, name: "range", to: &json)
        write(fieldsOf: selector, to: &json)
      case .subquery(let subquery): write(fieldsOf: subquery, to: &json)
      case .call(let call): write(fieldsOf: call, to: &json)
      case .aggregation(let aggregation): write(fieldsOf: aggregation, to: &json)
      case .binary(let binary): write(fieldsOf: binary, to: &json)
      }
    }
  }

  private static func write(fieldsOf selector: VectorSelector, to json: inout JSONWriter) {
    json.field("name", selector.name ?? "")
    write(selector.shift, to: &json)
    json.field("matchers") { json in
      json.array { json in
        for matcher in selector.matchers {
          json.object { json in
            json.field("name", matcher.name)
            json.field("value", matcher.value)
            json.field("type", matcher.operation.rawValue)
          }
        }
      }
    }
    json.field("anchored") { $0.boolean(selector.extension == .anchored) }
    json.field("smoothed") { $0.boolean(selector.extension == .smoothed) }
  }

  private static func write(_ shift: TimeShift, to json: inout JSONWriter) {
    write(shift.offset, name: "offset", to: &json)
    json.field("timestamp") { json in
      if case .at(let time) = shift.pin { json.integer(time.milliseconds) } else { json.null() }
    }
    json.field("startOrEnd") { json in
      switch shift.pin {
      case .queryStart: json.string("start")
      case .queryEnd: json.string("end")
      case .at, nil: json.null()
      }
    }
  }

  /// Milliseconds, and the expression that gives them where there is one.
  private static func write(
    _ duration: QueryDuration?, name: String, to json: inout JSONWriter
  ) {
    switch duration {
    case .fixed(let fixed):
      json.field(name) { $0.integer(fixed.count) }
      json.field(name + "Expr") { $0.null() }
    case .computed(let expression):
      json.field(name) { $0.integer(0) }
      json.field(name + "Expr") { write(expression, to: &$0) }
    case nil:
      json.field(name) { $0.integer(0) }
      json.field(name + "Expr") { $0.null() }
    }
  }

  private static func write(
    _ expression: DurationExpression, isWrapped: Bool = false, to json: inout JSONWriter
  ) {
    if case .parenthesised(let inner) = expression {
      return write(inner, isWrapped: true, to: &json)
    }
    func operation(
      _ name: String, _ left: DurationExpression?, _ right: DurationExpression?,
      to json: inout JSONWriter
    ) {
      json.field("type", "durationExpr")
      json.field("op", name)
      for (side, operand) in [("lhs", left), ("rhs", right)] {
        json.field(side) { json in
          if let operand { write(operand, to: &json) } else { json.null() }
        }
      }
      json.field("wrapped") { $0.boolean(isWrapped) }
    }
    json.object { json in
      switch expression {
      case .seconds(let literal, _):
        json.field("type", "numberLiteral")
        json.field("val", NumberText.plain(literal.value))
      case .step: operation("step", nil, nil, to: &json)
      case .range: operation("range", nil, nil, to: &json)
      case .negated(let operand, _): operation("-", nil, operand, to: &json)
      case .binary(let binary, let left, let right):
        operation(binary.rawValue, left, right, to: &json)
      case .lesser(let left, let right, _): operation("min_of", left, right, to: &json)
      case .greater(let left, let right, _): operation("max_of", left, right, to: &json)
      case .parenthesised: break
      }
    }
  }

  private static func write(fieldsOf subquery: Subquery, to json: inout JSONWriter) {
    json.field("type", "subquery")
    json.field("expr") { write(subquery.expression, to: &$0) }
    write(subquery.window, name: "range", to: &json)
    write(subquery.step, name: "step", to: &json)
    write(subquery.shift, to: &json)
  }

  private static func write(fieldsOf call: FunctionCall, to json: inout JSONWriter) {
    json.field("type", "call")
    json.field("func") { json in
      json.object { json in
        json.field("name", call.name)
        guard let signature = FunctionSignature.named(call.name) else { return }
        json.field("argTypes") { json in
          json.array { json in
            for type in signature.parameters { json.string(type.rawValue) }
          }
        }
        let optional = signature.parameters.count - signature.minimumCount
        json.field("variadic") { $0.integer(signature.maximumCount == nil ? -1 : Int64(optional)) }
        json.field("returnType", signature.result.rawValue)
      }
    }
    json.field("args") { json in
      json.array { json in
        for argument in call.arguments { write(argument, to: &json) }
      }
    }
    if let matching = call.matching {
      json.field("matching") { write(VectorMatching(labels: matching), to: &$0) }
    }
  }

  private static func write(fieldsOf aggregation: Aggregation, to json: inout JSONWriter) {
    json.field("type", "aggregation")
    json.field("op", aggregation.operation.rawValue)
    json.field("expr") { write(aggregation.expression, to: &$0) }
    json.field("param") { json in
      if let parameter = aggregation.parameter {
        write(parameter, to: &json)
      } else {
        json.null()
      }
    }
    json.field("grouping") { write(aggregation.grouping.labels, to: &$0) }
    var isWithout = false
    if case .without = aggregation.grouping { isWithout = true }
    json.field("without") { $0.boolean(isWithout) }
  }

  private static func write(fieldsOf binary: BinaryOperation, to json: inout JSONWriter) {
    json.field("type", "binaryExpr")
    json.field("op", binary.operation.rawValue)
    json.field("lhs") { write(binary.left, to: &$0) }
    json.field("rhs") { write(binary.right, to: &$0) }
    json.field("matching") { json in
      if binary.joinsVectors { write(binary.matching, to: &json) } else { json.null() }
    }
    json.field("bool") { $0.boolean(binary.returnsBool) }
  }

  private static func write(_ matching: VectorMatching, to json: inout JSONWriter) {
    json.object { json in
      let cardinality =
        switch matching.cardinality {
        case .oneToOne: "one-to-one"
        case .manyToOne: "many-to-one"
        case .oneToMany: "one-to-many"
        case .manyToMany: "many-to-many"
        }
      json.field("card", cardinality)
      switch matching.labels {
      case .on(let labels):
        json.field("labels") { write(labels, to: &$0) }
        json.field("on") { $0.boolean(true) }
      case .ignoring(let labels):
        json.field("labels") { write(labels, to: &$0) }
        json.field("on") { $0.boolean(false) }
      }
      json.field("include") { write(matching.include, to: &$0) }
      json.field("fillValues") { json in
        json.object { json in
          for (side, value) in [("lhs", matching.fill.left), ("rhs", matching.fill.right)] {
            json.field(side) { json in
              if let value { json.number(value) } else { json.null() }
            }
          }
        }
      }
    }
  }

  private static func write(_ names: [String], to json: inout JSONWriter) {
    json.array { json in
      for name in names { json.string(name) }
    }
  }
}

extension BinaryOperation {
  /// Whether both sides are vectors, which are then matched.
  fileprivate var joinsVectors: Bool { left.isVector && right.isVector }
}

extension QueryExpression {
  /// Whether a well-typed expression is an instant vector.
  fileprivate var isVector: Bool {
    switch self {
    case .number, .string, .rangeSelector, .subquery: false
    case .selector, .aggregation: true
    case .call(let call): FunctionSignature.named(call.name)?.result == .vector
    case .binary(let binary): binary.left.isVector || binary.right.isVector
    case .unary(_, let operand, _), .parenthesised(let operand, _): operand.isVector
    }
  }
}
