internal import MetricModel

/// `deriv` and `predict_linear`: least squares through the window's samples.
struct RegressionKernel: WindowKernel {
  /// Whether a value in the future is wanted, not the slope.
  let predicts: Bool
  /// Seconds ahead for each step.
  private var horizons: [Double] = []

  init(predicts: Bool) {
    self.predicts = predicts
  }

  mutating func take(_ columns: [[Double]]) {
    if predicts { horizons = columns[0] }
  }

  @inline(__always)
  mutating func value(
    _ place: WindowPlace, _ times: Span<Int64>, _ values: Span<Double>
  ) -> Double {
    guard place.count >= 2 else { return .missing }
    // Times relative to a near one keep digits: the first sample, or the evaluation time, at which
    // the intercept is wanted.
    let origin = predicts ? place.evaluationTime : times[place.first]
    let line = fit(place, times, values, origin)
    return predicts ? line.slope * horizons[place.step] + line.intercept : line.slope
  }

  @inline(__always)
  private func fit(
    _ place: WindowPlace, _ times: Span<Int64>, _ values: Span<Double>, _ origin: Int64
  ) -> (slope: Double, intercept: Double) {
    var (x, y, xy, xx) = (NeumaierSum(), NeumaierSum(), NeumaierSum(), NeumaierSum())
    let first = values[place.first]
    var isConstant = true
    for index in place.first..<place.end {
      let value = values[index]
      if value != first && index > place.first { isConstant = false }
      let time = Double(times[index] &- origin) / 1000
      x.add(time)
      y.add(value)
      xy.add(time * value)
      xx.add(time * time)
    }
    if isConstant { return first.isInfinite ? (.nan, .nan) : (0, first) }
    let count = Double(place.count)
    let covariance = xy.total - x.total * y.total / count
    let variance = xx.total - x.total * x.total / count
    let slope = covariance / variance
    return (slope, y.total / count - slope * x.total / count)
  }
}

/// `double_exponential_smoothing` (Holt 1957).
struct SmoothingKernel: WindowKernel {
  /// For each step, as the trend factors.
  private var smoothing: [Double] = []
  private var trend: [Double] = []

  mutating func take(_ columns: [[Double]]) throws(QueryError) {
    for factor in columns[0] where factor <= 0 || factor >= 1 {
      throw .smoothingFactor(name: "smoothing", value: factor)
    }
    for factor in columns[1] where factor <= 0 || factor >= 1 {
      throw .smoothingFactor(name: "trend", value: factor)
    }
    (smoothing, trend) = (columns[0], columns[1])
  }

  @inline(__always)
  mutating func value(
    _ place: WindowPlace, _ times: Span<Int64>, _ values: Span<Double>
  ) -> Double {
    guard place.count >= 2 else { return .missing }
    let (level, slope) = (smoothing[place.step], trend[place.step])
    var previous = 0.0
    var current = values[place.first]
    var drift = values[place.first &+ 1] - values[place.first]
    for index in (place.first &+ 1)..<place.end {
      let raw = level * values[index]
      if index > place.first &+ 1 {
        drift = slope * (current - previous) + (1 - slope) * drift
      }
      let smoothed = (1 - level) * (current + drift)
      (previous, current) = (current, raw + smoothed)
    }
    return current
  }
}
