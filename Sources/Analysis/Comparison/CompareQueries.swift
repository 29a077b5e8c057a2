internal import MetricModel

/// The queries of one look: raw samples of both arms since the start of the window.
///
/// Ranges are asked as `selector{...}[window]` in instant queries, which give samples as scraped.
/// `increase()` isn't asked: it extrapolates, and forgets which pod restarted.
struct CompareQueries: Equatable {
  let spec: CompareSpec
  /// Samples from here on may count; strata are counted from here.
  let windowStart: Timestamp
  let now: Timestamp

  init(_ spec: CompareSpec, runStart: Timestamp, now: Timestamp) {
    self.spec = spec
    self.now = now
    switch spec.since {
    case .step: windowStart = runStart
    case .before(let length):
      windowStart = runStart.advanced(by: Milliseconds(-length.milliseconds.count))
    }
  }

  /// For the canary, then for stable, each selector of the measure.
  var requests: [QueryRequest] {
    // Reaches back by the warm-up, to tell pods that are warm already from those that aren't.
    let start = windowStart.advanced(by: Milliseconds(-spec.warmup.milliseconds.count))
    // Windows are open on the left; a sample at the very start belongs to them.
    let whole = max(now.since(start).count, 0).addingReportingOverflow(1)
    let length = Milliseconds(whole.overflow ? .max : whole.partialValue)
    return [spec.canary, spec.stable].flatMap { matchers in
      spec.measure.selectors.map { selector in
        QueryRequest(
          text: "\(SelectorText.narrowed(selector, to: matchers))[\(length)]",
          evaluation: .instant(now))
      }
    }
  }
}
