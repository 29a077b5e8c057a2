internal import MetricModel

/// The borders of an `anchored` or `smoothed` window, within the wider one that is read.
///
/// Both want the sample at or before the window's start, as far back as the lookback reaches;
/// `smoothed` also the one after its end. The planner widens the window by that much, so that it
/// slides like any other, and this finds the borders again.
struct ExtendedWindow: Equatable {
  var kind: RangeExtension
  /// As written.
  var range: Milliseconds
  var lookback: Milliseconds

  /// What has to be read for a window as written.
  func widened(_ window: SelectorWindow) -> SelectorWindow {
    var result = window
    result.range = Milliseconds(window.range.count &+ lookback.count)
    if kind == .smoothed {
      result.range = Milliseconds(result.range.count &+ lookback.count)
      result.offset = Milliseconds(window.offset.count &- lookback.count)
    }
    return result
  }

  /// The window's end within the wider one that ends at `wideEnd`.
  func end(_ wideEnd: Int64) -> Int64 {
    kind == .smoothed ? wideEnd &- lookback.count : wideEnd
  }

  /// The start, which belongs to it, within the wider one.
  func start(_ wideEnd: Int64) -> Int64 { end(wideEnd) &- range.count }
}

/// The places of the outer samples of an extended window, and the values at its borders.
struct ExtendedBorders {
  var first: Int
  var last: Int
  var left: Double
  var right: Double

  /// Nil when no sample lies behind the start.
  ///
  /// - Parameter isCounter: whether what falls has started again from zero.
  init?(
    _ window: ExtendedWindow, _ place: WindowPlace, _ times: Span<Int64>, _ values: Span<Double>,
    isCounter: Bool
  ) {
    let (start, end) = (window.start(place.endTime), window.end(place.endTime))
    last = place.last
    first = place.first
    while first < last && times[first &+ 1] <= start { first &+= 1 }
    if window.kind == .smoothed {
      while last > place.first && times[last &- 1] >= end { last &-= 1 }
    }
    guard times[last] > start else { return nil }
    left = values[first]
    right = values[last]
    guard window.kind == .smoothed else { return }
    guard times[first] <= end else { return nil }
    if times[first] < start {
      left = interpolated(first, at: start, times, values, isCounter: isCounter)
    }
    if last > place.first && times[last] > end {
      right = interpolated(last &- 1, at: end, times, values, isCounter: isCounter)
    }
  }
}

/// The value at `time` on the line from sample `index` to the next.
private func interpolated(
  _ index: Int, at time: Int64, _ times: Span<Int64>, _ values: Span<Double>, isCounter: Bool
) -> Double {
  var from = values[index]
  let to = values[index &+ 1]
  if isCounter && to < from { from = 0 }
  return from + (to - from) * Double(time &- times[index])
    / Double(times[index &+ 1] &- times[index])
}

/// `rate`, `increase` and `delta` of extended windows: from border to border, nothing extrapolated.
struct ExtendedChangeKernel: WindowKernel {
  let isCounter: Bool
  let isRate: Bool
  let window: ExtendedWindow

  mutating func value(
    _ place: WindowPlace, _ times: Span<Int64>, _ values: Span<Double>
  ) -> Double {
    guard
      let borders = ExtendedBorders(window, place, times, values, isCounter: isCounter)
    else { return .missing }
    var change = borders.right - borders.left
    if isCounter { change += fallen(within: borders, place, times, values) }
    return isRate ? change / window.range.seconds : change
  }

  /// What resets have hidden; those between a border and the next sample outside are part of its
  /// interpolated value.
  private func fallen(
    within borders: ExtendedBorders, _ place: WindowPlace, _ times: Span<Int64>,
    _ values: Span<Double>
  ) -> Double {
    var (first, last) = (borders.first, borders.last)
    if times[first] <= window.start(place.endTime) { first += 1 }
    if times[last] >= window.end(place.endTime) { last -= 1 }
    var correction = 0.0
    var previous = borders.left
    if first <= last {
      for index in first...last {
        if values[index] < previous { correction += previous }
        previous = values[index]
      }
    }
    if borders.right < previous { correction += previous }
    return correction
  }
}

/// `changes` and `resets`, counted from the sample at or before the window's start on.
struct AnchoredCountingKernel: WindowKernel {
  var counting: CountingKernel
  let window: ExtendedWindow

  mutating func value(
    _ place: WindowPlace, _ times: Span<Int64>, _ values: Span<Double>
  ) -> Double {
    let start = window.start(place.endTime)
    guard times[place.last] > start else { return .missing }
    var anchored = place
    while anchored.first < place.last && times[anchored.first &+ 1] <= start {
      anchored.first &+= 1
    }
    return counting.value(anchored, times, values)
  }
}

/// `x smoothed`: the value on the line between the samples around the evaluation time; the last
/// sample's where none follows.
struct InterpolationKernel: WindowKernel {
  let window: ExtendedWindow

  mutating func value(
    _ place: WindowPlace, _ times: Span<Int64>, _ values: Span<Double>
  ) -> Double {
    let time = window.end(place.endTime)
    var next = place.first
    while next < place.end && times[next] < time { next &+= 1 }
    if next < place.end && times[next] == time { return values[next] }
    guard next > place.first else { return .missing }
    guard next < place.end else { return values[next &- 1] }
    return interpolated(next &- 1, at: time, times, values, isCounter: false)
  }
}
