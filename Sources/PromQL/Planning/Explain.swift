internal import MetricModel

/// A line and what belongs below it.
struct PlanOutline {
  var line: String
  var children: [PlanOutline] = []
  /// Of a measured operator.
  var number: Int?

  var text: String { lines(indentation: "").joined(separator: "\n") }

  private func lines(indentation: String) -> [String] {
    ["\(indentation)\(line)"] + children.flatMap { $0.lines(indentation: indentation + "  ") }
  }
}

extension QueryPlan {
  var outline: PlanOutline {
    switch self {
    case .number(let value): PlanOutline(line: NumberText.general(value.value))
    case .evaluationTime: PlanOutline(line: "evaluation time")
    case .empty: PlanOutline(line: "nothing")
    case .scan(let selector, let answer):
      PlanOutline(
        line: "\(answer.spelled)newest sample \(selector.window.spelled)",
        children: [selector.outline])
    case .window(let window):
      PlanOutline(
        line: "\(window.function) \(window.input.window.spelled)\(window.names.note)",
        children: [window.input.outline] + window.parameters.map(\.outline))
    case .cells(let cells):
      PlanOutline(
        line: "\(cells.function.spelled)\(cells.names.note)",
        children: [cells.input.outline] + cells.parameters.map(\.outline))
    case .aggregate(let aggregate): aggregate.outline([])
    case .rank(_, let aggregate, let parameter, _), .quantile(let aggregate, let parameter, _):
      aggregate.outline([parameter.outline])
    case .countValues(let aggregate, let label):
      PlanOutline(line: "into label \(label)", children: [aggregate.outline([])])
    case .join(let left, let right, let rule):
      PlanOutline(
        line: "join \(rule.operation.rawValue) \(rule.matching.spelled)"
          + Printer.text(of: rule.matching.fill),
        children: [left.outline, right.outline])
    case .set(let operation, let left, let right, let labels):
      PlanOutline(
        line: "\(operation.rawValue) \(VectorMatching(labels: labels).spelled)",
        children: [left.outline, right.outline])
    case .histogram(let histogram):
      PlanOutline(
        line: "histogram \(histogram.question)\(histogram.names.note)",
        children: [histogram.input.outline] + histogram.parameters.map(\.outline))
    case .info(let base, let info):
      PlanOutline(line: "info \(info.spelled)", children: [base.outline])
    case .evidence(let evidence):
      PlanOutline(
        line: "\(evidence.question.rawValue) \(VectorMatching(labels: evidence.matching).spelled)",
        children: evidence.inputs.map(\.outline) + (evidence.quantile.map { [$0.outline] } ?? []))
    case .filled(let input, let filling):
      switch filling {
      case .last: PlanOutline(line: "keep last value", children: [input.outline])
      case .scalar(let other):
        PlanOutline(line: "default", children: [input.outline, other.outline])
      case .vector(let other, let labels):
        PlanOutline(
          line: "default \(VectorMatching(labels: labels).spelled)",
          children: [input.outline, other.outline])
      }
    case .absent(let input, let labels):
      PlanOutline(line: "absent \(labels)", children: [input.outline])
    case .scalar(let input): PlanOutline(line: "scalar", children: [input.outline])
    case .relabel(let input, let rule):
      PlanOutline(line: "relabel \(rule.destination)", children: [input.outline])
    case .sort(let input, let order, _, _):
      PlanOutline(line: "sort \(order)", children: [input.outline])
    case .mergeRows(let input, let isStrict):
      PlanOutline(
        line: isStrict ? "refuse rows of equal labels" : "merge rows of equal labels",
        children: [input.outline])
    case .stepInvariant(let input):
      PlanOutline(line: "once for all steps", children: [input.outline])
    case .asked(let asked): PlanOutline(line: "asked of \(asked.engine): \(asked.text)")
    case .shared(let shared): shared.outline
    case .measured(let number, let input): input.outline.numbered(number)
    }
  }
}

extension SharedPlan {
  fileprivate var outline: PlanOutline {
    let part =
      matchers.isEmpty ? "" : ", only {\(matchers.map(\.description).joined(separator: ", "))}"
    return PlanOutline(line: "shared rows \(number)\(part)", children: [common.outline])
  }
}

extension PlanOutline {
  fileprivate func numbered(_ number: Int) -> PlanOutline {
    var result = self
    result.number = number
    return result
  }
}

extension RangePlan {
  var outline: PlanOutline {
    switch self {
    case .stored(let selector), .extended(let selector, _): selector.outline
    case .subquery(let plan, _, let step):
      PlanOutline(line: "every \(step)", children: [plan.outline])
    }
  }
}

extension SelectorPlan {
  fileprivate var outline: PlanOutline {
    PlanOutline(line: "series {\(matchers.map(\.description).joined(separator: ", "))}")
  }
}

extension AggregatePlan {
  fileprivate func outline(_ parameters: [PlanOutline]) -> PlanOutline {
    let labels = grouping.labels.joined(separator: ", ")
    let clause =
      switch grouping {
      case .by: "by (\(labels))"
      case .without: "without (\(labels))"
      }
    return PlanOutline(
      line: "\(operation.rawValue) \(clause)", children: [input.outline] + parameters)
  }
}

extension SelectorWindow {
  var spelled: String {
    var text = "[\(range)]"
    if let pin { text += " @ \(NumberText.plain(pin.seconds))" }
    if offset != .zero { text += " offset \(offset)" }
    return text
  }
}

extension InfoPlan {
  fileprivate var spelled: String {
    "{\((names + labels).map(\.description).joined(separator: ","))} \(window.spelled)"
  }
}

extension VectorMatching {
  fileprivate var spelled: String {
    let clause =
      switch labels {
      case .on(let names): "on (\(names.joined(separator: ", ")))"
      case .ignoring(let names): "ignoring (\(names.joined(separator: ", ")))"
      }
    switch cardinality {
    case .oneToOne, .manyToMany: return clause
    case .manyToOne: return "\(clause) group_left (\(include.joined(separator: ", ")))"
    case .oneToMany: return "\(clause) group_right (\(include.joined(separator: ", ")))"
    }
  }
}

extension SampleAnswer {
  fileprivate var spelled: String {
    switch self {
    case .value: ""
    case .time: "times of "
    case .startTime: "start times of "
    }
  }
}

extension NameRule {
  fileprivate var note: String {
    switch self {
    case .keep: ""
    case .drop: ", drop names"
    case .dropAtEnd: ", drop names at the end"
    }
  }
}

extension CellFunction {
  fileprivate var spelled: String {
    switch self {
    case .math(let function): "\(function)"
    case .date(let part): "\(part)"
    case .arithmetic(let operation, let scalarIsLeft, _):
      scalarIsLeft ? "scalar \(operation.rawValue) each" : "each \(operation.rawValue) scalar"
    case .ofHistogram(let statistic): "\(statistic) of histograms"
    case .clamp: "clamp"
    case .round: "round"
    case .greater: "greater"
    case .lesser: "lesser"
    case .replaced: "replaced"
    case .unchanged: "unchanged"
    }
  }
}

extension WindowFunction: CustomStringConvertible {
  var description: String {
    switch self {
    case .extrapolated(isCounter: true, isRate: true): "rate"
    case .extrapolated(isCounter: true, isRate: false): "increase"
    case .extrapolated(isCounter: false, _): "delta"
    case .lastPair(let isRate): isRate ? "irate" : "idelta"
    case .counting(let subject): "\(subject)"
    case .extendedChange(let isCounter, let isRate, let window):
      "\(window.kind) "
        + WindowFunction.extrapolated(isCounter: isCounter, isRate: isRate).description
    case .anchoredCounting(let subject, _): "anchored \(subject)"
    case .interpolation: "interpolation"
    case .summary(let summary): "\(summary)"
    case .extreme(let wantsGreatest, let answer):
      "\(answer == .time ? "time of " : "")\(wantsGreatest ? "max" : "min")"
    case .quantile: "quantile"
    case .medianDeviation: "median deviation"
    case .derivative: "slope"
    case .prediction: "prediction"
    case .smoothing: "smoothing"
    }
  }
}
