package import MetricModel

/// A plan as people read it: a line for each node, inputs below, and what is known of its costs.
///
///     sum by (pod)   rows 10 (estimated 10), 1.31 ms, 24.1 KiB kept
///       rate [5m]   rows 500 (estimated 500), 1.24 ms
///         series {__name__="requests_total"}
package struct PlanExplanation: Equatable, Sendable {
  package struct Node: Equatable, Sendable {
    /// 0 for the root.
    package var depth: Int
    package var line: String
    /// Rows at most, by the index; nil where nobody can tell or there are none to count.
    package var estimatedRows: Int?
    /// Nil where the query wasn't run, and for lines that aren't operators.
    package var cost: OperatorCost?
  }

  /// Each node before its inputs.
  package var nodes: [Node]

  package var text: String { nodes.map(\.text).joined(separator: "\n") }
}

extension PlanExplanation.Node {
  fileprivate var text: String {
    var facts: [String] = []
    if let cost {
      facts.append("rows \(cost.rows)" + (estimatedRows.map { " (estimated \($0))" } ?? ""))
      facts.append("\(Self.fixed(cost.nanoseconds / 10_000, "ms"))")
      if cost.bytesKept > 0 {
        facts.append("\(Self.fixed(UInt64(cost.bytesKept) * 100 / 1024, "KiB")) kept")
      }
    } else if let estimatedRows {
      facts.append("rows \(estimatedRows) estimated")
    }
    let indentation = String(repeating: "  ", count: depth)
    return indentation + line + (facts.isEmpty ? "" : "   " + facts.joined(separator: ", "))
  }

  /// Hundredths as a decimal.
  private static func fixed(_ hundredths: UInt64, _ unit: String) -> String {
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) \(unit)"
  }
}

/// When a query is asked.
package enum QueryTimes: Equatable, Sendable {
  case instant(Timestamp)
  case range(StepGrid)

  package var grid: StepGrid {
    switch self {
    case .instant(let time): .instant(time)
    case .range(let grid): grid
    }
  }
}

extension Query {
  /// The plan as text, without looking at any series.
  package func explained(over grid: StepGrid) throws(QueryError) -> String {
    switch try planned(over: grid) {
    case .text: "text"
    case .range(let plan): plan.outline.text
    case .rows(let plan, _): plan.outline.text
    }
  }

  /// The plan with estimates from the index; no sample is read.
  package func explained(
    at times: QueryTimes, from source: any SeriesSource
  ) throws(QueryError) -> PlanExplanation {
    switch try planned(over: times.grid, source) {
    case .text: return PlanExplanation(nodes: [.init(depth: 0, line: "text")])
    case .range(let plan): return PlanExplanation(plan.outline, [:], [:])
    case .rows(let plan, _):
      let (numbered, estimates) = try Self.numbered(plan, over: times.grid, source)
      return PlanExplanation(numbered.outline, estimates, [:])
    }
  }

  /// The answer, and the plan with what each node has cost.
  ///
  /// - Parameter clock: nanoseconds since some moment.
  package func analysed(
    at times: QueryTimes, from source: any SeriesSource, limits: QueryLimits = QueryLimits(),
    clock: @escaping @Sendable () -> UInt64
  ) throws(QueryError) -> (answer: QueryAnswer, explanation: PlanExplanation) {
    let grid = times.grid
    guard case .rows(let plan, let type) = try planned(over: grid, source) else {
      let explanation = try explained(at: times, from: source)
      switch times {
      case .instant(let time):
        return (try instant(at: time, from: source, limits: limits), explanation)
      case .range: return (try range(over: grid, from: source, limits: limits), explanation)
      }
    }
    if case .range = times { _ = try rangePlan(over: grid, source, limits) }
    let (numbered, estimates) = try Self.numbered(plan, over: grid, source)
    var context = QueryContext(source: source, limits: limits, meter: PlanMeter(clock: clock))
    let value: QueryValue =
      switch times {
      case .instant: try atOneTime(numbered, type, on: grid, &context)
      case .range: try overTime(numbered, on: grid, &context)
      }
    let costs = context.meter?.costs ?? [:]
    return (answer(value, on: grid, context), PlanExplanation(numbered.outline, estimates, costs))
  }

  /// A plan whose operators bear numbers, and what the index says of each that runs at the times
  /// of the whole query.
  private static func numbered(
    _ plan: QueryPlan, over grid: StepGrid, _ source: any SeriesSource
  ) throws(QueryError) -> (plan: QueryPlan, estimates: [Int: Int]) {
    var count = 0
    var operators: [Int: QueryPlan] = [:]
    let numbered = plan.numbered(&count, &operators)
    let estimate = RowEstimate(source: source, grid: grid)
    var rows: [Int: Int] = [:]
    for (number, plan) in operators { rows[number] = try estimate.labels(of: plan)?.count }
    return (numbered, rows)
  }
}

extension QueryPlan {
  /// Puts a number on each operator.
  ///
  /// - Parameter operators: gets those at the times of the whole plan.
  fileprivate func numbered(
    _ count: inout Int, _ operators: inout [Int: QueryPlan]
  ) -> QueryPlan {
    switch self {
    case .number, .evaluationTime: return self
    default: break
    }
    let number = count
    count += 1
    operators[number] = self
    var (next, found) = (count, operators)
    let result = mappingInputs {
      $0.numbered(&next, &found)
    } onOtherGrid: {
      var others: [Int: QueryPlan] = [:]
      return $0.numbered(&next, &others)
    }
    (count, operators) = (next, found)
    return .measured(number, result)
  }
}

extension PlanExplanation {
  fileprivate init(
    _ outline: PlanOutline, _ estimates: [Int: Int], _ costs: [Int: OperatorCost]
  ) {
    nodes = []
    append(outline, depth: 0, estimates, costs)
  }

  private mutating func append(
    _ outline: PlanOutline, depth: Int, _ estimates: [Int: Int], _ costs: [Int: OperatorCost]
  ) {
    let number = outline.number ?? -1
    nodes.append(
      Node(
        depth: depth, line: outline.line, estimatedRows: estimates[number], cost: costs[number]))
    for child in outline.children { append(child, depth: depth + 1, estimates, costs) }
  }
}
