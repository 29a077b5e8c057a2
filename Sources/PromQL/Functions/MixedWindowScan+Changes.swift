internal import MetricModel

/// `rate`, `increase` and `delta`.
extension MixedWindowScan {
  mutating func extrapolated(
    _ window: MixedWindow, isCounter: Bool, isRate: Bool
  ) -> Answer {
    let extrapolation = Extrapolation(
      isCounter: isCounter, rateSeconds: isRate ? range.seconds : nil)
    if window.histograms.isEmpty { return change(ofNumbersIn: window, extrapolation) }
    return histogramsAlone(window) { $0.change(ofHistogramsIn: window, extrapolation) }
  }

  /// As `ExtrapolationKernel`, with resets that start times tell of, and from zero at the start
  /// time where that lies in the window.
  private mutating func change(
    ofNumbersIn window: MixedWindow, _ extrapolation: Extrapolation
  ) -> Answer {
    guard extrapolation.isCounter else { return .asOfNumbers }
    let samples = window.samples
    let values = samples.values
    let places = window.numbers
    guard let firstPlace = places.first, let lastPlace = places.last else { return .nothing }
    let (first, last) = (samples.span(firstPlace), samples.span(lastPlace))
    var change = values[lastPlace] - values[firstPlace]
    var overlaps = false
    for place in places.dropFirst() {
      let (previous, current) = (samples.span(place - 1), samples.span(place))
      overlaps = overlaps || current.overlaps(previous)
      if values[place] < values[place - 1] || current.restarts(after: previous) {
        change += values[place - 1]
      }
    }
    if overlaps { remark(.startTimeOverlap) }
    let startTime = extrapolation.startTime(of: first, in: window)
    if startTime == nil && places.count == 1 { return .nothing }
    let factor = extrapolation.factor(
      window, from: first.end, to: last.end, count: places.count, startTime: startTime,
      first: values[firstPlace], change: change)
    if startTime != nil { change += values[firstPlace] }
    return .number(change * factor)
  }

  private mutating func change(
    ofHistogramsIn window: MixedWindow, _ extrapolation: Extrapolation
  ) -> Answer {
    let columns = window.samples.histograms
    guard let first = window.histograms.first, let last = window.histograms.last else {
      return .nothing
    }
    let startTime = extrapolation.startTime(of: columns.span(first), in: window)
    var change: NativeHistogram
    if first < last {
      guard let found = self.change(columns, first...last, isCounter: extrapolation.isCounter)
      else { return .nothing }
      change = found
      guard startTime == nil || add(columns.values[first], to: &change) else { return .nothing }
    } else if startTime != nil {
      change = columns.values[first]
    } else {
      return .nothing
    }
    let factor = extrapolation.factor(
      window, from: columns.timestamps[first], to: columns.timestamps[last],
      count: window.histograms.count, startTime: startTime, first: columns.values[first].count,
      change: change.count)
    change.multiply(by: factor)
    return .histogram(change)
  }

  /// The last histogram less the first, and what resets have hidden. Nil when they don't go
  /// together.
  private mutating func change(
    _ columns: HistogramColumns, _ places: ClosedRange<Int>, isCounter: Bool
  ) -> NativeHistogram? {
    let (first, last) = (places.lowerBound, places.upperBound)
    let resets = isCounter ? restarts.restarts(after: first, through: last) : []
    var previous = columns.values[first]
    if resets.first == first + 1 {
      // The first sample is forgotten, and however its buckets were laid out.
      let second = columns.values[first + 1]
      previous = NativeHistogram(schema: second.schema, customBounds: second.customBounds)
    }
    var change = columns.values[last]
    if !restarts.areUniform {
      guard let schema = schema(columns, places, previous, isCounter: isCounter) else { return nil }
      change.reduceResolution(to: schema)
    }
    guard subtract(previous, from: &change) else { return nil }
    if isCounter && restarts.overlap(after: first, through: last) { remark(.startTimeOverlap) }
    for reset in resets where reset > first + 1 {
      guard add(columns.values[reset - 1], to: &change) else { return nil }
    }
    if !isCounter && (columns.values[first].hint != .gauge || columns.values[last].hint != .gauge) {
      remark(.notAGauge)
    }
    change.hint = .gauge
    change.compact()
    return change
  }

  /// The coarsest schema in a window; nil when exponential and custom buckets meet. What lies
  /// between the outer samples of a gauge doesn't matter.
  private mutating func schema(
    _ columns: HistogramColumns, _ places: ClosedRange<Int>, _ first: NativeHistogram,
    isCounter: Bool
  ) -> Int32? {
    let last = columns.values[places.upperBound]
    let between =
      isCounter ? columns.values[(places.lowerBound + 1)..<places.upperBound] : []
    if isCounter && columns.values[places].contains(where: { $0.hint == .gauge }) {
      remark(.notACounter)
    }
    guard last.usesCustomBounds == first.usesCustomBounds,
      between.allSatisfy({ $0.usesCustomBounds == first.usesCustomBounds })
    else {
      remark(.mixedSchemas)
      return nil
    }
    return between.reduce(min(first.schema, last.schema)) { min($0, $1.schema) }
  }

  /// Adds, and says what there is to say but of resets, which functions of counters deal with;
  /// false when the two don't go together.
  mutating func add(_ other: NativeHistogram, to sum: inout NativeHistogram) -> Bool {
    do throws(HistogramMismatch) {
      note(try sum.add(other).subtracting(.counterResetCollision), in: .addition)
      return true
    } catch {
      remark(.mixedSchemas)
      return false
    }
  }

  mutating func subtract(_ other: NativeHistogram, from rest: inout NativeHistogram) -> Bool {
    do throws(HistogramMismatch) {
      note(try rest.subtract(other).subtracting(.counterResetCollision), in: .subtraction)
      return true
    } catch {
      remark(.mixedSchemas)
      return false
    }
  }
}

/// `irate` and `idelta`.
extension MixedWindowScan {
  mutating func lastPair(_ window: MixedWindow, isRate: Bool) -> Answer {
    let samples = window.merged.suffix(2)
    guard samples.count == 2, let previous = samples.first, let last = samples.last else {
      return .nothing
    }
    let seconds = Double(last.time &- previous.time) / 1000
    switch (previous.value, last.value) {
    case (.number(let before), .number(let now)):
      let isReset = isRate && (now < before || last.span.restarts(after: previous.span))
      let change = isReset ? now : now - before
      return .number(isRate ? change / seconds : change)
    case (.histogram(let before), .histogram(let now)):
      if isRate && (before.hint == .gauge || now.hint == .gauge) {
        remark(.notACounter)
      }
      if !isRate && (before.hint != .gauge || now.hint != .gauge) {
        remark(.notAGauge)
      }
      var change = now
      let isReset =
        isRate && (last.span.restarts(after: previous.span) || now.isReset(since: before))
      guard isReset || subtract(before, from: &change) else { return .nothing }
      change.hint = .gauge
      change.compact()
      if isRate { change.divide(by: seconds) }
      return .histogram(change)
    default:
      remark(.mixedRange)
      return .nothing
    }
  }
}
