internal import MetricModel

/// Series in memory that grow while rules are evaluated; what lies past `horizon` can't be seen.
struct GrowingSeries: SeriesSource {
  private var series: [Series] = []
  private var places: [Labels: Int] = [:]
  private var isSorted = true
  /// What is later is not there for queries.
  var horizon = Timestamp.latest

  /// Adds a sample behind those that its series has.
  ///
  /// - Throws: when the series has another value at that time, or a later one.
  mutating func append(
    _ labels: Labels, _ time: Timestamp, _ value: SampleValue
  ) throws(RuleFailure) {
    let place: Int
    if let known = places[labels] {
      place = known
    } else {
      place = series.count
      places[labels] = place
      series.append(Series(labels: labels, samples: SampleColumns()))
      isSorted = false
    }
    let samples = series[place].samples
    let last = max(samples.timestamps.last ?? .min, samples.histograms.timestamps.last ?? .min)
    if last >= time.milliseconds {
      let isNumber = samples.timestamps.last == last
      let newest =
        isNumber
        ? samples.values.last.map(SampleValue.number)
        : samples.histograms.values.last.map(SampleValue.histogram)
      guard last == time.milliseconds && newest == value else {
        throw RuleFailure(
          last == time.milliseconds ? "duplicate sample for timestamp" : "out of order sample")
      }
      return
    }
    switch value {
    case .number(let number): series[place].samples.append(time, number)
    case .histogram(let histogram): series[place].samples.histograms.append(time, histogram)
    }
  }

  /// Puts series in order; to be called after new ones.
  mutating func sort() {
    guard !isSorted else { return }
    series.sort { $0.labels < $1.labels }
    for (place, entry) in series.enumerated() { places[entry.labels] = place }
    isSorted = true
  }

  func select(
    _ matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> any SeriesSelection {
    let seen = TimeRange(after: range.start, through: min(range.end, horizon))
    let matching = series.filter { entry in matchers.allSatisfy { $0.matches(entry.labels) } }
    return Selection(selection: try InMemorySeries(matching).select([], in: seen), horizon: horizon)
  }

  private struct Selection: SeriesSelection {
    let selection: any SeriesSelection
    let horizon: Timestamp

    var labels: [Labels] { selection.labels }

    func read(
      _ index: Int, in range: TimeRange, into columns: inout SampleColumns
    ) throws(SelectError) {
      let seen = TimeRange(after: range.start, through: min(range.end, horizon))
      try selection.read(index, in: seen, into: &columns)
    }
  }
}
