/// A classic histogram at one time, collected from its series to become a native one with custom
/// bounds.
///
///     var classic = ClassicHistogram()
///     try classic.addBucket(through: 0.5, count: 3)
///     try classic.addBucket(through: .infinity, count: 4)
///     classic.sum = 2.5
///     try classic.native()          // {count:4, sum:2.5, [-Inf,0.5]:3, (0.5,+Inf]:1}
package struct ClassicHistogram: Sendable {
  /// All observations, if a series tells.
  package var count: Double?
  /// The sum of observations.
  package var sum: Double = 0
  private var buckets: [(bound: Double, count: Double)] = []

  package init() {}

  /// Adds a cumulative bucket; one with a bound that is there already is left out. In any order.
  package mutating func addBucket(through bound: Double, count: Double) {
    let position = buckets.firstIndex { $0.bound >= bound } ?? buckets.count
    if position < buckets.count && buckets[position].bound == bound { return }
    buckets.insert((bound, count), at: position)
  }

  /// Whether nothing was collected.
  package var isEmpty: Bool { buckets.isEmpty && count == nil }

  /// The native histogram, without empty buckets.
  package func native() throws(ClassicHistogramError) -> NativeHistogram {
    if let count, count < 0 { throw .negativeCount(count) }
    let total = count ?? buckets.last?.count ?? 0
    var cumulative = buckets
    if cumulative.last?.bound != .infinity { cumulative.append((.infinity, total)) }
    var before = 0.0
    var populations: [Double] = []
    for bucket in cumulative {
      if bucket.bound.isNaN { throw .boundIsNaN }
      if bucket.count < 0 { throw .negativeBucket(bound: bucket.bound, count: bucket.count) }
      if bucket.count < before { throw .notCumulative(bucket.count, before: before) }
      populations.append(bucket.count - before)
      before = bucket.count
    }
    if total != before { throw .countMismatch(total, last: before) }
    var histogram = NativeHistogram(
      schema: NativeHistogram.customSchema, count: total, sum: sum,
      positive: HistogramBuckets(from: 0, populations),
      customBounds: cumulative.dropLast().map(\.bound))
    histogram.compact()
    return histogram
  }

  /// The parts of a classic histogram's name: what a series counts, and of which histogram.
  package enum Part: String, CaseIterable, Sendable {
    case bucket = "_bucket"
    case count = "_count"
    case sum = "_sum"

    /// Splits the name of a series; nil for one that isn't part of a classic histogram by its name.
    package static func split(_ name: String) -> (part: Part, base: String)? {
      for part in allCases where name.utf8.count >= part.rawValue.utf8.count {
        if name.hasSuffix(part.rawValue) {
          return (part, String(name.dropLast(part.rawValue.count)))
        }
      }
      return nil
    }
  }
}

/// Why series make no classic histogram.
package enum ClassicHistogramError: Error, Equatable, CustomStringConvertible {
  case boundIsNaN
  case negativeBucket(bound: Double, count: Double)
  case negativeCount(Double)
  case notCumulative(Double, before: Double)
  case countMismatch(Double, last: Double)

  package var description: String {
    switch self {
    case .boundIsNaN: "bucket boundary must not be NaN"
    case .negativeBucket(let bound, let count):
      "bucket count must be non-negative: le=\(NumberText.general(bound)), "
        + "count=\(NumberText.general(count))"
    case .negativeCount(let count):
      "count must be non-negative: count=\(NumberText.general(count))"
    case .notCumulative(let count, let before):
      "count is not cumulative: \(NumberText.general(count)) < \(NumberText.general(before))"
    case .countMismatch(let count, let last):
      "count mismatch: count=\(NumberText.general(count)) != le=+Inf "
        + "count=\(NumberText.general(last))"
    }
  }
}

extension NativeHistogram {
  /// The cumulative buckets of a histogram with custom bounds, +Inf last: the way back to a classic
  /// histogram. Nil for exponential ones.
  package var classicBuckets: [(bound: Double, count: Double)]? {
    guard usesCustomBounds else { return nil }
    var position = 0
    var total = 0.0
    return (customBounds + [.infinity]).enumerated().map { index, bound in
      while position < positive.count, Int(positive.indices[position]) <= index {
        total += positive.values[position]
        position += 1
      }
      return (bound, total)
    }
  }
}
