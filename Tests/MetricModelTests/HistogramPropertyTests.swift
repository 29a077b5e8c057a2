import Foundation
import MetricModel
import Testing

/// What must hold for any histograms.
@Suite struct HistogramPropertyTests {
  @Test(arguments: 0..<20)
  func `adding in any grouping gives one sum`(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    for _ in 0..<50 {
      let (a, b, c) = (
        NativeHistogram.random(&generator), NativeHistogram.random(&generator),
        NativeHistogram.random(&generator)
      )
      var left = a
      try left.add(b)
      try left.add(c)
      var right = b
      try right.add(c)
      var other = a
      try other.add(right)
      left.compact()
      other.compact()
      // Counts are whole numbers, so sums are exact; the sum of observations isn't.
      #expect(left.positive == other.positive && left.negative == other.negative)
      #expect(left.zeroCount == other.zeroCount && left.zeroThreshold == other.zeroThreshold)
      #expect(left.count == a.count + b.count + c.count)
      let populations = left.buckets.reduce(0) { $0 + $1.count }
      #expect(populations == left.count, "seed \(seed)")
    }
  }

  @Test(arguments: 0..<20)
  func `what was added can be taken away`(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    for _ in 0..<50 {
      let (a, b) = (NativeHistogram.random(&generator), NativeHistogram.random(&generator))
      var sum = a
      try sum.add(b)
      #expect(!sum.isReset(since: a) && !sum.isReset(since: b), "seed \(seed)")
      let grown = sum
      try sum.subtract(b)
      sum.compact()
      #expect(sum.count == a.count)
      // It stays on the coarser grid, on which the first is the same.
      var coarse = a
      var nothing = grown
      nothing.multiply(by: 0)
      try coarse.add(nothing)
      coarse.compact()
      #expect(sum.positive == coarse.positive && sum.negative == coarse.negative)
      if a.count > 0 && b.count > 0 { #expect(a.isReset(since: grown)) }
    }
  }

  @Test(arguments: 0..<20)
  func `compensated sums agree with plain ones`(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let all = (0..<30).map { _ in NativeHistogram.random(&generator) }
    var sum = HistogramSum(all[0])
    var plain = all[0]
    var mean = HistogramMean(all[0])
    for histogram in all.dropFirst() {
      try sum.add(histogram)
      try plain.add(histogram)
      try mean.add(histogram)
    }
    var halves = HistogramSum(all[0])
    for histogram in all[1..<15] { try halves.add(histogram) }
    var rest = HistogramSum(all[15])
    for histogram in all[16...] { try rest.add(histogram) }
    try halves.merge(rest)
    for result in [sum.result, halves.result] {
      #expect(result.positive == plain.positive && result.negative == plain.negative)
      #expect(result.zeroCount == plain.zeroCount && result.count == plain.count)
    }
    #expect(abs(mean.result.count - plain.count / 30) < 1e-9)
  }

  @Test(arguments: 0..<20)
  func `quantiles are where a plain walk finds them`(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    for _ in 0..<50 {
      let histogram = NativeHistogram.random(&generator)
      guard histogram.count > 0 else { continue }
      var before = -Double.infinity
      for q in stride(from: 0.0, through: 1.0, by: 0.05) {
        let value = histogram.quantile(q).value
        // Monotone but for rounding, and the fraction below is the quantile again.
        #expect(value >= before - 1e-9 * max(1, before.magnitude), "seed \(seed)")
        before = value
        var below = 0.0
        for bucket in histogram.buckets {
          if bucket.upper <= value * (1 + 1e-12) + 1e-300 { below += bucket.count }
        }
        let bucketsThrough = histogram.buckets.filter { $0.lower < value || $0.upper <= value }
          .reduce(0) { $0 + $1.count }
        #expect(below <= q * histogram.count + 1e-6, "seed \(seed)")
        #expect(bucketsThrough >= q * histogram.count - 1e-6, "seed \(seed)")
        if q > 0 && q < 1 {
          let fraction = histogram.fraction(above: -.infinity, through: value).value
          #expect(abs(fraction - q) < 1e-9, "seed \(seed)")
        }
      }
    }
  }

  @Test(arguments: 0..<20)
  func `trimming both ways leaves nothing out`(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    for _ in 0..<50 {
      let histogram = NativeHistogram.random(&generator)
      let cut = Double.random(in: -20...20, using: &generator)
      var (below, above) = (histogram, histogram)
      below.trim(above: cut)
      above.trim(below: cut)
      #expect(abs(below.count + above.count - histogram.count) < 1e-6, "seed \(seed)")
    }
  }

  @Test(arguments: 0..<10)
  func `hostile histograms harm nobody`(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    let odd: [Double] = [
      0, -1, .nan, .infinity, -.infinity, 1e308, .leastNonzeroMagnitude, StaleMarker.value, 3,
    ]
    func number() -> Double { odd.randomElement(using: &generator) ?? 0 }
    func side() -> HistogramBuckets {
      let firsts: [Int32] = [.min / 4, -5, 0, 1, 1024, .max / 4]
      return HistogramBuckets(
        from: firsts.randomElement(using: &generator) ?? 0,
        (0..<Int.random(in: 0..<4, using: &generator)).map { _ in number() })
    }
    func histogram() -> NativeHistogram {
      let schemas: [Int32] = [-53, -4, 0, 8, 9, 60, -60, .max, .min]
      return NativeHistogram(
        schema: schemas.randomElement(using: &generator) ?? 0,
        zeroThreshold: number(), zeroCount: number(), count: number(), sum: number(),
        positive: side(), negative: side(), customBounds: [number(), number()])
    }
    for _ in 0..<300 {
      var (left, right) = (histogram(), histogram())
      _ = try? left.add(right)
      _ = try? right.subtract(histogram())
      _ = left.isReset(since: right)
      _ = left.quantile(number()).value + left.fraction(above: number(), through: number()).value
      _ = left.variance
      left.trim(above: number())
      right.trim(below: number())
      #expect(left.description.hasPrefix("{count:") && right.expression.hasPrefix("{{"))
      _ = try? left.validate()
      _ = left.classicBuckets
    }
  }
}

extension NativeHistogram {
  /// Whole counts on a random exponential grid.
  fileprivate static func random(_ generator: inout SplitMix64) -> NativeHistogram {
    func side() -> HistogramBuckets {
      var indices: [Int32] = []
      var index = Int32.random(in: -6...2, using: &generator)
      for _ in 0..<Int.random(in: 0...6, using: &generator) {
        indices.append(index)
        index += Int32.random(in: 1...3, using: &generator)
      }
      return HistogramBuckets(
        indices: indices,
        indices.map { (_: Int32) -> Double in
          Double(Int.random(in: 0...9, using: &generator))
        })
    }
    // 0.5 is a bound in each of these schemas. A zero bucket that ends inside a bucket makes sums
    // depend on their order: which bucket it must swallow depends on what was merged before.
    // A populated one has some width, since no interpolation tells ranks at one point apart.
    let zeroCount = Int.random(in: 0...3, using: &generator)
    let threshold = zeroCount == 0 ? 0 : Bool.random(using: &generator) ? 1e-9 : 0.5
    let schema = Int32.random(in: 0...3, using: &generator)
    var histogram = NativeHistogram(
      schema: schema, zeroThreshold: 0, zeroCount: Double(zeroCount),
      positive: side(), negative: side())
    _ = try? histogram.add(NativeHistogram(schema: 0, zeroThreshold: threshold))
    let count = histogram.buckets.reduce(0) { $0 + $1.count }
    return NativeHistogram(
      schema: histogram.schema, zeroThreshold: histogram.zeroThreshold,
      zeroCount: histogram.zeroCount, count: count, sum: count * 1.1,
      positive: histogram.positive, negative: histogram.negative)
  }
}

/// A small seeded generator.
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
