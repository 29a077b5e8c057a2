internal import Statistics

/// A query over the last five minutes against a threshold, each minute: what Argo's templates and
/// Flagger do.
///
/// The score is the largest value that was reached in as many looks as may fail, plus one.
struct ThresholdWatcher: Watcher {
  /// What the query selects.
  enum Selection: Sendable {
    /// Both versions, as the tutorial's query does.
    case bothVersions
    case canary
  }

  let selection: Selection
  let value: QueriedValue
  /// Looks that may exceed the threshold without a rollback.
  let failuresAllowed: Int
  let windowScrapes: Int
  /// Minutes before the first look.
  let delayMinutes: Int
  private var window: [[Double]] = []
  private var largest: [Double] = []

  init(
    _ selection: Selection, _ value: QueriedValue, failuresAllowed: Int = 0, windowMinutes: Int = 5,
    delayMinutes: Int = 1
  ) {
    self.selection = selection
    self.value = value
    self.failuresAllowed = failuresAllowed
    self.windowScrapes = windowMinutes * TrafficPlan.scrapesPerMinute
    self.delayMinutes = delayMinutes
  }

  mutating func score(after scrape: SimulatedScrape) throws(NotComputable) -> Double? {
    var counts = scrape.canary.counts
    if selection == .bothVersions {
      for (index, count) in scrape.stable.counts.enumerated() { counts[index] += count }
    }
    window.append(counts)
    if window.count > windowScrapes { window.removeFirst() }
    guard scrape.endsMinute, scrape.minute >= delayMinutes else { return nil }
    let now = try query()
    // NaN fails no condition "result > limit".
    guard !now.isNaN else { return nil }
    largest.append(now)
    largest.sort(by: >)
    largest = Array(largest.prefix(failuresAllowed + 1))
    return largest.count > failuresAllowed ? largest.last : nil
  }

  private func query() throws(NotComputable) -> Double {
    var sum = [Double](repeating: 0, count: window.first?.count ?? 0)
    for counts in window {
      for (index, count) in counts.enumerated() { sum[index] += count }
    }
    return try value.query(sum)
  }
}
