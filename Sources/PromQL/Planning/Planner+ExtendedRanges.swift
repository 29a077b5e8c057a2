internal import MetricModel

/// `anchored` and `smoothed` selectors: their windows are read wider, by kernels of their own.
extension Planner {
  /// `x smoothed`, without a range: a window around each step.
  func smoothed(_ selector: VectorSelector, _ facts: Planned) -> Planned {
    guard case .scan(let plan, _) = facts.plan else { return facts }
    let window = ExtendedWindow(kind: .smoothed, range: .zero, lookback: options.lookback)
    var lookedAt = plan.window
    lookedAt.range = .zero
    var result = facts
    result.plan = .window(
      WindowPlan(
        function: .interpolation(window),
        input: .stored(
          SelectorPlan(
            matchers: plan.matchers, window: window.widened(lookedAt),
            settlesHints: plan.settlesHints)),
        parameters: [], names: .keep,
        places: WindowPlaces(range: selector.range, firstArgument: selector.range),
        usesStartTimes: false))
    return result
  }

  /// The function and window by which a call reads its range vector; as they are where the selector
  /// has no extension.
  func extended(
    _ function: WindowFunction, _ range: RangePlan, of name: String
  ) throws(QueryError) -> (function: WindowFunction, range: RangePlan) {
    guard case .extended(let selector, let window) = range else { return (function, range) }
    guard let extended = function.extended(by: window) else {
      throw .extension(window.kind, function: name)
    }
    var wide = selector
    wide.window = window.widened(selector.window)
    return (extended, .stored(wide))
  }
}

extension WindowFunction {
  /// What the function is on an extended window; nil when it can't be one.
  fileprivate func extended(by window: ExtendedWindow) -> WindowFunction? {
    switch (self, window.kind) {
    case (.extrapolated(let isCounter, let isRate), _):
      .extendedChange(isCounter: isCounter, isRate: isRate, window)
    case (.counting(let subject), .anchored): .anchoredCounting(subject, window)
    default: nil
    }
  }
}

extension RangeExtension {
  /// The functions that know what to do with samples outside of the window.
  var functions: [String] {
    switch self {
    case .anchored: ["changes", "delta", "increase", "rate", "resets"]
    case .smoothed: ["delta", "increase", "rate"]
    }
  }
}
