internal import MetricModel

/// A comparison of two groups of series.
struct EvidencePlan: Equatable {
  var question: EvidenceQuestion
  /// The sides in the order of the arguments.
  var inputs: [EvidenceInput]
  /// Of `quantile_ratio`.
  var quantile: QueryPlan?
  var matching: VectorMatching.Labels
  /// What is told of the answers.
  var stats: [EvidenceStat]
  /// Of the call, to which remarks point.
  var place: RemarkPlace
}

enum EvidenceInput: Equatable {
  case vector(QueryPlan)
  case range(RangePlan)

  var outline: PlanOutline {
    switch self {
    case .vector(let plan): plan.outline
    case .range(let range):
      PlanOutline(line: "samples \(range.window.spelled)", children: [range.outline])
    }
  }
}

extension Planner {
  func evidence(
    _ question: EvidenceQuestion, _ call: FunctionCall
  ) throws(QueryError) -> Planned {
    var inputs: [EvidenceInput] = []
    var chosen: Set<String> = []
    var quantile: Planned?
    var isInvariant = true
    let planner = needing(.bucketsBelow)
    for (index, argument) in call.arguments.enumerated() {
      let isScalar =
        question.parameters.indices.contains(index)
        && question.parameters[index] == .scalar
      if isScalar {
        let planned = try plan(argument)
        isInvariant = isInvariant && planned.isInvariant
        quantile = planned
      } else if case .string(let stat, _) = argument.unparenthesised {
        chosen.insert(stat.text)
      } else if Self.type(of: argument) == .matrix {
        let range = try planner.rangePlan(argument)
        isInvariant = isInvariant && range.facts.isInvariant
        inputs.append(.range(range.plan))
      } else {
        let planned = try planner.plan(argument)
        isInvariant = isInvariant && planned.isInvariant
        inputs.append(.vector(planned.plan))
      }
    }
    let plan = EvidencePlan(
      question: question, inputs: inputs, quantile: quantile?.plan,
      matching: call.matching ?? .ignoring([]),
      stats: question.stats.filter { chosen.isEmpty || chosen.contains($0.rawValue) },
      place: RemarkPlace(call.range))
    // Groups told apart by a label `stat` of their own would become one.
    return merged(
      Planned(plan: .evidence(plan), type: .vector, isInvariant: isInvariant), isStrict: false,
      isUniqueWithoutName: true)
  }
}
