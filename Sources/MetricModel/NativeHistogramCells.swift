/// The numbers of a native histogram and the grid they lie on: what addition is defined on.
///
/// Two histograms can be added once they lie on one grid. Going to a coarser grid only merges
/// buckets, so each step below (a wider zero bucket, a lower schema, fewer custom bounds) loses
/// resolution and nothing else.
struct HistogramCells<Number: BucketNumber>: Sendable {
  var schema: Int32
  var zeroThreshold: Double
  var customBounds: [Double]
  var count: Number
  var sum: Number
  var zeroCount: Number
  var positive: BucketColumn<Number>
  var negative: BucketColumn<Number>

  var usesCustomBounds: Bool { schema == NativeHistogram.customSchema }

  /// The bound above bucket `index`, as if it were positive.
  func upperBound(_ index: Int32) -> Double {
    guard usesCustomBounds else { return ExponentialBounds.upper(index, schema: schema) }
    if index < 0 { return -.infinity }
    return Int(index) < customBounds.count ? customBounds[Int(index)] : .infinity
  }

  func lowerBound(_ index: Int32) -> Double { upperBound(index &- 1) }

  mutating func removeBuckets() {
    positive.removeAll()
    negative.removeAll()
  }

  mutating func compact() {
    positive.compact()
    negative.compact()
  }

  mutating func forEachNumber(_ body: (inout Number) -> Void) {
    body(&count)
    body(&sum)
    body(&zeroCount)
    positive.scale(body)
    negative.scale(body)
  }

  var hasOverflow: Bool {
    count.rounded.isInfinite || sum.rounded.isInfinite || zeroCount.rounded.isInfinite
      || positive.populations.contains { $0.rounded.isInfinite }
      || negative.populations.contains { $0.rounded.isInfinite }
  }

  /// Adds another histogram, or takes it away, after bringing both to a common grid.
  ///
  /// - Returns: whether custom bounds had to be given up for that.
  mutating func add<Other>(
    _ other: HistogramCells<Other>, negated: Bool = false
  ) throws(HistogramMismatch) -> Bool {
    var other = other
    let isReconciled = try reconcile(with: &other)
    count.add(other.count, negated: negated)
    sum.add(other.sum, negated: negated)
    if !usesCustomBounds { zeroCount.add(other.zeroCount, negated: negated) }
    positive.add(other.positive, negated: negated)
    negative.add(other.negative, negated: negated)
    return isReconciled
  }

  /// Brings both to the finest grid that both can take.
  mutating func reconcile<Other>(
    with other: inout HistogramCells<Other>
  ) throws(HistogramMismatch) -> Bool {
    guard usesCustomBounds == other.usesCustomBounds else { throw HistogramMismatch() }
    if usesCustomBounds {
      if customBounds == other.customBounds { return false }
      let shared = Self.intersection(customBounds, other.customBounds)
      keepBounds(shared)
      other.keepBounds(shared)
      return true
    }
    // Widening one zero bucket may push it beyond the other, never back.
    while zeroThreshold < other.zeroThreshold || other.zeroThreshold < zeroThreshold {
      widenZeroBucket(to: other.zeroThreshold)
      other.widenZeroBucket(to: zeroThreshold)
    }
    reduce(to: other.schema)
    other.reduce(to: schema)
    return false
  }

  /// Widens the zero bucket, and further to the end of a populated bucket that would be cut.
  mutating func widenZeroBucket(to threshold: Double) {
    guard zeroThreshold < threshold else { return }
    zeroThreshold = threshold
    for side in [positive, negative] {
      for (index, population) in zip(side.indices, side.populations)
      where upperBound(index) > zeroThreshold {
        if lowerBound(index) < zeroThreshold && !population.isZero {
          zeroThreshold = upperBound(index)
        }
        break
      }
    }
    positive = absorbed(positive)
    negative = absorbed(negative)
  }

  /// Moves the buckets that begin inside the zero bucket into it; what remains of the side.
  private mutating func absorbed(_ side: BucketColumn<Number>) -> BucketColumn<Number> {
    var side = side
    let inside = side.indices.prefix { lowerBound($0) < zeroThreshold }.count
    for population in side.populations.prefix(inside) { zeroCount.add(population) }
    side.removeFirst(inside)
    return side
  }

  /// Merges buckets down to a lower exponential schema; does nothing if it isn't lower.
  mutating func reduce(to lower: Int32) {
    guard !usesCustomBounds, lower < schema, lower != NativeHistogram.customSchema else { return }
    let shift = Int(schema) - Int(lower)
    let target = { (index: Int32) -> Int32 in ((index &- 1) >> shift) &+ 1 }
    positive = positive.regrouped(target)
    negative = negative.regrouped(target)
    schema = lower
  }

  /// Merges custom buckets so that only `shared` bounds remain, which must be among the bounds.
  mutating func keepBounds(_ shared: [Double]) {
    var position = 0
    positive = positive.regrouped { index in
      let bound = upperBound(index)
      while position < shared.count, shared[position] < bound { position += 1 }
      return Int32(truncatingIfNeeded: position)
    }
    customBounds = shared
  }

  /// What two ascending lists have in common.
  static func intersection(_ left: [Double], _ right: [Double]) -> [Double] {
    var shared: [Double] = []
    var rest = right[...]
    for bound in left {
      rest = rest.drop { $0 < bound }
      if rest.first == bound { shared.append(bound) }
    }
    return shared
  }
}

/// Equality of bits.
extension HistogramCells: Equatable where Number == Double {
  static func == (left: Self, right: Self) -> Bool {
    left.schema == right.schema && left.zeroThreshold == right.zeroThreshold
      && left.count.bitPattern == right.count.bitPattern
      && left.sum.bitPattern == right.sum.bitPattern
      && left.zeroCount.bitPattern == right.zeroCount.bitPattern
      && left.positive == right.positive && left.negative == right.negative
      && left.customBounds == right.customBounds
  }

  mutating func scale(_ transform: (Double) -> Double) {
    forEachNumber { $0 = transform($0) }
  }
}

/// Two histograms of which one is exponential and one has custom bounds: they have no common grid.
package struct HistogramMismatch: Error, Equatable, CustomStringConvertible {
  package init() {}

  package var description: String {
    "cannot apply this operation on histograms with a mix of exponential and custom bucket schemas"
  }
}

/// The bounds of exponential buckets: bucket i ends at 2^(i / 2^schema).
enum ExponentialBounds {
  /// The upper bound of bucket `index`.
  ///
  /// The last bucket of finite numbers ends at the greatest of them and the one behind it holds
  /// infinity, though the formula would have both end there.
  static func upper(_ index: Int32, schema: Int32) -> Double {
    if schema <= 0 {
      // A schema below -9 isn't known; nothing more than a large exponent comes of it.
      return power(1, Int(index) << min(-Int(schema), 30))
    }
    guard schema <= 8 else { return power(1, Int(index) >> min(Int(schema), 62)) }
    let mask = (Int32(1) << schema) - 1
    let fraction = fractions[Int(index & mask) << Int(8 - schema)]
    return power(fraction * 2, Int(index) >> Int(schema))
  }

  private static func power(_ fraction: Double, _ exponent: Int) -> Double {
    if fraction == 1 && exponent == 1024 { return .greatestFiniteMagnitude }
    return Double(sign: .plus, exponent: exponent, significand: fraction)
  }

  /// 2^(i/256 - 1) for i < 256, to the last bit as all of Prometheus has it.
  ///
  /// Client libraries found them by repeated multiplication, doubling the number of bounds in each
  /// schema, and with a root of two one bit too low. What they got differs from the rounded powers
  /// in most bounds and is what bucket bounds are.
  private static let fractions: [Double] = {
    var bounds = [0.5]
    for schema in 1...8 {
      let factor = growth[schema - 1]
      bounds = bounds.flatMap { [$0, $0 * factor] }
    }
    return bounds
  }()

  /// 2^(2^-schema) for schemas 1 to 8.
  private static let growth = [
    1.414213562373095, 1.189207115002721, 1.0905077326652577, 1.0442737824274138,
    1.0218971486541166, 1.0108892860517005, 1.0054299011128027, 1.0027112750502025,
  ]
}
