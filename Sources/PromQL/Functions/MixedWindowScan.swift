internal import MetricModel

/// Range functions over series that hold native histograms, or whose samples have start times.
///
/// The kernels of numbers have filled a row already, as if there were nothing else; this goes over
/// it again, and changes the cells of windows in which there is more.
struct MixedWindowScan {
  let function: WindowFunction
  /// The window's length as written.
  let range: Milliseconds
  /// Whether start times of numbers and histograms count.
  let usesStartTimes: Bool
  /// Of the series at hand.
  var metric = ""
  /// Of the series at hand, where the function asks for it.
  private(set) var restarts = HistogramRestarts()
  /// What there is to say about all series so far, and of how many windows.
  private var remarks: [Remark: Int] = [:]

  /// What becomes of a cell.
  enum Answer {
    /// What numbers alone give.
    case asOfNumbers
    case nothing
    case number(Double)
    case histogram(NativeHistogram)

    init(_ value: SampleValue) {
      switch value {
      case .number(let number): self = .number(number)
      case .histogram(let histogram): self = .histogram(histogram)
      }
    }
  }

  init(_ function: WindowFunction, range: Milliseconds, usesStartTimes: Bool) {
    self.function = function
    self.range = range
    self.usesStartTimes = usesStartTimes && function.looksAtStartTimes
  }

  /// Whether a series needs this.
  func concerns(_ samples: SampleColumns) -> Bool {
    !samples.histograms.isEmpty || (usesStartTimes && !samples.startTimes.isEmpty)
  }

  /// What there is to say, and forgets it.
  mutating func takeRemarks() -> [Remark: Int] {
    if remarks.isEmpty { return [:] }
    defer { remarks = [:] }
    return remarks
  }

  /// Changes a row of a series that is concerned.
  mutating func complete(
    _ block: inout SeriesBlock, from start: Int, _ read: SampleColumns, _ grid: WindowGrid,
    _ cancellation: inout CancellationPoint
  ) {
    var samples = read
    if !usesStartTimes {
      samples.startTimes = []
      samples.histograms.startTimes = []
    }
    if function.looksForRestarts { restarts = HistogramRestarts(samples.histograms) }
    var numbers = 0..<0
    var histograms = 0..<0
    for step in 0..<grid.count {
      let end = grid.end(step)
      let begin = end &- grid.range
      numbers = Self.slid(numbers, samples.timestamps, after: begin, through: end)
      histograms = Self.slid(histograms, samples.histograms.timestamps, after: begin, through: end)
      if cancellation.spend(numbers.count + histograms.count) { return }
      let window = MixedWindow(
        samples: samples, numbers: numbers, histograms: histograms, start: begin, end: end)
      guard !histograms.isEmpty || (!samples.startTimes.isEmpty && !numbers.isEmpty) else {
        continue
      }
      switch answer(window) {
      case .asOfNumbers: break
      case .nothing: block.set(.missing, at: start + step)
      case .number(let value): block.set(value, at: start + step)
      case .histogram(let histogram): block.set(histogram, at: start + step)
      }
    }
  }

  private static func slid(
    _ range: Range<Int>, _ times: [Int64], after begin: Int64, through end: Int64
  ) -> Range<Int> {
    var (first, last) = (range.lowerBound, range.upperBound)
    while last < times.count && times[last] <= end { last += 1 }
    while first < last && times[first] <= begin { first += 1 }
    return first..<last
  }

  private mutating func answer(_ window: MixedWindow) -> Answer {
    switch function {
    case .summary(let summary): return answer(window, summary)
    case .extrapolated(let isCounter, let isRate):
      return extrapolated(window, isCounter: isCounter, isRate: isRate)
    case .lastPair(let isRate): return lastPair(window, isRate: isRate)
    case .counting(.resets) where window.numbers.isEmpty:
      let (first, last) = (window.histograms.lowerBound, window.histograms.upperBound - 1)
      return .number(Double(restarts.restarts(after: first, through: last).count))
    case .counting(let subject): return counted(window.merged, subject)
    case .anchoredCounting(let subject, let extended):
      return counted(anchored(window, at: extended.start(window.end)), subject)
    case .extendedChange(let isCounter, let isRate, let extended):
      return histogramsAlone(window) { scan in
        scan.extendedChange(window, extended, isCounter: isCounter, isRate: isRate)
      }
    case .interpolation(let extended):
      return histogramsAlone(window) { $0.interpolated(window, extended) }
    case .extreme, .quantile, .medianDeviation, .derivative, .prediction, .smoothing:
      return ignoringHistograms(window)
    }
  }

  /// Functions of numbers look past histograms, but say so.
  private mutating func ignoringHistograms(_ window: MixedWindow) -> Answer {
    if !window.numbers.isEmpty && !window.histograms.isEmpty {
      remark(.histogramIgnored)
    }
    return .asOfNumbers
  }

  /// Functions of either kind answer nothing where both are in one window.
  mutating func histogramsAlone(
    _ window: MixedWindow, _ answer: (inout Self) -> Answer
  ) -> Answer {
    if window.histograms.isEmpty { return .asOfNumbers }
    if !window.numbers.isEmpty {
      remark(.mixedRange)
      return .nothing
    }
    return answer(&self)
  }

  private mutating func answer(_ window: MixedWindow, _ summary: WindowSummary) -> Answer {
    switch summary {
    case .count: return .number(Double(window.count))
    case .present: return .number(1)
    case .first: return window.first.map { Answer($0.value) } ?? .nothing
    case .last: return window.last.map { Answer($0.value) } ?? .nothing
    case .timeOfFirst: return window.first.map { .number(Double($0.time) / 1000) } ?? .nothing
    case .timeOfLast: return window.last.map { .number(Double($0.time) / 1000) } ?? .nothing
    case .variance, .deviation: return ignoringHistograms(window)
    case .sum: return histogramsAlone(window) { $0.sum(window) }
    case .average: return histogramsAlone(window) { $0.mean(window) }
    }
  }

  private mutating func sum(_ window: MixedWindow) -> Answer {
    let histograms = window.samples.histograms.values[window.histograms]
    guard let first = histograms.first else { return .nothing }
    var sum = HistogramSum(first)
    do throws(HistogramMismatch) {
      for histogram in histograms.dropFirst() { try sum.add(histogram) }
    } catch {
      remark(.mixedSchemas)
      return .nothing
    }
    note(sum.remarks, in: .aggregation)
    return .histogram(sum.result)
  }

  private mutating func mean(_ window: MixedWindow) -> Answer {
    let histograms = window.samples.histograms.values[window.histograms]
    guard let first = histograms.first else { return .nothing }
    var mean = HistogramMean(first)
    do throws(HistogramMismatch) {
      for histogram in histograms.dropFirst() { try mean.add(histogram) }
    } catch {
      remark(.mixedSchemas)
      return .nothing
    }
    note(mean.remarks, in: .aggregation)
    return .histogram(mean.result)
  }

  mutating func remark(_ remark: MetricRemark) { remarks[.metric(remark, metric), default: 0] += 1 }

  mutating func note(_ found: HistogramRemarks, in operation: HistogramOperation) {
    if found.contains(.counterResetCollision) {
      remarks[.counterResetCollision(operation), default: 0] += 1
    }
    if found.contains(.boundsReconciled) {
      remarks[.boundsReconciled(operation), default: 0] += 1
    }
  }
}

/// `resets` and `changes`: neighbours of either kind.
extension MixedWindowScan {
  private func counted(
    _ samples: [MixedWindow.Sample], _ subject: CountingKernel.Subject
  ) -> Answer {
    guard !samples.isEmpty else { return .nothing }
    let count = zip(samples, samples.dropFirst()).count { previous, current in
      switch (previous.value, current.value) {
      case (.number(let a), .number(let b)):
        switch subject {
        case .resets: return b < a || current.span.restarts(after: previous.span)
        case .changes: return a != b && !(a.isNaN && b.isNaN)
        }
      case (.histogram(let a), .histogram(let b)):
        switch subject {
        case .resets: return current.span.restarts(after: previous.span) || b.isReset(since: a)
        case .changes: return !a.hasEqualContents(to: b)
        }
      default: return true
      }
    }
    return .number(Double(count))
  }

  /// The newest sample that isn't after the window's start as written, and all after it; none when
  /// there are none after it.
  private func anchored(_ window: MixedWindow, at start: Int64) -> [MixedWindow.Sample] {
    let samples = window.merged
    guard let last = samples.last, last.time > start else { return [] }
    let after = samples.firstIndex { $0.time > start } ?? 0
    return Array(samples[max(0, after - 1)...])
  }
}

extension WindowFunction {
  /// Whether it matters where histograms begin anew, between the samples of windows as written.
  fileprivate var looksForRestarts: Bool {
    switch self {
    case .extrapolated, .counting(.resets): true
    default: false
    }
  }

  /// Whether a start time between two samples means something.
  fileprivate var looksAtStartTimes: Bool {
    switch self {
    case .extrapolated(isCounter: true, _), .lastPair(isRate: true), .counting(.resets),
      .anchoredCounting(.resets, _):
      true
    default: false
    }
  }
}
