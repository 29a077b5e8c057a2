internal import MetricModel

/// `anchored` and `smoothed` windows of histograms.
extension MixedWindowScan {
  /// `rate`, `increase` and `delta` from border to border, nothing extrapolated.
  mutating func extendedChange(
    _ window: MixedWindow, _ extended: ExtendedWindow, isCounter: Bool, isRate: Bool
  ) -> Answer {
    let times = window.samples.histograms.timestamps
    let (start, end) = (extended.start(window.end), extended.end(window.end))
    guard
      let outer = Self.outerPlaces(window.histograms, times, extended, start: start, end: end),
      let borders = borders(of: window, outer, extended, isCounter: isCounter)
    else { return .nothing }
    var change = borders.right
    guard subtract(borders.left, from: &change) else { return .nothing }
    if isCounter {
      guard addResets(to: &change, window, outer, borders, start: start, extended) else {
        return .nothing
      }
    } else if borders.left.hint != .gauge || borders.right.hint != .gauge {
      remark(.notAGauge)
    }
    if isRate { change.divide(by: extended.range.seconds) }
    change.hint = .gauge
    change.compact()
    return .histogram(change)
  }

  /// The places of the outer samples; nil when none lies behind the start.
  private static func outerPlaces(
    _ places: Range<Int>, _ times: [Int64], _ extended: ExtendedWindow, start: Int64, end: Int64
  ) -> ClosedRange<Int>? {
    guard var first = places.first, var last = places.last else { return nil }
    while first < last && times[first + 1] <= start { first += 1 }
    if extended.kind == .smoothed {
      while last > places.lowerBound && times[last - 1] >= end { last -= 1 }
      guard times[first] <= end else { return nil }
    }
    return times[last] > start && first <= last ? first...last : nil
  }

  /// The histograms at the window's borders; nil when some in between don't go together.
  private mutating func borders(
    of window: MixedWindow, _ outer: ClosedRange<Int>, _ extended: ExtendedWindow, isCounter: Bool
  ) -> (left: NativeHistogram, right: NativeHistogram)? {
    let columns = window.samples.histograms
    let (start, end) = (extended.start(window.end), extended.end(window.end))
    let used = columns.values[outer]
    guard used.allSatisfy({ $0.usesCustomBounds == used.first?.usesCustomBounds }) else {
      remark(.mixedSchemas)
      return nil
    }
    if isCounter && used.contains(where: { $0.hint == .gauge }) {
      remark(.notACounter)
    }
    let (first, last) = (outer.lowerBound, outer.upperBound)
    var left = columns.values[first]
    var right = columns.values[last]
    guard extended.kind == .smoothed else { return (left, right) }
    if columns.timestamps[first] < start {
      guard let between = interpolated(columns, first, at: start, isCounter: isCounter) else {
        return nil
      }
      left = between
    }
    if last > window.histograms.lowerBound && columns.timestamps[last] > end {
      guard let between = interpolated(columns, last - 1, at: end, isCounter: isCounter) else {
        return nil
      }
      right = between
    }
    return (left, right)
  }

  /// The histogram at `time` on the line from that at `place` to the next; nil when the two don't
  /// go together. A counter that was reset in between rises from nothing.
  private mutating func interpolated(
    _ columns: HistogramColumns, _ place: Int, at time: Int64, isCounter: Bool
  ) -> NativeHistogram? {
    let (before, after) = (columns.values[place], columns.values[place + 1])
    let (from, to) = (columns.timestamps[place], columns.timestamps[place + 1])
    if time == from { return before }
    if time == to { return after }
    let fraction = Double(time &- from) / Double(to &- from)
    var result = after
    if isCounter && after.isReset(since: before) {
      result.multiply(by: fraction)
      return result
    }
    guard subtract(before, from: &result) else { return nil }
    result.multiply(by: fraction)
    return add(before, to: &result) ? result : nil
  }

  /// Adds what resets between the borders have hidden. A reset that lies within the interpolated
  /// stretch at the left border is part of that already.
  private mutating func addResets(
    to change: inout NativeHistogram, _ window: MixedWindow, _ outer: ClosedRange<Int>,
    _ borders: (left: NativeHistogram, right: NativeHistogram), start: Int64,
    _ extended: ExtendedWindow
  ) -> Bool {
    let columns = window.samples.histograms
    var next = outer.lowerBound + 1
    var previous = borders.left
    if extended.kind == .smoothed, columns.timestamps[outer.lowerBound] < start,
      next < columns.count, columns.values[next].isReset(since: columns.values[next - 1])
    {
      previous = columns.values[next]
      next += 1
    }
    // The outermost sample on the right stands behind the right border already.
    guard next <= outer.upperBound else { return true }
    for place in next..<outer.upperBound {
      if columns.values[place].isReset(since: previous) {
        guard add(previous, to: &change) else { return false }
      }
      previous = columns.values[place]
    }
    return !borders.right.isReset(since: previous) || add(previous, to: &change)
  }

  /// `x smoothed`: on the line between the samples around the evaluation time; the last one where
  /// none follows.
  mutating func interpolated(_ window: MixedWindow, _ extended: ExtendedWindow) -> Answer {
    let columns = window.samples.histograms
    let time = extended.end(window.end)
    let next = window.histograms.first { columns.timestamps[$0] >= time }
    guard let next else {
      guard let last = window.histograms.last else { return .nothing }
      var carried = columns.values[last]
      // A hint speaks of the sample before, not of the value.
      carried.hint = .unknown
      return .histogram(carried)
    }
    if columns.timestamps[next] == time { return .histogram(columns.values[next]) }
    guard next > window.histograms.lowerBound else { return .nothing }
    let (before, after) = (columns.values[next - 1], columns.values[next])
    guard before.usesCustomBounds == after.usesCustomBounds else {
      remark(.mixedSchemas)
      return .nothing
    }
    let isCounter = before.hint != .gauge || after.hint != .gauge
    return interpolated(columns, next - 1, at: time, isCounter: isCounter).map(Answer.histogram)
      ?? .nothing
  }
}
