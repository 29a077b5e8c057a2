import MetricModel

/// Random series from a seed: irregular scrapes, gaps, resets, NaN, infinities and staleness
/// markers.
struct RandomSeries: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    var bits = state
    bits = (bits ^ (bits >> 33)) &* 0xff51_afd7_ed55_8ccd
    return bits ^ (bits >> 29)
  }

  /// A counter scraped about every 15 s from time 0 on.
  mutating func counter(_ labels: Labels, count: Int, jitterMilliseconds: Int64) -> Series {
    var samples = SampleColumns()
    var value = Double(Int.random(in: 0..<100, using: &self))
    var time: Int64 = Int64.random(in: 0..<15_000, using: &self)
    for _ in 0..<count {
      time += 15_000
      if Int.random(in: 0..<20, using: &self) == 0 { time += 60_000 }
      if Int.random(in: 0..<25, using: &self) == 0 {
        value = Double(Int.random(in: 0..<3, using: &self))
      } else {
        value += Double(Int.random(in: 0..<40, using: &self))
      }
      let jitter =
        jitterMilliseconds == 0
        ? 0 : Int64.random(in: 0..<jitterMilliseconds, using: &self)
      samples.append(Timestamp(milliseconds: time + jitter), value)
    }
    return Series(labels: labels, samples: samples)
  }

  /// Histograms, mostly growing, of a schema that may change; with numbers among them now and then,
  /// and start times of some.
  mutating func histograms(_ labels: Labels, count: Int, isCustom: Bool = false) -> Series {
    var samples = SampleColumns()
    var value = histogram(isCustom: isCustom)
    var time: Int64 = 0
    for _ in 0..<count {
      time += Int64.random(in: 1000..<40_000, using: &self)
      let startTime =
        Bool.random(using: &self) ? 0 : time - Int64.random(in: 0..<60_000, using: &self)
      switch Int.random(in: 0..<20, using: &self) {
      case 0: samples.append(Timestamp(milliseconds: time), StaleMarker.value)
      case 1: samples.append(Timestamp(milliseconds: time), 7, startTime: startTime)
      case 2: value = histogram(isCustom: isCustom)
      case 3: value = histogram(isCustom: !isCustom)
      case 4: value.hint = CounterResetHint.allCases.randomElement(using: &self) ?? .unknown
      default: _ = try? value.add(histogram(isCustom: value.usesCustomBounds))
      }
      if samples.timestamps.last != time {
        samples.histograms.append(Timestamp(milliseconds: time), value, startTime: startTime)
      }
    }
    return Series(labels: labels, samples: samples)
  }

  private mutating func histogram(isCustom: Bool) -> NativeHistogram {
    let populations = (0..<3).map { _ in Double(Int.random(in: 0..<4, using: &self)) }
    let first = Int32.random(in: isCustom ? 0...0 : -2...3, using: &self)
    let total = populations.reduce(0, +)
    if isCustom {
      let bounds: [Double] = Bool.random(using: &self) ? [1, 2, 5] : [1, 3, 5]
      return NativeHistogram(
        schema: NativeHistogram.customSchema, count: total, sum: 2 * total,
        positive: HistogramBuckets(from: first, populations), customBounds: bounds)
    }
    return NativeHistogram(
      schema: Int32.random(in: 0...1, using: &self), zeroThreshold: 0.001, zeroCount: 1,
      count: total + 1, sum: Bool.random(using: &self) ? total : .nan,
      positive: HistogramBuckets(from: first, populations))
  }

  /// Numbers of all kinds.
  mutating func gauge(_ labels: Labels, count: Int, hasMarkers: Bool = true) -> Series {
    var samples = SampleColumns()
    var time: Int64 = 0
    for _ in 0..<count {
      time += Int64.random(in: 1..<30_000, using: &self)
      samples.append(Timestamp(milliseconds: time), number(hasMarkers: hasMarkers))
    }
    return Series(labels: labels, samples: samples)
  }

  private mutating func number(hasMarkers: Bool) -> Double {
    switch Int.random(in: 0..<40, using: &self) {
    case 0: .nan
    case 1: .infinity
    case 2: -.infinity
    case 3: hasMarkers ? StaleMarker.value : 0
    case 4: 1e300
    case 5: -0.0
    case 6..<20: Double(Int.random(in: -5..<5, using: &self))
    default: Double.random(in: -1000..<1000, using: &self)
    }
  }
}
