internal import MetricModel

/// A selection that is part of another one isn't read again:
/// `rate(x{code="500"}[5m]) / ignoring (code) group_left rate(x[5m])` decodes `x` once.
///
/// Selections that overlap without one holding the other stay apart, since reading both as one
/// would read what neither wants, or nothing less.
enum SelectorMerging {
  static func apply(_ plan: QueryPlan) -> QueryPlan {
    var readings: [QueryPlan] = []
    collect(plan, &readings)
    guard readings.count > 1 && readings.count <= 64 else { return plan }
    let first = plan.nextSharedNumber
    let wide = readings.indices.filter { index in
      readings.contains { extraMatchers(of: $0, beyond: readings[index]) != nil }
        && !readings.contains { extraMatchers(of: readings[index], beyond: $0) != nil }
    }.map { readings[$0] }
    var distinct: [QueryPlan] = []
    for reading in wide where !distinct.contains(reading) { distinct.append(reading) }
    return distinct.isEmpty ? plan : rewritten(plan, distinct, first)
  }

  /// What reads stored series at the evaluation times of the whole plan.
  private static func collect(_ plan: QueryPlan, _ readings: inout [QueryPlan]) {
    if case .shared = plan { return }
    if plan.selectedMatchers != nil {
      readings.append(plan)
    } else {
      for input in plan.inputs { collect(input, &readings) }
    }
  }

  private static func rewritten(
    _ plan: QueryPlan, _ wide: [QueryPlan], _ first: Int
  ) -> QueryPlan {
    if case .shared = plan { return plan }
    guard let matchers = plan.selectedMatchers else {
      return plan.mappingInputs {
        rewritten($0, wide, first)
      } onOtherGrid: {
        $0
      }
    }
    if let index = wide.firstIndex(of: plan) {
      return .shared(SharedPlan(number: first + index, plan: plan))
    }
    for (index, wider) in wide.enumerated() {
      guard let extra = extraMatchers(of: plan, beyond: wider) else { continue }
      let common = plan.selecting(matchers.filter { !extra.contains($0) })
      return .shared(
        SharedPlan(number: first + index, plan: plan, wider: common, matchers: extra))
    }
    return plan
  }

  /// The matchers that one reading has beyond those of another which is the same otherwise; nil
  /// when it isn't, or when rows wouldn't show whether they fulfil them.
  private static func extraMatchers(
    of narrow: QueryPlan, beyond wide: QueryPlan
  ) -> [LabelMatcher]? {
    guard let all = narrow.selectedMatchers, let few = wide.selectedMatchers,
      all.count > few.count, few.allSatisfy(all.contains),
      narrow.selecting([]) == wide.selecting([])
    else { return nil }
    let extra = all.filter { !few.contains($0) }
    guard all.count == few.count + extra.count,
      !extra.contains(where: { LabelPicker.metadata.contains($0.name) })
    else { return nil }
    return extra
  }
}

extension QueryPlan {
  /// The matchers of a node that reads stored series itself, and nothing else.
  fileprivate var selectedMatchers: [LabelMatcher]? {
    switch self {
    case .scan(let selector, _): return selector.matchers
    case .window(let window):
      guard case .stored(let selector) = window.input, window.parameters.allSatisfy(\.isNumber)
      else { return nil }
      return selector.matchers
    default: return nil
    }
  }

  /// The same node with other matchers.
  fileprivate func selecting(_ matchers: [LabelMatcher]) -> QueryPlan {
    switch self {
    case .scan(var selector, let answer):
      selector.matchers = matchers
      return .scan(selector, answer)
    case .window(var window):
      guard case .stored(var selector) = window.input else { return self }
      selector.matchers = matchers
      window.input = .stored(selector)
      return .window(window)
    default: return self
    }
  }

  var isNumber: Bool {
    if case .number = self { true } else { false }
  }

  /// One more than the greatest number of shared rows.
  fileprivate var nextSharedNumber: Int {
    if case .shared(let shared) = self { return shared.number + 1 }
    return inputs.map(\.nextSharedNumber).max() ?? 0
  }
}
