internal import MetricModel

/// Where the histograms of one series begin anew, and whether they are all of one kind: found once,
/// so that the windows that slide along the series needn't look at their buckets again.
struct HistogramRestarts {
  /// Places of histograms before which counting began anew, ascending.
  private(set) var places: [Int] = []
  /// Places whose start times reach into the histogram before.
  private(set) var overlaps: [Int] = []
  /// Whether all are counters of one schema.
  private(set) var areUniform = true

  init() {}

  init(_ columns: HistogramColumns) {
    for place in columns.values.indices {
      let current = columns.values[place]
      if current.hint == .gauge { areUniform = false }
      guard place > 0 else { continue }
      let previous = columns.values[place - 1]
      if current.schema != previous.schema { areUniform = false }
      let (now, before) = (columns.span(place), columns.span(place - 1))
      if now.overlaps(before) { overlaps.append(place) }
      if now.restarts(after: before) || current.isReset(since: previous) { places.append(place) }
    }
  }

  /// The restarts between two places, the later included.
  func restarts(after first: Int, through last: Int) -> ArraySlice<Int> {
    let start = Self.index(of: first + 1, in: places)
    return places[start..<max(start, Self.index(of: last + 1, in: places))]
  }

  func overlap(after first: Int, through last: Int) -> Bool {
    let index = Self.index(of: first + 1, in: overlaps)
    return index < overlaps.count && overlaps[index] <= last
  }

  /// Where the first place that isn't less than `place` stands.
  private static func index(of place: Int, in places: [Int]) -> Int {
    var (low, high) = (0, places.count)
    while low < high {
      let middle = (low + high) / 2
      if places[middle] < place { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// The time that a sample counts: from its start to itself, in milliseconds.
struct CountedSpan {
  /// 0 where nobody knows.
  var start: Int64
  var end: Int64

  /// Whether start times tell that counting began anew between two neighbours.
  ///
  /// A start that lies on the sample before means a delta, unless that one's own start is unknown
  /// (or is its time, as OpenTelemetry says the same): then it is a counter whose start nobody
  /// knows.
  func restarts(after previous: CountedSpan) -> Bool {
    guard start != 0, start < end, start >= previous.end else { return false }
    if start > previous.end { return true }
    return previous.start != 0 && previous.start < previous.end
  }

  /// Whether the time reaches into that of the sample before, without being the same count.
  func overlaps(_ previous: CountedSpan) -> Bool {
    start != 0 && start < previous.end && start != previous.start
  }
}

extension HistogramColumns {
  func span(_ place: Int) -> CountedSpan {
    CountedSpan(start: startTimes.isEmpty ? 0 : startTimes[place], end: timestamps[place])
  }
}

extension SampleColumns {
  /// Of a number.
  func span(_ place: Int) -> CountedSpan {
    CountedSpan(start: startTimes.isEmpty ? 0 : startTimes[place], end: timestamps[place])
  }
}
