internal import MetricModel

/// The kernel of a range function, each kind with its own loop over the steps.
///
/// That of `rate` is met most and the largest: as a case of the others it would be copied out and
/// back at each series.
struct WindowKernelChoice {
  private var extrapolation: ExtrapolationKernel?
  private var other: OtherWindowKernel

  /// - Parameter range: the window's length as written.
  init(_ function: WindowFunction, range: Milliseconds) {
    if case .extrapolated(let isCounter, let isRate) = function {
      extrapolation = ExtrapolationKernel(isCounter: isCounter, isRate: isRate, range: range)
    }
    other = OtherWindowKernel(function)
  }

  /// Hands the call's scalars to the kernel.
  mutating func take(_ columns: [[Double]]) throws(QueryError) { try other.take(columns) }

  /// Whether a series whose name isn't a counter's deserves a remark.
  var expectsCounter: Bool { extrapolation?.isCounter ?? other.expectsCounter }

  /// Parameters to warn of.
  var quantilesOutOfRange: [Double] { other.quantilesOutOfRange }

  /// Writes the row of one series; answers whether any cell is present.
  ///
  /// - Parameters:
  ///   - layouts: what is known of the times of other series.
  ///   - cancellation: once it fires, the rest of the row is left as it is.
  mutating func slide(
    over samples: SampleColumns, _ grid: WindowGrid, _ layouts: LayoutCache,
    into cells: inout [Double], from start: Int, _ cancellation: inout CancellationPoint
  ) -> Bool {
    // A layout has to be found in the cache: worth it from a few steps on.
    let done =
      grid.count >= 8
      ? extrapolation?.slide(over: samples, grid, layouts, into: &cells, from: start, &cancellation)
      : extrapolation?.slide(over: samples, grid, into: &cells, from: start, &cancellation)
    if let done { return done }
    return other.slide(over: samples, grid, into: &cells, from: start, &cancellation)
  }
}

/// Kernels other than that of `rate`.
private enum OtherWindowKernel {
  case lastPair(LastPairKernel)
  case counting(CountingKernel)
  case extendedChange(ExtendedChangeKernel)
  case anchoredCounting(AnchoredCountingKernel)
  case interpolation(InterpolationKernel)
  case summary(SummaryKernel)
  case extreme(ExtremeKernel)
  case quantile(QuantileKernel)
  case medianDeviation(MedianDeviationKernel)
  case regression(RegressionKernel)
  case smoothing(SmoothingKernel)
  /// There is none of these, or it is at work elsewhere.
  case none

  init(_ function: WindowFunction) {
    switch function {
    case .extrapolated: self = .none
    case .lastPair(let isRate): self = .lastPair(LastPairKernel(isRate: isRate))
    case .counting(let subject): self = .counting(CountingKernel(subject: subject))
    case .extendedChange(let isCounter, let isRate, let window):
      self = .extendedChange(
        ExtendedChangeKernel(isCounter: isCounter, isRate: isRate, window: window))
    case .anchoredCounting(let subject, let window):
      self = .anchoredCounting(
        AnchoredCountingKernel(counting: CountingKernel(subject: subject), window: window))
    case .interpolation(let window): self = .interpolation(InterpolationKernel(window: window))
    case .summary(let summary): self = .summary(SummaryKernel(summary: summary))
    case .extreme(let wantsGreatest, let answer):
      self = .extreme(ExtremeKernel(wantsGreatest: wantsGreatest, answer: answer))
    case .quantile: self = .quantile(QuantileKernel())
    case .medianDeviation: self = .medianDeviation(MedianDeviationKernel())
    case .derivative: self = .regression(RegressionKernel(predicts: false))
    case .prediction: self = .regression(RegressionKernel(predicts: true))
    case .smoothing: self = .smoothing(SmoothingKernel())
    }
  }

  /// Hands the call's scalars to the kernel.
  mutating func take(_ columns: [[Double]]) throws(QueryError) {
    switch self {
    case .quantile(var kernel):
      kernel.take(columns)
      self = .quantile(kernel)
    case .regression(var kernel):
      kernel.take(columns)
      self = .regression(kernel)
    case .smoothing(var kernel):
      try kernel.take(columns)
      self = .smoothing(kernel)
    case .lastPair, .counting, .extendedChange, .anchoredCounting, .interpolation,
      .summary, .extreme, .medianDeviation, .none:
      break
    }
  }

  /// Whether a series whose name isn't a counter's deserves a remark.
  var expectsCounter: Bool {
    guard case .extendedChange(let kernel) = self else { return false }
    return kernel.isCounter
  }

  /// Parameters to warn of.
  var quantilesOutOfRange: [Double] {
    guard case .quantile(let kernel) = self else { return [] }
    return kernel.quantiles.filter { !Quantiles.isInRange($0) }
  }

  /// Writes the row of one series; answers whether any cell is present.
  ///
  /// A kernel with a buffer of its own is moved out meanwhile: with two owners, the buffer would be
  /// copied at the first write.
  mutating func slide(
    over samples: SampleColumns, _ grid: WindowGrid, into cells: inout [Double],
    from start: Int, _ cancellation: inout CancellationPoint
  ) -> Bool {
    switch self {
    case .lastPair(var kernel):
      return slideWindow(
        &kernel, over: samples, grid, into: &cells, from: start, &cancellation)
    case .counting(var kernel):
      return slideWindow(
        &kernel, over: samples, grid, into: &cells, from: start, &cancellation)
    case .extendedChange(var kernel):
      return slideWindow(
        &kernel, over: samples, grid, into: &cells, from: start, &cancellation)
    case .anchoredCounting(var kernel):
      return slideWindow(
        &kernel, over: samples, grid, into: &cells, from: start, &cancellation)
    case .interpolation(var kernel):
      return slideWindow(
        &kernel, over: samples, grid, into: &cells, from: start, &cancellation)
    case .summary(var kernel):
      return slideWindow(
        &kernel, over: samples, grid, into: &cells, from: start, &cancellation)
    case .extreme(var kernel):
      self = .none
      defer { self = .extreme(kernel) }
      return slideWindow(
        &kernel, over: samples, grid, into: &cells, from: start, &cancellation)
    case .quantile(var kernel):
      self = .none
      defer { self = .quantile(kernel) }
      return slideWindow(
        &kernel, over: samples, grid, into: &cells, from: start, &cancellation)
    case .medianDeviation(var kernel):
      self = .none
      defer { self = .medianDeviation(kernel) }
      return slideWindow(
        &kernel, over: samples, grid, into: &cells, from: start, &cancellation)
    case .regression(var kernel):
      return slideWindow(
        &kernel, over: samples, grid, into: &cells, from: start, &cancellation)
    case .smoothing(var kernel):
      return slideWindow(
        &kernel, over: samples, grid, into: &cells, from: start, &cancellation)
    case .none: preconditionFailure("a kernel works on one series at a time")
    }
  }
}
