internal import Glibc
internal import MetricModel

/// The samples that a window holds at one step, as places in the series' columns.
struct WindowPlace {
  /// First sample within.
  var first: Int
  /// One past the last sample within; more than `first`.
  var end: Int
  /// The window is `(startTime, endTime]`, in milliseconds.
  var startTime: Int64
  var endTime: Int64
  /// The step's number and evaluation time.
  var step: Int
  var evaluationTime: Int64

  @inline(__always) var count: Int { end - first }
  @inline(__always) var last: Int { end - 1 }
}

/// What a range-vector function computes from one window.
///
/// Windows of a series come in the order of steps, so a kernel may keep places that only move
/// ahead.
protocol WindowKernel {
  /// Called before the first window of each series.
  mutating func begin(_ times: Span<Int64>, _ values: Span<Double>)
  /// The result, or `Double.missing`.
  mutating func value(
    _ place: WindowPlace, _ times: Span<Int64>, _ values: Span<Double>
  ) -> Double
}

extension WindowKernel {
  @inline(__always) mutating func begin(_ times: Span<Int64>, _ values: Span<Double>) {}
}

/// Slides a window over one series and writes a cell for each step; windows without samples leave
/// theirs as it is, and so does everything after a cancellation. Answers whether anything was
/// written.
func slideWindow<Kernel: WindowKernel>(
  _ kernel: inout Kernel, over samples: SampleColumns, _ grid: WindowGrid,
  into cells: inout [Double], from start: Int, _ cancellation: inout CancellationPoint
) -> Bool {
  let times = samples.timestamps.span
  let values = samples.values.span
  kernel.begin(times, values)
  var row = cells.mutableSpan
  var place = WindowPlace(
    first: 0, end: 0, startTime: 0, endTime: 0, step: 0, evaluationTime: 0)
  let count = times.count
  var isAnyPresent = false
  for step in 0..<grid.count {
    place.endTime = grid.end(step)
    place.startTime = place.endTime &- grid.range
    while place.end < count && times[place.end] <= place.endTime { place.end &+= 1 }
    while place.first < place.end && times[place.first] <= place.startTime { place.first &+= 1 }
    guard place.first < place.end else { continue }
    if cancellation.spend(place.count) { break }
    place.step = step
    place.evaluationTime =
      grid.steps.start.milliseconds &+ grid.steps.step.count &* Int64(step)
    let value = kernel.value(place, times, values)
    if value.isMissing { continue }
    row[start &+ step] = value
    isAnyPresent = true
  }
  return isAnyPresent
}

/// Writes the newest sample of each step's lookback window, or its time; a staleness marker there
/// leaves the cell missing.
func pickNewest(
  of samples: SampleColumns, _ grid: WindowGrid, asTime: Bool, into cells: inout [Double],
  from start: Int
) -> Bool {
  let times = samples.timestamps.span
  let values = samples.values.span
  var row = cells.mutableSpan
  let count = times.count
  var next = 0
  var isAnyPresent = false
  for step in 0..<grid.count {
    let end = grid.end(step)
    while next < count && times[next] <= end { next &+= 1 }
    guard next > 0 else { continue }
    let time = times[next &- 1]
    let value = values[next &- 1]
    if time <= end &- grid.range || value.isMissing { continue }
    row[start &+ step] = asTime ? Double(time) / 1000 : value
    isAnyPresent = true
  }
  return isAnyPresent
}

/// Takes staleness markers out, in place: range functions neither see nor count them.
func removeStaleMarkers(_ samples: inout SampleColumns) {
  guard var marker = firstStaleMarker(samples.values.span, from: 0) else { return }
  let count = samples.count
  var kept = marker
  while marker < count {
    let end = firstStaleMarker(samples.values.span, from: marker + 1) ?? count
    samples.values.moveUp(marker + 1..<end, to: kept)
    samples.timestamps.moveUp(marker + 1..<end, to: kept)
    if !samples.startTimes.isEmpty { samples.startTimes.moveUp(marker + 1..<end, to: kept) }
    kept += end - marker - 1
    marker = end
  }
  samples.values.removeLast(count - kept)
  samples.timestamps.removeLast(count - kept)
  if !samples.startTimes.isEmpty { samples.startTimes.removeLast(count - kept) }
}

extension Array where Element: BitwiseCopyable {
  /// Copies a part to a place before it; the two may overlap.
  fileprivate mutating func moveUp(_ part: Range<Int>, to start: Int) {
    precondition(start >= 0 && start <= part.lowerBound && part.upperBound <= count)
    unsafe withUnsafeMutableBufferPointer { elements in
      guard let base = elements.baseAddress else { return }
      unsafe (base + start).update(from: base + part.lowerBound, count: part.count)
    }
  }
}

/// Runs of so many values are looked at without a branch for each, which vectorises.
private let runLength = 64

/// Where the first staleness marker stands, from an index on; mostly nowhere.
private func firstStaleMarker(_ values: Span<Double>, from index: Int) -> Int? {
  unsafe values.withUnsafeBufferPointer { values in
    var start = index
    while start < values.count {
      let end = min(start &+ runLength, values.count)
      var found: UInt64 = 0
      for index in start..<end {
        found |= unsafe values[index].bitPattern == Double.missing.bitPattern ? 1 : 0
      }
      if found != 0 {
        for index in start..<end where unsafe values[index].isMissing { return index }
      }
      start = end
    }
    return nil
  }
}

/// Appends the places of values that are less than the one before; NaN never is.
func appendFalls(of values: Span<Double>, to places: inout [Int]) {
  unsafe values.withUnsafeBufferPointer { values in
    var start = 1
    while start < values.count {
      let end = min(start &+ runLength, values.count)
      var found: UInt64 = 0
      for index in start..<end {
        found |= unsafe values[index] < values[index &- 1] ? 1 : 0
      }
      if found != 0 {
        for index in start..<end where unsafe values[index] < values[index &- 1] {
          places.append(index)
        }
      }
      start = end
    }
  }
}

/// Whether two columns hold the same times.
func haveSameBits(_ a: [Int64], _ b: [Int64]) -> Bool {
  guard a.count == b.count else { return false }
  return unsafe a.withUnsafeBytes { a in
    unsafe b.withUnsafeBytes { b in
      guard let first = a.baseAddress, let second = b.baseAddress else { return true }
      return unsafe memcmp(first, second, a.count) == 0
    }
  }
}
