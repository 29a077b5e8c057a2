internal import MetricModel

/// `rate`, `increase` and `delta`: the difference of the outer samples, extrapolated to the window.
///
/// Where samples lie within 1.1 mean distances of a border, the change is extended to it, otherwise
/// by half a mean distance; a counter never below zero. Resets are found once for each series, so that
/// a window costs the same however many samples it holds.
struct ExtrapolationKernel: WindowKernel {
  let isCounter: Bool
  let isRate: Bool
  let rangeSeconds: Double
  /// Places of samples less than the one before; NaN never is.
  private var resets: [Int] = []
  private var nextReset = 0

  init(isCounter: Bool, isRate: Bool, range: Milliseconds) {
    self.isCounter = isCounter
    self.isRate = isRate
    rangeSeconds = range.seconds
  }

  var expectsCounter: Bool { isCounter }

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
    return change
      * factor(place, change, first, firstTime: times[place.first], lastTime: times[place.last])
  }

  /// By how much the change grows when it is extended to the window's borders, and, for a rate,
  /// divided by the window's seconds as written. The order of the steps is Prometheus' since 2.51.
  @inline(__always)
  private func factor(
    _ place: WindowPlace, _ change: Double, _ first: Double, firstTime: Int64, lastTime: Int64
  ) -> Double {
    var toStart = Double(firstTime &- place.startTime) / 1000
    var toEnd = Double(place.endTime &- lastTime) / 1000
    let sampled = Double(lastTime &- firstTime) / 1000
    let meanDistance = sampled / Double(place.count &- 1)
    let threshold = meanDistance * 1.1
    if toStart >= threshold { toStart = meanDistance / 2 }
    if isCounter && change > 0 && first >= 0 {
      let toZero = sampled * (first / change)
      if toZero < toStart { toStart = toZero }
    }
    if toEnd >= threshold { toEnd = meanDistance / 2 }
    var factor = 1.0
    if sampled != 0 { factor = (sampled + toStart + toEnd) / sampled }
    if isRate { factor /= rangeSeconds }
    return factor
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
