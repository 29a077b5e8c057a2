import Foundation
import MetricModel
import Testing

@Suite struct NativeHistogramTests {
  private func exponential(
    _ values: [Double], negative: [Double] = [], zero: Double = 0, threshold: Double = 0,
    sum: Double = 0, hint: CounterResetHint = .unknown
  ) -> NativeHistogram {
    exponential(
      0, from: 1, values, negative: negative, zero: zero, threshold: threshold, sum: sum, hint: hint
    )
  }

  private func exponential(
    _ schema: Int32, from first: Int32, _ values: [Double], negative: [Double] = [],
    zero: Double = 0, threshold: Double = 0, sum: Double = 0, hint: CounterResetHint = .unknown
  ) -> NativeHistogram {
    NativeHistogram(
      schema: schema, zeroThreshold: threshold, zeroCount: zero,
      count: values.reduce(0, +) + negative.reduce(0, +) + zero, sum: sum,
      positive: HistogramBuckets(from: first, values),
      negative: HistogramBuckets(from: first, negative), hint: hint)
  }

  private func custom(_ bounds: [Double], _ values: [Double], sum: Double = 0) -> NativeHistogram {
    NativeHistogram(
      schema: NativeHistogram.customSchema, count: values.reduce(0, +), sum: sum,
      positive: HistogramBuckets(from: 0, values), customBounds: bounds)
  }

  @Test(arguments: [
    (0, 0, 1.0), (0, 1, 2), (0, -1, 0.5), (0, 1024, Double.greatestFiniteMagnitude),
    (0, 1025, .infinity), (-4, 1, 65536), (-4, 64, .greatestFiniteMagnitude), (-4, 65, .infinity),
    (1, 1, 2 * 0.7071067811865475), (2, 1, 1.189207115002721), (8, 1, 2 * 0.5013556375251013),
    (8, 255, 2 * 0.9972960560854698), (3, -8, 0.5), (8, 262144, .greatestFiniteMagnitude),
    (0, -1074, .leastNonzeroMagnitude), (0, -1075, 0),
  ])
  func `exponential buckets end where Prometheus' do`(schema: Int, index: Int, bound: Double) {
    let histogram = NativeHistogram(
      schema: Int32(schema), positive: HistogramBuckets(from: Int32(index), [1]))
    #expect(histogram.buckets.first?.upper == bound)
  }

  @Test func `a histogram prints as Prometheus prints it`() {
    let histogram = NativeHistogram(
      schema: 0, zeroThreshold: 0.001, zeroCount: 2, count: 20, sum: 10,
      positive: HistogramBuckets(from: 0, [1, 2]), negative: HistogramBuckets(from: 0, [1, 2]))
    #expect(
      histogram.description
        == "{count:20, sum:10, [-2,-1):2, [-1,-0.5):1, [-0.001,0.001]:2, (0.5,1]:1, (1,2]:2}")
    #expect(
      histogram.expression
        == "{{count:20 sum:10 z_bucket:2 z_bucket_w:0.001 buckets:[1 2] n_buckets:[1 2]}}")
    #expect(
      custom([5, 10], [1, 0, 4], sum: 1e21).description
        == "{count:5, sum:1e+21, [-Inf,5]:1, (10,+Inf]:4}")
    #expect(
      custom([5, 10], [1, 0, 4]).expression
        == "{{schema:-53 count:5 custom_values:[5 10] buckets:[1 0 4]}}")
  }

  @Test func `spans and indices say the same`() throws {
    let spans = [BucketSpan(offset: -2, length: 2), BucketSpan(offset: 3, length: 1)]
    let buckets = try HistogramBuckets(spans: spans, values: [1, 2, 3], place: "positive side")
    #expect(buckets.indices == [-2, -1, 3])
    #expect(buckets.spans == spans)
    #expect(HistogramBuckets().spans.isEmpty)
  }

  @Test func `sums lie on the finest common grid`() throws {
    // Bucket i of schema 1 goes into bucket ceil(i / 2) of schema 0.
    var sum = exponential(1, from: 1, [1, 2, 4, 8], sum: 3)
    try sum.add(exponential(0, from: 2, [16], sum: 4))
    #expect(
      sum.hasEqualContents(
        to: NativeHistogram(
          schema: 0, count: 31, sum: 7, positive: HistogramBuckets(from: 1, [3, 28]))))
  }

  @Test func `the wider zero bucket swallows buckets, and whole ones`() throws {
    // The threshold 1.5 cuts (1,2], which is populated, so the zero bucket ends at 2.
    var sum = exponential(0, from: 0, [5, 3, 1], negative: [7, 0, 2], zero: 1, threshold: 0.25)
    try sum.add(exponential(0, from: 4, [10], zero: 100, threshold: 1.5))
    #expect(sum.zeroThreshold == 2)
    #expect(sum.zeroCount == 1 + 5 + 3 + 7 + 100)
    #expect(sum.positive == HistogramBuckets(indices: [2, 4], [1, 10]))
    #expect(sum.negative == HistogramBuckets(from: 2, [2]))
  }

  @Test func `custom bounds are reduced to those in common`() throws {
    var sum = custom([1, 2, 3, 4], [1, 2, 4, 8, 16])
    #expect(try sum.add(custom([2, 4, 5], [100, 200, 400, 800])) == .boundsReconciled)
    #expect(sum.customBounds == [2, 4])
    #expect(sum.positive.values == [103, 212, 1216])
    #expect(try sum.subtract(custom([2, 4], [3, 12, 16])) == [])
    #expect(sum.positive.values == [100, 200, 1200])
  }

  @Test func `exponential and custom buckets don't mix`() {
    var sum = exponential([1])
    let before = sum
    #expect(throws: HistogramMismatch.self) { try sum.add(custom([1], [1, 2])) }
    #expect(sum == before)
  }

  @Test(arguments: [
    (CounterResetHint.unknown, CounterResetHint.reset, CounterResetHint.unknown, false),
    (.notReset, .unknown, .unknown, false), (.gauge, .reset, .gauge, false),
    (.unknown, .gauge, .gauge, false), (.reset, .notReset, .unknown, true),
    (.notReset, .reset, .unknown, true), (.reset, .reset, .reset, false),
  ])
  func `hints of sums`(
    left: CounterResetHint, right: CounterResetHint, result: CounterResetHint, collides: Bool
  ) throws {
    var sum = exponential([1], hint: left)
    let remarks = try sum.add(exponential([1], hint: right))
    #expect(sum.hint == result)
    #expect(remarks.contains(.counterResetCollision) == collides)
  }

  @Test func `scaling makes gauges of counters when negative`() {
    var histogram = exponential([2, 4], zero: 6, sum: 10, hint: .notReset)
    histogram.multiply(by: 0.5)
    #expect(histogram == exponential([1, 2], zero: 3, sum: 5, hint: .notReset))
    histogram.multiply(by: -1)
    #expect(histogram.hint == .gauge)
    histogram.divide(by: 0)
    #expect(histogram.positive.isEmpty)
    #expect(histogram.count == -.infinity)
  }

  @Test func `sums keep what rounding takes away`() throws {
    var sum = HistogramSum(exponential([1e100, 1], sum: 1))
    for number in [1.0, -1e100, 2] { try sum.add(exponential([number, 1], sum: number)) }
    #expect(sum.result.positive.values == [3, 4])
    #expect(sum.result.sum == 1 + 1 - 1e100 + 2)
    var other = HistogramSum(exponential([-1e100, 0]))
    try other.add(exponential([1, 0]))
    var merged = HistogramSum(exponential([1e100, 0]))
    try merged.add(exponential([1, 0]))
    try merged.merge(other)
    #expect(merged.result.positive.values == [2, 0])
  }

  @Test func `means survive sums beyond all numbers`() throws {
    var mean = HistogramMean(exponential([1e308]))
    for _ in 0..<3 { try mean.add(exponential([1e308])) }
    #expect(mean.result.positive.values == [1e308])
    var plain = HistogramMean(exponential([1, 2], sum: 6))
    try plain.add(exponential([3, 4], sum: 0))
    #expect(
      plain.result.hasEqualContents(
        to: NativeHistogram(
          count: 5, sum: 3, positive: HistogramBuckets(from: 1, [2, 3]))))
  }

  @Test func `counters reset when something shrinks`() {
    let before = exponential(1, from: 1, [1, 2, 0, 4], zero: 1, threshold: 0.5)
    #expect(!before.isReset(since: before))
    #expect(!exponential(1, from: 1, [1, 2, 5, 4], zero: 1, threshold: 0.5).isReset(since: before))
    #expect(exponential(1, from: 1, [1, 1, 5, 4], zero: 1, threshold: 0.5).isReset(since: before))
    #expect(exponential(1, from: 2, [9, 9, 9, 9], zero: 1, threshold: 0.5).isReset(since: before))
    // Coarser may be the same counter, finer can't.
    #expect(!exponential(0, from: 1, [3, 4], zero: 1, threshold: 0.5).isReset(since: before))
    #expect(exponential(0, from: 1, [2, 9], zero: 1, threshold: 0.5).isReset(since: before))
    #expect(exponential(2, from: 1, [3, 4, 9], zero: 1, threshold: 0.5).isReset(since: before))
    #expect(exponential(1, from: 1, [9, 9, 9, 9], zero: 1, threshold: 0.1).isReset(since: before))
    // A zero bucket grows up to the end of a bucket.
    #expect(
      !exponential(1, from: 2, [2, 0, 4], zero: 2, threshold: 2 * 0.7071067811865475)
        .isReset(since: before))
    #expect(exponential(1, from: 2, [9, 9, 9], zero: 9, threshold: 1.2).isReset(since: before))
    #expect(custom([1, 2], [1, 1, 9]).isReset(since: before))
    #expect(exponential([1], hint: .reset).isReset(since: NativeHistogram()))
    #expect(!exponential([0], hint: .notReset).isReset(since: before))
    #expect(!custom([2, 3], [5, 3, 1]).isReset(since: custom([1, 2], [3, 2, 4])))
    #expect(custom([2, 3], [4, 9, 9]).isReset(since: custom([1, 2], [3, 2, 4])))
  }

  @Test func `quantiles interpolate`() {
    let histogram = exponential([4, 4])
    #expect(histogram.quantile(0.25).value == 2.0.squareRoot())
    #expect(histogram.quantile(0.5).value == 2)
    #expect(abs(histogram.quantile(0.75).value - 8.0.squareRoot()) < 1e-15)
    #expect(histogram.quantile(-0.1).value == -.infinity)
    #expect(histogram.quantile(1.1).value == .infinity)
    #expect(histogram.quantile(.nan).value.isNaN)
    #expect(NativeHistogram().quantile(0.5).value.isNaN)
    // Only positive buckets: the zero bucket begins at zero.
    #expect(exponential([1], zero: 1, threshold: 0.5).quantile(0.25).value == 0.25)
    let both = exponential([2], negative: [2], zero: 2, threshold: 0.5)
    #expect(abs(both.quantile(0.5).value) < 1e-15)
    #expect(custom([10, 20], [2, 2, 2]).quantile(1 / 6.0).value == 5)
    #expect(custom([10, 20], [2, 2, 2]).quantile(0.5).value == 15)
    #expect(custom([10, 20], [2, 2, 2]).quantile(0.9).value == 20)
    #expect(custom([-10, 20], [2, 2, 2]).quantile(0.1).value == -10)
  }

  @Test func `observations that are no numbers are the largest`() {
    var histogram = NativeHistogram(
      count: 10, sum: .nan, positive: HistogramBuckets(from: 1, [4, 4]))
    #expect(histogram.quantile(0.4) == exponential([4, 4]).quantileEstimate(2, .skewedByNaN))
    #expect(histogram.quantile(0.9).remark == .lostInNaN)
    #expect(histogram.quantile(0.9).value.isNaN)
    #expect(histogram.fraction(above: -.infinity, through: .infinity).value == 0.8)
    #expect(histogram.fraction(above: 0, through: 2).remark == .skewedByNaN)
    histogram = NativeHistogram(count: 8, sum: .nan, positive: HistogramBuckets(from: 1, [4, 4]))
    #expect(histogram.quantile(0.5).remark == nil)
  }

  @Test func `variance takes buckets at their middle`() {
    #expect(abs(exponential([5], sum: 5 * 2.0.squareRoot()).variance) < 1e-15)
    #expect(custom([0, 2, 4], [0, 1, 1], sum: 4).variance == 1)
    #expect(exponential([], zero: 4, threshold: 1).variance == 0)
  }

  @Test func `trimming keeps one side`() {
    var histogram = exponential([4, 4], negative: [4], zero: 4, threshold: 0.5, sum: 3)
    histogram.trim(above: 2)
    #expect(histogram.positive == HistogramBuckets(from: 1, [4]))
    #expect(histogram.count == 12)
    histogram.trim(below: 0)
    #expect(histogram.negative.isEmpty)
    #expect(histogram.zeroCount == 2)
    var whole = exponential([4, 4], sum: 3)
    whole.trim(above: 100)
    #expect(whole.sum == 3)
    var open = custom([10], [2, 6])
    open.trim(below: 12)
    #expect(open.count == 6)
    #expect(open.sum == 72)
    open = custom([10], [2, 6])
    open.trim(above: 12)
    #expect(open.count == 2)
  }

  /// What is wrong, and how it is said.
  private static let nonsense: [(NativeHistogram, String)] = [
    (
      NativeHistogram(schema: 9),
      """
      histogram has an invalid schema, which must be between -4 and 8 for exponential buckets, or \
      -53 for custom buckets, got schema 9
      """
    ),
    (
      NativeHistogram(zeroCount: -1),
      """
      zero bucket has observation count of -1: histogram has a bucket whose observation count is \
      negative
      """
    ),
    (
      NativeHistogram(count: -2),
      "observation count is  -2: histogram's observation count is negative"
    ),
    (
      NativeHistogram(positive: HistogramBuckets(from: 0, [1, -1])),
      """
      positive side: bucket number 2 has observation count of -1: histogram has a bucket whose \
      observation count is negative
      """
    ),
    (
      NativeHistogram(schema: -53, positive: HistogramBuckets(from: 0, [1, 1])),
      """
      custom buckets: only 0 custom bounds defined which is insufficient to cover total span \
      length of 2: histogram custom bounds are too few
      """
    ),
    (
      NativeHistogram(schema: -53, customBounds: [1, 1]),
      """
      custom buckets: previous bound is 1 and current is 1: histogram custom bounds must be in \
      strictly increasing order
      """
    ),
    (
      NativeHistogram(schema: -53, zeroCount: 1, customBounds: [1]),
      "custom buckets: must have zero count of 0"
    ),
    (
      NativeHistogram(customBounds: [1]),
      "histogram with exponential schema must not have custom bounds"
    ),
  ]

  @Test(arguments: nonsense)
  func `nonsense is told`(histogram: NativeHistogram, message: String) {
    let error = #expect(throws: HistogramError.self) { try histogram.validate() }
    #expect(error?.description == message)
  }

  @Test func `spans must fit their buckets`() {
    let spans = [BucketSpan(offset: 0, length: 2), BucketSpan(offset: -1, length: 1)]
    #expect(throws: HistogramError.negativeOffset(place: "p", span: 2, offset: -1)) {
      try HistogramBuckets(spans: spans, values: [1, 2, 3], place: "p")
    }
    #expect(throws: HistogramError.spansMismatch(place: "p", needed: 4_294_967_295, found: 1)) {
      try HistogramBuckets(
        spans: [BucketSpan(offset: 0, length: .max)], values: [1], place: "p")
    }
    #expect(throws: HistogramError.indexOutOfRange(place: "p")) {
      try HistogramBuckets(
        spans: [BucketSpan(offset: .max, length: 1)], values: [1], place: "p")
    }
  }

  @Test func `classic histograms become native ones and come back`() throws {
    var classic = ClassicHistogram()
    classic.addBucket(through: .infinity, count: 10)
    classic.addBucket(through: 1, count: 3)
    classic.addBucket(through: 2, count: 3)
    classic.addBucket(through: 1, count: 7)
    classic.sum = 5
    let native = try classic.native()
    #expect(native.description == "{count:10, sum:5, [-Inf,1]:3, (2,+Inf]:7}")
    #expect(native.classicBuckets?.map(\.count) == [3, 3, 10])
    try native.validate()
    classic.count = 9
    #expect(throws: ClassicHistogramError.countMismatch(9, last: 10)) { try classic.native() }
    classic.addBucket(through: 1.5, count: 2)
    #expect(throws: ClassicHistogramError.notCumulative(2, before: 3)) { try classic.native() }
    #expect(ClassicHistogram.Part.split("a_bucket")?.base == "a")
    #expect(ClassicHistogram.Part.split("a_total") == nil)
  }
}

extension NativeHistogram {
  /// The median with another remark, to compare with.
  fileprivate func quantileEstimate(
    _ value: Double, _ remark: HistogramEstimate.Remark?
  ) -> HistogramEstimate {
    var estimate = quantile(0.5)
    estimate.value = value
    estimate.remark = remark
    return estimate
  }
}
