internal import MetricModel

/// `info(x)`.
extension Planner {
  func info(_ call: FunctionCall) throws(QueryError) -> Planned {
    let base = try plan(call.arguments[0])
    let reference = try infoTime(of: call.arguments[0])
    let matchers: [LabelMatcher] =
      if call.arguments.count > 1, case .selector(let selector) = call.arguments[1] {
        selector.matchers
      } else {
        []
      }
    let window = try window(reference ?? TimeShift(), options.lookback)
    var result = base
    result.isInvariant = base.isInvariant && window.pin != nil
    result.plan = .info(
      (result.isInvariant ? base : settled(base)).plan, InfoPlan(matchers, window))
    // What is added to one element, another may have had before.
    result.isUniqueWithoutName = false
    return merged(result, isStrict: false)
  }

  /// Info series are looked at when the first selector of the base is: at its `@` or that of the
  /// innermost subquery around it which has one, with all offsets up to there.
  private func infoTime(of expression: QueryExpression) throws(QueryError) -> TimeShift? {
    if case .subquery(let subquery) = expression {
      guard let inner = try infoTime(of: subquery.expression), inner.pin == nil else {
        return try infoTime(of: subquery.expression)
      }
      let offset =
        try durations.offset(inner.offset).count &+ durations.offset(subquery.shift.offset).count
      return TimeShift(offset: Milliseconds(offset), pin: subquery.shift.pin)
    }
    if let shift = expression.shift { return shift }
    for child in expression.children {
      if let found = try infoTime(of: child) { return found }
    }
    return nil
  }
}

/// Which info series `info()` looks for, and when.
struct InfoPlan: Equatable {
  /// Conditions on the metric name.
  var names: [LabelMatcher]
  /// Conditions on other labels, which are then the only ones that are added.
  var labels: [LabelMatcher]
  var window: SelectorWindow

  init(_ matchers: [LabelMatcher], _ window: SelectorWindow) {
    self.window = window
    labels = matchers.filter { $0.name != Labels.metricName }
    names = matchers.filter { $0.name == Labels.metricName }
    if names.isEmpty {
      names = [LabelMatcher(Labels.metricName, equals: "target_info")]
    } else if names.allSatisfy({ $0.operation == .notEqual || $0.operation == .notMatchesRegex }),
      let anyInfo = try? LabelMatcher(Labels.metricName, .matchesRegex, ".+_info")
    {
      names.insert(anyInfo, at: 0)
    }
  }

  /// Whether a label of an info series is to be added.
  func adds(_ name: String) -> Bool {
    name != Labels.metricName && (labels.isEmpty || labels.contains { $0.name == name })
  }
}
