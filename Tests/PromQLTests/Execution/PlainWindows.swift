import MetricModel

/// Range functions written down plainly: each window is cut out and looked at by itself. What the
/// engine's sliding kernels must equal, bit by bit.
struct PlainWindows {
  /// Seconds as written.
  var range: Milliseconds
  var offset = Milliseconds.zero

  typealias Function = @Sendable (_ window: Window) -> Double?

  struct Window {
    var times: [Int64]
    var values: [Double]
    var start: Int64
    var end: Int64
    var evaluationTime: Int64
    var rangeSeconds: Double
  }

  static let functions: [String: Function] = [
    "rate": { extrapolated($0, isCounter: true, isRate: true) },
    "increase": { extrapolated($0, isCounter: true, isRate: false) },
    "delta": { extrapolated($0, isCounter: false, isRate: false) },
    "irate": { lastPair($0, isRate: true) },
    "idelta": { lastPair($0, isRate: false) },
    "resets": { Double(pairs($0).filter { $1 < $0 }.count) },
    "changes": { Double(pairs($0).filter { $0 != $1 && !($0.isNaN && $1.isNaN) }.count) },
    "count_over_time": { Double($0.values.count) },
    "present_over_time": { _ in 1 },
    "last_over_time": { $0.values.last },
    "first_over_time": { $0.values.first },
    "ts_of_first_over_time": { $0.times.first.map { Double($0) / 1000 } },
    "ts_of_last_over_time": { $0.times.last.map { Double($0) / 1000 } },
    "max_over_time": { extreme($0) { $0 > $1 } },
    "min_over_time": { extreme($0) { $0 < $1 } },
    "ts_of_max_over_time": { time($0) { $0 >= $1 } },
    "ts_of_min_over_time": { time($0) { $0 <= $1 } },
    "sum_over_time": { sum($0.values) },
    "avg_over_time": { mean($0.values) },
  ]

  /// The row of one series; nil where there is no result.
  func row(_ function: Function, _ series: Series, _ grid: StepGrid) -> [Double?] {
    (0..<grid.count).map { step in
      let end = grid[step].milliseconds - offset.count
      let start = end - range.count
      let kept = series.samples.timestamps.indices.filter { index in
        let time = series.samples.timestamps[index]
        return time > start && time <= end && !series.samples.values[index].isStaleMarker
      }
      guard !kept.isEmpty else { return nil }
      return function(
        Window(
          times: kept.map { series.samples.timestamps[$0] },
          values: kept.map { series.samples.values[$0] }, start: start, end: end,
          evaluationTime: grid[step].milliseconds, rangeSeconds: range.seconds))
    }
  }

  private static func pairs(_ window: Window) -> [(Double, Double)] {
    Array(zip(window.values, window.values.dropFirst()))
  }

  private static func extrapolated(
    _ window: Window, isCounter: Bool, isRate: Bool
  ) -> Double? {
    guard window.values.count > 1 else { return nil }
    let (first, last) = (window.values[0], window.values[window.values.count - 1])
    var change = last - first
    if isCounter { for (a, b) in pairs(window) where b < a { change += a } }
    let (firstTime, lastTime) = (window.times[0], window.times[window.times.count - 1])
    var toStart = Double(firstTime - window.start) / 1000
    var toEnd = Double(window.end - lastTime) / 1000
    let sampled = Double(lastTime - firstTime) / 1000
    let mean = sampled / Double(window.values.count - 1)
    if toStart >= mean * 1.1 { toStart = mean / 2 }
    if isCounter && change > 0 && first >= 0 {
      let toZero = sampled * (first / change)
      if toZero < toStart { toStart = toZero }
    }
    if toEnd >= mean * 1.1 { toEnd = mean / 2 }
    var factor = (sampled + toStart + toEnd) / sampled
    if isRate { factor /= window.rangeSeconds }
    return change * factor
  }

  private static func lastPair(_ window: Window, isRate: Bool) -> Double? {
    guard let (a, b) = pairs(window).last else { return nil }
    let times = window.times.suffix(2)
    let seconds = Double(times[times.endIndex - 1] - times[times.startIndex]) / 1000
    if !isRate { return b - a }
    return (b < a ? b : b - a) / seconds
  }

  private static func extreme(_ window: Window, _ wins: (Double, Double) -> Bool) -> Double {
    var best = window.values[0]
    for value in window.values where wins(value, best) || best.isNaN { best = value }
    return best
  }

  private static func time(_ window: Window, _ wins: (Double, Double) -> Bool) -> Double {
    var best = 0
    for index in window.values.indices
    where wins(window.values[index], window.values[best]) || window.values[best].isNaN {
      best = index
    }
    return Double(window.times[best]) / 1000
  }

  /// One step of Neumaier's sum.
  private static func add(_ value: Double, _ sum: inout Double, _ correction: inout Double) {
    let total = sum + value
    if total.isInfinite {
      correction = 0
    } else if abs(sum) >= abs(value) {
      correction += (sum - total) + value
    } else {
      correction += (value - total) + sum
    }
    sum = total
  }

  private static func sum(_ values: [Double]) -> Double {
    var (sum, correction) = (0.0, 0.0)
    for value in values { add(value, &sum, &correction) }
    return sum.isInfinite ? sum : sum + correction
  }

  private static func mean(_ values: [Double]) -> Double {
    var (sum, correction) = (values[0], 0.0)
    var isIncremental = false
    for (index, value) in values.enumerated().dropFirst() {
      let count = Double(index + 1)
      if !isIncremental {
        var (newSum, newCorrection) = (sum, correction)
        add(value, &newSum, &newCorrection)
        if !newSum.isInfinite {
          (sum, correction) = (newSum, newCorrection)
          continue
        }
        isIncremental = true
        sum /= count - 1
        correction /= count - 1
      }
      let share = (count - 1) / count
      (sum, correction) = (share * sum, share * correction)
      add(value / count, &sum, &correction)
    }
    let count = Double(values.count)
    return isIncremental ? sum + correction : sum / count + correction / count
  }
}
