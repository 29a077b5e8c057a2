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
  // Of the sample before the next one; before the first, older than any window.
  var (time, value) = (Int64.min, Double.missing)
  var end = grid.firstEnd
  var isAnyPresent = false
  for step in 0..<grid.count {
    if next < count && times[next] <= end {
      repeat { next &+= 1 } while next < count && times[next] <= end
      (time, value) = (times[next &- 1], values[next &- 1])
    }
    if time > end &- grid.range && !value.isMissing {
      row[start &+ step] = asTime ? Double(time) / 1000 : value
      isAnyPresent = true
    }
    end &+= grid.stride
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

/// So many values are looked at without a branch for each, in lanes.
private let runLength = 64

/// Where the first staleness marker stands, from an index on; mostly nowhere.
///
/// What is neither NaN nor infinite gives 0 when it is taken from itself, so that a run of ordinary
/// numbers is passed over in two operations for each.
private func firstStaleMarker(_ values: Span<Double>, from start: Int) -> Int? {
  let bytes = unsafe values.bytes
  var index = start
  while index &+ runLength <= values.count {
    var differences = SIMD8<Double>.zero
    for lane in stride(from: index, to: index &+ runLength, by: 8) {
      let lanes = unsafe bytes.unsafeLoadUnaligned(
        fromByteOffset: lane &* 8, as: SIMD8<Double>.self)
      differences += lanes - lanes
    }
    if differences.sum() != 0, let marker = marker(values, index..<index &+ runLength) {
      return marker
    }
    index &+= runLength
  }
  return marker(values, index..<max(index, values.count))
}

private func marker(_ values: Span<Double>, _ run: Range<Int>) -> Int? {
  for index in run where values[index].isMissing { return index }
  return nil
}

/// Appends the places of values that are less than the one before; NaN never is.
///
/// A difference below zero has its sign set. Some NaN have it too, so runs with signs are looked at
/// once more.
func appendFalls(of values: Span<Double>, to places: inout [Int]) {
  let bytes = unsafe values.bytes
  var index = 1
  while index &+ runLength <= values.count {
    var signs = SIMD8<UInt64>.zero
    for lane in stride(from: index, to: index &+ runLength, by: 8) {
      let lanes = unsafe bytes.unsafeLoadUnaligned(
        fromByteOffset: lane &* 8, as: SIMD8<Double>.self)
      let before = unsafe bytes.unsafeLoadUnaligned(
        fromByteOffset: lane &* 8 &- 8, as: SIMD8<Double>.self)
      signs |= unsafe unsafeBitCast(lanes - before, to: SIMD8<UInt64>.self)
    }
    if signs.hasTopBit { appendFalls(of: values, in: index..<index &+ runLength, to: &places) }
    index &+= runLength
  }
  appendFalls(of: values, in: index..<max(index, values.count), to: &places)
}

private func appendFalls(of values: Span<Double>, in run: Range<Int>, to places: inout [Int]) {
  for index in run where values[index] < values[index &- 1] { places.append(index) }
}

extension SIMD8<UInt64> {
  /// Whether the highest bit of any lane is set.
  @inline(__always) fileprivate var hasTopBit: Bool {
    let halves = lowHalf | highHalf
    let quarters = halves.lowHalf | halves.highHalf
    return (quarters[0] | quarters[1]) >> 63 != 0
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
