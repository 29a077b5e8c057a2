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
  private var reach = Reach(Gaps(toStart: 0, toEnd: 0, sampled: 0, intervals: 1))

  init(isCounter: Bool, isRate: Bool, range: Milliseconds) {
    self.isCounter = isCounter
    self.isRate = isRate
    rangeSeconds = range.seconds
  }

  mutating func begin(_ times: Span<Int64>, _ values: Span<Double>) {
    nextReset = 0
    resets.removeAll(keepingCapacity: true)
    guard isCounter, values.count > 1 else { return }
    for index in 1..<values.count where values[index] < values[index &- 1] {
      resets.append(index)
    }
  }

  mutating func value(
    _ place: WindowPlace, _ times: Span<Int64>, _ values: Span<Double>
  ) -> Double {
    guard place.count >= 2 else { return .missing }
    let first = values[place.first]
    var change = values[place.last] - first
    while nextReset < resets.count && resets[nextReset] <= place.first { nextReset &+= 1 }
    var reset = nextReset
    while reset < resets.count && resets[reset] < place.end {
      change += values[resets[reset] &- 1]
      reset &+= 1
    }
    let scale = scale(
      Gaps(
        toStart: times[place.first] &- place.startTime,
        toEnd: place.endTime &- times[place.last],
        sampled: times[place.last] &- times[place.first], intervals: place.count &- 1),
      first, change)
    return change * scale
  }

  /// By how much the change grows when it is extended to the window's borders, and, for a rate,
  /// divided by the window's seconds as written. The order of the steps is Prometheus' since 2.51.
  @inline(__always)
  private mutating func scale(_ gaps: Gaps, _ first: Double, _ change: Double) -> Double {
    if gaps != reach.gaps { reach = Reach(gaps) }
    var toStart = reach.toStart
    // A counter that held more than it gained is extended no further than its own length, so the
    // division can be spared where that isn't shorter.
    let mayReachZero = isCounter && change > 0 && first >= 0
    if mayReachZero && !(first >= change && reach.sampled >= toStart) {
      let toZero = reach.sampled * (first / change)
      if toZero < toStart { toStart = toZero }
    }
    if toStart == reach.toStart && reach.hasScale { return reach.scale }
    var scale = 1.0
    if reach.sampled != 0 { scale = (reach.sampled + toStart + reach.toEnd) / reach.sampled }
    if isRate { scale /= rangeSeconds }
    if toStart == reach.toStart {
      reach.scale = scale
      reach.hasScale = true
    }
    return scale
  }

  /// Distances in milliseconds, from which the extension follows.
  private struct Gaps: Equatable {
    var toStart: Int64
    var toEnd: Int64
    var sampled: Int64
    var intervals: Int
  }

  /// How far a change is extended. Regular scrapes give the same gaps at step after step, and the
  /// divisions below are most of the work, so the last answer is kept.
  private struct Reach {
    var gaps: Gaps
    /// Seconds.
    var sampled: Double
    var toStart: Double
    var toEnd: Double
    /// The scale when no counter starts within the window.
    var scale = 0.0
    var hasScale = false

    init(_ gaps: Gaps) {
      self.gaps = gaps
      sampled = Double(gaps.sampled) / 1000
      toStart = Double(gaps.toStart) / 1000
      toEnd = Double(gaps.toEnd) / 1000
      let meanDistance = sampled / Double(gaps.intervals)
      let threshold = meanDistance * 1.1
      if toStart >= threshold { toStart = meanDistance / 2 }
      if toEnd >= threshold { toEnd = meanDistance / 2 }
    }
  }
}

/// `irate` and `idelta`: the last two samples of the window.
struct LastPairKernel: WindowKernel {
  let isRate: Bool

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
