internal import MetricModel

/// Carries what one side of a join is restricted to over to the other side, whose series would find
/// no partner otherwise.
///
///     sum by (pod) (rate(a{pod="x"}[5m])) / sum by (pod) (rate(b[5m]))     // reads b{pod="x"}
///
/// Not done where Prometheus would have to complain of elements that meet no partner: the "one"
/// side of a join must be an aggregation that leaves it one element for each signature. Remarks on
/// series that aren't read any more are gone.
enum MatcherPropagation {
  static func apply(_ plan: QueryPlan) -> QueryPlan {
    switch plan.mappingInputs(apply) {
    case .join(let left, let right, let rule) where isHarmless(left, right, rule):
      let labels = rule.matching.labels
      return .join(
        narrowed(left, to: implied(right), within: labels),
        narrowed(right, to: implied(left), within: labels), rule)
    case .set(.and, let left, let right, let labels):
      return .set(
        .and, narrowed(left, to: implied(right), within: labels),
        narrowed(right, to: implied(left), within: labels), labels)
    case .set(.unless, let left, let right, let labels):
      return .set(.unless, left, narrowed(right, to: implied(left), within: labels), labels)
    case let other: return other
    }
  }

  private static func isHarmless(
    _ left: QueryPlan, _ right: QueryPlan, _ rule: JoinRule
  ) -> Bool {
    rule.matching.fill.isEmpty
      && isUnique(rule.manyIsRight ? left : right, by: rule.matching.labels)
  }

  /// Whether each element has a signature of its own.
  private static func isUnique(_ plan: QueryPlan, by labels: VectorMatching.Labels) -> Bool {
    switch plan {
    case .aggregate(let aggregate), .quantile(let aggregate, _, _):
      guard case .by(let names) = aggregate.grouping else { return false }
      return names.allSatisfy(labels.compares)
    case .cells(let cells): return isUnique(cells.input, by: labels)
    case .stepInvariant(let input): return isUnique(input, by: labels)
    default: return false
    }
  }

  /// Matchers that the labels of all elements of a plan fulfil.
  private static func implied(_ plan: QueryPlan) -> [LabelMatcher] {
    switch plan {
    case .scan(let selector, _): selector.matchers.filter { $0.name != Labels.metricName }
    case .window(let window):
      switch window.input {
      case .stored(let selector), .extended(let selector, _):
        selector.matchers.filter { !LabelPicker.metadata.contains($0.name) }
      case .subquery: []
      }
    case .cells(let cells):
      implied(cells.input).filter { !LabelPicker.metadata.contains($0.name) }
    case .aggregate(let aggregate), .quantile(let aggregate, _, _):
      implied(aggregate.input).filter { aggregate.grouping.keeps($0.name) }
    case .rank(_, let aggregate, _, _): implied(aggregate.input)
    case .histogram(let histogram):
      implied(histogram.input).filter {
        $0.name != "le" && !LabelPicker.metadata.contains($0.name)
      }
    case .stepInvariant(let input): implied(input)
    default: []
    }
  }

  /// The plan without elements that some matcher refuses, as far as labels reach down to selectors
  /// unchanged; errors must not go with what isn't read, so nothing passes a merge of rows.
  private static func narrowed(
    _ plan: QueryPlan, to matchers: [LabelMatcher], within labels: VectorMatching.Labels
  ) -> QueryPlan {
    narrowed(plan, to: matchers.filter { labels.compares($0.name) })
  }

  private static func narrowed(_ plan: QueryPlan, to matchers: [LabelMatcher]) -> QueryPlan {
    if matchers.isEmpty { return plan }
    switch plan {
    case .scan(let selector, let answer): return .scan(selector.narrowed(to: matchers), answer)
    case .window(var window):
      guard case .stored(let selector) = window.input else { return plan }
      window.input = .stored(selector.narrowed(to: matchers))
      return .window(window)
    case .cells(var cells):
      cells.input = narrowed(cells.input, to: matchers)
      return .cells(cells)
    case .aggregate(let aggregate): return .aggregate(narrowed(aggregate, to: matchers))
    case .quantile(let aggregate, let parameter, let place):
      return .quantile(narrowed(aggregate, to: matchers), parameter: parameter, place: place)
    case .histogram(var histogram):
      histogram.input = narrowed(histogram.input, to: matchers.filter { $0.name != "le" })
      return .histogram(histogram)
    case .stepInvariant(let input): return .stepInvariant(narrowed(input, to: matchers))
    default: return plan
    }
  }

  /// Only whole groups may go.
  private static func narrowed(
    _ aggregate: AggregatePlan, to matchers: [LabelMatcher]
  ) -> AggregatePlan {
    var result = aggregate
    result.input = narrowed(
      aggregate.input, to: matchers.filter { aggregate.grouping.keeps($0.name) })
    return result
  }
}

extension SelectorPlan {
  fileprivate func narrowed(to others: [LabelMatcher]) -> SelectorPlan {
    var result = self
    for matcher in others where !result.matchers.contains(matcher) {
      result.matchers.append(matcher)
    }
    return result
  }
}

extension Grouping {
  /// Whether elements of a group agree in this label, and the group bears it.
  fileprivate func keeps(_ name: String) -> Bool {
    switch self {
    case .by(let names): names.contains(name)
    case .without(let names): !names.contains(name) && !LabelPicker.metadata.contains(name)
    }
  }
}

extension VectorMatching.Labels {
  /// Whether partners have to agree in this label.
  fileprivate func compares(_ name: String) -> Bool {
    if LabelPicker.metadata.contains(name) { return false }
    return switch self {
    case .on(let names): names.contains(name)
    case .ignoring(let names): !names.contains(name)
    }
  }
}
