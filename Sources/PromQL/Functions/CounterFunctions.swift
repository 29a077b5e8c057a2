internal import MetricModel

/// `rate`, `increase` and `delta`: the difference of the outer samples, extrapolated to the window.
///
/// Where samples lie within 1.1 mean distances of a border, the change is extended to it, otherwise
/// by half a mean distance; a counter never below zero. Resets are found once for each series, so
/// that a window costs the same however many samples it holds.
struct ExtrapolationKernel: WindowKernel {
  let isCounter: Bool
  let isRate: Bool
  let rangeSeconds: Double
  /// Places of samples less than the one before; NaN never is.
  private var resets: [Int] = []
  private var nextReset = 0
  // Regular scrapes give the same distances, in milliseconds, at step after step, and the divisions
  // that follow from them are most of the work: the last ones are kept, with what came of them.
  private var gaps = WindowGaps(toStart: -1, toEnd: -1, sampled: -1, count: 0)
  private var reach = ExtrapolationReach()
  /// The scale where no counter starts within the window.
  private var fullScale = 0.0
  /// Of the series before.
  private var lastLayout: ExtrapolationLayout?

  init(isCounter: Bool, isRate: Bool, range: Milliseconds) {
    self.isCounter = isCounter
    self.isRate = isRate
    rangeSeconds = range.seconds
  }

  mutating func begin(_ times: Span<Int64>, _ values: Span<Double>) {
    nextReset = 0
    resets.removeAll(keepingCapacity: true)
    if isCounter { appendFalls(of: values, to: &resets) }
  }

  /// Writes the row of one series step by step; answers whether any cell is present.
  mutating func slide(
    over samples: SampleColumns, _ grid: WindowGrid, into cells: inout [Double],
    from start: Int, _ cancellation: inout CancellationPoint
  ) -> Bool {
    slideWindow(&self, over: samples, grid, into: &cells, from: start, &cancellation)
  }

  /// The same row, by the layout of the series' times, which is found now where no series had the
  /// same.
  mutating func slide(
    over samples: SampleColumns, _ grid: WindowGrid, _ layouts: LayoutCache,
    into cells: inout [Double], from start: Int, _ cancellation: inout CancellationPoint
  ) -> Bool {
    begin(samples.timestamps.span, samples.values.span)
    // Series of one target follow each other mostly, so the layout found last is tried first.
    if lastLayout?.fits(isRate: isRate, samples.timestamps, grid) != true {
      lastLayout = layouts.layout(self, samples.timestamps, grid, &cancellation)
    }
    guard let layout = lastLayout else { return false }
    return slide(
      over: samples.values.span, samples.timestamps.span, layout, into: &cells, from: start)
  }

  private mutating func slide(
    over values: Span<Double>, _ times: Span<Int64>, _ layout: ExtrapolationLayout,
    into cells: inout [Double], from start: Int
  ) -> Bool {
    var row = cells.mutableSpan
    // A span can't outlive the access to an object.
    let allSteps = layout.steps
    let steps = allSteps.span
    let special =
      resets.isEmpty
      ? scaleChanges(of: values, by: layout, isCounter: isCounter, into: &row, from: start)
      : steps.indices
    for step in special {
      let at = steps[step]
      if at.end == 0 { continue }
      let first = values[Int(at.first)]
      var change = values[Int(at.end) &- 1] - first
      if !resets.isEmpty { addResets(Int(at.first)..<Int(at.end), values, to: &change) }
      // As in `scale`: what may start at zero within the window is looked at more closely.
      if isCounter && change > 0 && first >= 0 && !(first >= change && at.isLong) {
        let endTime = layout.grid.end(step)
        let place = WindowPlace(
          first: Int(at.first), end: Int(at.end), startTime: endTime &- layout.grid.range,
          endTime: endTime, step: step, evaluationTime: 0)
        row[start &+ step] = value(place, times, values)
      } else {
        row[start &+ step] = change * at.scale
      }
    }
    return layout.isAnyPresent
  }

  /// Adds what was lost by resets in a window, which may not lie before the last one asked for.
  @inline(__always)
  private mutating func addResets(
    _ window: Range<Int>, _ values: Span<Double>, to change: inout Double
  ) {
    while nextReset < resets.count && resets[nextReset] <= window.lowerBound { nextReset &+= 1 }
    var reset = nextReset
    while reset < resets.count && resets[reset] < window.upperBound {
      change += values[resets[reset] &- 1]
      reset &+= 1
    }
  }

  /// What windows with these gaps are scaled by where no counter starts within them, and whether
  /// their samples lie further apart than the first from the window's start.
  @inline(__always)
  func scale(of gaps: WindowGaps) -> (full: Double, isLong: Bool) {
    let reach = ExtrapolationReach(gaps)
    return (scale(reach, reachingBack: reach.toStart), reach.sampled >= reach.toStart)
  }

  @inline(__always)
  mutating func value(
    _ place: WindowPlace, _ times: Span<Int64>, _ values: Span<Double>
  ) -> Double {
    guard place.count >= 2 else { return .missing }
    let first = values[place.first]
    var change = values[place.last] - first
    addResets(place.first..<place.end, values, to: &change)
    measureReach(place, times)
    return change * scale(first, change)
  }

  /// How far the change is extended on either side, unless the distances are those measured last.
  @inline(__always)
  private mutating func measureReach(_ place: WindowPlace, _ times: Span<Int64>) {
    let gaps = WindowGaps(
      toStart: times[place.first] &- place.startTime, toEnd: place.endTime &- times[place.last],
      sampled: times[place.last] &- times[place.first], count: place.count)
    if gaps == self.gaps { return }
    self.gaps = gaps
    reach = ExtrapolationReach(gaps)
    fullScale = scale(reach, reachingBack: reach.toStart)
  }

  /// By how much the change grows when it is extended to the window's borders, and, for a rate,
  /// divided by the window's seconds as written. The order of the steps is Prometheus' since 2.51.
  @inline(__always)
  private func scale(_ first: Double, _ change: Double) -> Double {
    guard isCounter && change > 0 && first >= 0 else { return fullScale }
    // A counter that held more than it gained is extended no further than its own length, so the
    // division can be spared where that isn't shorter.
    if first >= change && reach.sampled >= reach.toStart { return fullScale }
    let toZero = reach.sampled * (first / change)
    return toZero < reach.toStart ? scale(reach, reachingBack: toZero) : fullScale
  }

  @inline(__always)
  private func scale(_ reach: ExtrapolationReach, reachingBack toStart: Double) -> Double {
    let scale =
      reach.sampled == 0 ? 1 : (reach.sampled + toStart + reach.toEnd) / reach.sampled
    return isRate ? scale / rangeSeconds : scale
  }
}

/// Where the samples of a window lie in it, in milliseconds.
struct WindowGaps: Equatable {
  /// From the window's start to its first sample.
  var toStart: Int64
  /// From the last sample to the window's end.
  var toEnd: Int64
  /// From the first to the last.
  var sampled: Int64
  /// Of samples, at least 2.
  var count: Int
}

/// How far a change is extended beyond the samples it was seen between, in seconds.
struct ExtrapolationReach {
  private(set) var sampled = 0.0
  private(set) var toStart = 0.0
  private(set) var toEnd = 0.0

  init() {}

  @inline(__always)
  init(_ gaps: WindowGaps) {
    sampled = Double(gaps.sampled) / 1000
    let meanDistance = sampled / Double(gaps.count &- 1)
    let threshold = meanDistance * 1.1
    let secondsToStart = Double(gaps.toStart) / 1000
    let secondsToEnd = Double(gaps.toEnd) / 1000
    toStart = secondsToStart >= threshold ? meanDistance / 2 : secondsToStart
    toEnd = secondsToEnd >= threshold ? meanDistance / 2 : secondsToEnd
  }
}

/// `irate` and `idelta`: the last two samples of the window.
struct LastPairKernel: WindowKernel {
  let isRate: Bool

  @inline(__always)
  mutating func value(
    _ place: WindowPlace, _ times: Span<Int64>, _ values: Span<Double>
  ) -> Double {
    guard place.count >= 2 else { return .missing }
    let (last, previous) = (place.last, place.last &- 1)
    let interval = times[last] &- times[previous]
    guard interval != 0 else { return .missing }
    var change = values[last]
    if !isRate || !(values[last] < values[previous]) { change -= values[previous] }
    return isRate ? change / (Double(interval) / 1000) : change
  }
}

/// `resets` and `changes`: how often neighbours in the window differ.
struct CountingKernel: WindowKernel {
  enum Subject { case resets, changes }
  let subject: Subject

  @inline(__always)
  mutating func value(
    _ place: WindowPlace, _ times: Span<Int64>, _ values: Span<Double>
  ) -> Double {
    var count = 0
    for index in (place.first &+ 1)..<max(place.end, place.first &+ 1) {
      let (previous, current) = (values[index &- 1], values[index])
      switch subject {
      case .resets: if current < previous { count &+= 1 }
      case .changes:
        if current != previous && !(current.isNaN && previous.isNaN) { count &+= 1 }
      }
    }
    return Double(count)
  }
}
