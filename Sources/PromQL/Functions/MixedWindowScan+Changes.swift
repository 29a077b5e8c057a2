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
    let values = window.samples.values
    let places = window.numbers
    guard let firstPlace = places.first, let lastPlace = places.last else { return .nothing }
    let (first, last) = (window.number(firstPlace), window.number(lastPlace))
    var change = values[lastPlace] - values[firstPlace]
    var overlaps = false
    for place in places.dropFirst() {
      let (previous, current) = (window.number(place - 1), window.number(place))
      overlaps = overlaps || current.overlaps(previous)
      if values[place] < values[place - 1] || current.restarts(after: previous) {
        change += values[place - 1]
      }
    }
    if overlaps { remark(.startTimeOverlap) }
    let startTime = extrapolation.startTime(of: first, in: window)
    if startTime == nil && places.count == 1 { return .nothing }
    let factor = extrapolation.factor(
      window, from: first.time, to: last.time, count: places.count, startTime: startTime,
      first: values[firstPlace], change: change)
    if startTime != nil { change += values[firstPlace] }
    return .number(change * factor)
  }

  private mutating func change(
    ofHistogramsIn window: MixedWindow, _ extrapolation: Extrapolation
  ) -> Answer {
    let samples = window.histograms.map(window.histogram)
    let histograms = Array(window.samples.histograms.values[window.histograms])
    guard let first = samples.first, let last = samples.last else { return .nothing }
    let startTime = extrapolation.startTime(of: first, in: window)
    var change: NativeHistogram
    if histograms.count > 1 {
      guard let found = self.change(samples, histograms, isCounter: extrapolation.isCounter) else {
        return .nothing
      }
      change = found
      guard startTime == nil || add(histograms[0], to: &change) else { return .nothing }
    } else if startTime != nil {
      change = histograms[0]
    } else {
      return .nothing
    }
    let factor = extrapolation.factor(
      window, from: first.time, to: last.time, count: samples.count, startTime: startTime,
      first: histograms[0].count, change: change.count)
    change.multiply(by: factor)
    return .histogram(change)
  }

  /// The last histogram less the first, and what resets have hidden. Nil when they don't go
  /// together.
  private mutating func change(
    _ samples: [MixedWindow.Sample], _ histograms: [NativeHistogram], isCounter: Bool
  ) -> NativeHistogram? {
    let last = histograms[histograms.count - 1]
    var previous = histograms[0]
    if isCounter && histograms.contains(where: { $0.hint == .gauge }) {
      remark(.notACounter)
    }
    let restartsAtOnce =
      samples[1].restarts(after: samples[0]) || histograms[1].isReset(since: previous)
    if isCounter && restartsAtOnce {
      // The first sample is forgotten, and however its buckets were laid out.
      previous = NativeHistogram(
        schema: histograms[1].schema, customBounds: histograms[1].customBounds)
    }
    // A gauge's samples in between don't matter.
    let relevant = [previous, last] + (isCounter ? histograms.dropFirst().dropLast() : [])
    guard relevant.allSatisfy({ $0.usesCustomBounds == previous.usesCustomBounds }) else {
      remark(.mixedSchemas)
      return nil
    }
    var change = last
    change.reduceResolution(to: relevant.map(\.schema).min() ?? last.schema)
    guard subtract(previous, from: &change) else { return nil }
    if isCounter {
      if zip(samples.dropFirst(), samples).contains(where: { $0.overlaps($1) }) {
        remark(.startTimeOverlap)
      }
      for index in histograms.indices.dropFirst() {
        if samples[index].restarts(after: samples[index - 1])
          || histograms[index].isReset(since: previous)
        {
          guard add(previous, to: &change) else { return nil }
        }
        previous = histograms[index]
      }
    } else if histograms[0].hint != .gauge || last.hint != .gauge {
      remark(.notAGauge)
    }
    change.hint = .gauge
    change.compact()
    return change
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
      let isReset = isRate && (now < before || last.restarts(after: previous))
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
      let isReset = isRate && (last.restarts(after: previous) || now.isReset(since: before))
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
