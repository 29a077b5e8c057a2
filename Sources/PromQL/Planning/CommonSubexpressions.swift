/// What is written twice is computed once: `rate(x[5m]) > 2 * avg(rate(x[5m]))` reads `x` once.
///
/// Equal parts at the same evaluation times become readings of shared rows. Only the largest are
/// looked for, and none below subqueries, whose times are others.
enum CommonSubexpressions {
  /// Comparing all parts with all others is quadratic; longer queries are left as they are.
  private static let partsMax = 128

  static func apply(_ plan: QueryPlan) -> QueryPlan {
    var parts: [QueryPlan] = []
    var selectors: [QueryPlan] = []
    collect(plan, &parts, &selectors)
    guard parts.count <= partsMax, hasEqual(selectors) else { return plan }
    var shared: [QueryPlan] = []
    let result = rewritten(plan, parts, &shared)
    let readers = result.readersOfSharedRows
    return result.unsharing { readers[$0] == 1 }
  }

  /// Parts that read series, the largest first; of them those that do so themselves.
  private static func collect(
    _ plan: QueryPlan, _ parts: inout [QueryPlan], _ selectors: inout [QueryPlan]
  ) {
    guard parts.count <= partsMax else { return }
    parts.append(plan)
    switch plan {
    case .scan, .window, .stepInvariant, .asked: selectors.append(plan)
    case .number, .evaluationTime, .empty: parts.removeLast()
    default: break
    }
    for input in plan.inputs { collect(input, &parts, &selectors) }
  }

  private static func hasEqual(_ plans: [QueryPlan]) -> Bool {
    plans.indices.contains { plans[..<$0].contains(plans[$0]) }
  }

  private static func rewritten(
    _ plan: QueryPlan, _ parts: [QueryPlan], _ shared: inout [QueryPlan]
  ) -> QueryPlan {
    var hasTwins = false
    if plan.readsSeries {
      var isFirst = true
      for part in parts where part == plan {
        hasTwins = !isFirst
        isFirst = false
        if hasTwins { break }
      }
    }
    if hasTwins {
      let number = shared.firstIndex(of: plan) ?? shared.count
      if number == shared.count { shared.append(plan) }
      return .shared(SharedPlan(number: number, plan: plan))
    }
    return plan.mappingInputs {
      rewritten($0, parts, &shared)
    } onOtherGrid: {
      $0
    }
  }
}

extension QueryPlan {
  /// How many readings there are of each shared rows, by their numbers.
  var readersOfSharedRows: [Int: Int] {
    if case .shared(let shared) = self { return [shared.number: 1] }
    return inputs.reduce(into: [:]) { $0.merge($1.readersOfSharedRows, uniquingKeysWith: +) }
  }

  /// Parts whose twins are all within larger shared parts have nobody to share with.
  fileprivate func unsharing(_ isAlone: (Int) -> Bool) -> QueryPlan {
    if case .shared(let shared) = self { return isAlone(shared.number) ? shared.plan : self }
    return mappingInputs {
      $0.unsharing(isAlone)
    } onOtherGrid: {
      $0
    }
  }

  /// Whether there is anything to be read or computed that could be kept.
  fileprivate var readsSeries: Bool {
    switch self {
    case .number, .evaluationTime, .empty: false
    case .scan, .window, .stepInvariant, .info, .evidence, .asked: true
    default: inputs.contains(where: \.readsSeries)
    }
  }
}
