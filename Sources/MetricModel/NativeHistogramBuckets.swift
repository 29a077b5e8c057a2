/// The populations of one side of a native histogram.
package typealias HistogramBuckets = BucketColumn<Double>

/// A run of buckets without a gap, as every wire format groups them.
package struct BucketSpan: Equatable, Sendable {
  /// The gap after the span before; in a first span the index of its first bucket.
  package var offset: Int32
  package var length: UInt32

  package init(offset: Int32, length: UInt32) {
    self.offset = offset
    self.length = length
  }
}

/// Buckets of one side, sparse: two columns of equal length, indexes ascending.
///
///     HistogramBuckets(from: -1, [5, 0, 2])     // bucket -1: 5, 0: 0, 1: 2
///
/// Samples of one series usually share their layout, and then the memory of `indices` too, so
/// comparing layouts costs nothing.
package struct BucketColumn<Number: BucketNumber>: Sendable {
  /// Strictly ascending. In exponential schemas bucket i ends at growth^i, with custom bounds at
  /// the bound number i.
  package private(set) var indices: [Int32]
  /// For each index, the observations in that bucket alone.
  private(set) var populations: [Number]

  /// No buckets.
  package init() {
    indices = []
    populations = []
  }

  /// One run of buckets that begins at index `first`.
  package init(from first: Int32, _ populations: [Number]) {
    self.init(
      indices: populations.indices.map { first &+ Int32(truncatingIfNeeded: $0) }, populations)
  }

  /// - Precondition: as many indices as populations, ascending.
  package init(indices: [Int32], _ populations: [Number]) {
    precondition(indices.count == populations.count, "each bucket has one index")
    self.indices = indices
    self.populations = populations
  }

  /// How many buckets are explicit, empty ones included.
  package var count: Int { indices.count }
  package var isEmpty: Bool { indices.isEmpty }

  /// The layout as wire formats write it.
  package var spans: [BucketSpan] {
    var spans: [BucketSpan] = []
    var next: Int32 = 0
    for index in indices {
      if index == next, !spans.isEmpty {
        spans[spans.count - 1].length += 1
      } else {
        spans.append(BucketSpan(offset: index &- next, length: 1))
      }
      next = index &+ 1
    }
    return spans
  }

  mutating func removeAll() {
    indices = []
    populations = []
  }

  mutating func removeFirst(_ count: Int) {
    guard count > 0 else { return }
    indices.removeFirst(count)
    populations.removeFirst(count)
  }

  /// Applies a function to each population.
  mutating func scale(_ transform: (inout Number) -> Void) {
    for position in populations.indices { transform(&populations[position]) }
  }

  /// Replaces one population.
  mutating func set(_ population: Number, at position: Int) { populations[position] = population }

  /// Removes empty buckets.
  mutating func compact() {
    guard populations.contains(where: \.isZero) else { return }
    let kept = populations.indices.filter { !populations[$0].isZero }
    indices = kept.map { indices[$0] }
    populations = kept.map { populations[$0] }
  }

  /// The same observations in coarser buckets: `target` tells for each bucket the one that
  /// swallows it and never decreases.
  func regrouped(_ target: (Int32) -> Int32) -> Self {
    var result = Self()
    for position in indices.indices {
      let index = target(indices[position])
      if index == result.indices.last {
        result.populations[result.populations.count - 1].add(populations[position])
      } else {
        result.indices.append(index)
        result.populations.append(populations[position])
      }
    }
    return result
  }

  /// Adds the populations of another column, or takes them away.
  mutating func add<Other>(_ other: BucketColumn<Other>, negated: Bool) {
    if indices != other.indices { extend(to: other.indices) }
    if indices.count == other.indices.count {
      for position in populations.indices {
        populations[position].add(other.populations[position], negated: negated)
      }
      return
    }
    var position = 0
    for source in other.indices.indices {
      while indices[position] != other.indices[source] { position += 1 }
      populations[position].add(other.populations[source], negated: negated)
    }
  }

  /// Inserts empty buckets where only `others` has some.
  private mutating func extend(to others: [Int32]) {
    var united: [Int32] = []
    var populations: [Number] = []
    united.reserveCapacity(max(indices.count, others.count))
    populations.reserveCapacity(united.capacity)
    var position = 0
    for other in others {
      while position < indices.count, indices[position] < other {
        united.append(indices[position])
        populations.append(self.populations[position])
        position += 1
      }
      let isShared = position < indices.count && indices[position] == other
      united.append(other)
      populations.append(isShared ? self.populations[position] : Number(0))
      if isShared { position += 1 }
    }
    united += indices[position...]
    populations += self.populations[position...]
    self.populations = populations
    // Keeping the other's array keeps later comparisons free.
    indices = united.count == others.count ? others : united
  }
}

extension BucketColumn<Double> {
  /// The populations, for each index one.
  package var values: [Double] { populations }
}

/// Equality of bits.
extension BucketColumn: Equatable where Number == Double {
  package static func == (left: Self, right: Self) -> Bool {
    left.indices == right.indices
      && left.populations.elementsEqual(right.populations) { $0.bitPattern == $1.bitPattern }
  }
}

/// A number that buckets may be counted in: a plain one, or one that keeps what rounding took away.
package protocol BucketNumber: Sendable {
  init(_ value: Double)
  mutating func add(_ value: Double)
  /// What the number is without its remainder.
  var rounded: Double { get }
  /// What rounding took away; zero in plain numbers.
  var remainder: Double { get }
}

extension BucketNumber {
  var isZero: Bool { rounded == 0 && remainder == 0 }

  mutating func add(_ other: some BucketNumber, negated: Bool = false) {
    add(negated ? -other.rounded : other.rounded)
    let remainder = other.remainder
    if remainder != 0 { add(negated ? -remainder : remainder) }
  }
}

extension Double: BucketNumber {
  package mutating func add(_ value: Double) { self += value }
  package var rounded: Double { self }
  package var remainder: Double { 0 }
}

/// A running sum by Neumaier's variant of Kahan's summation.
package struct CompensatedNumber: BucketNumber {
  package private(set) var rounded: Double
  package private(set) var remainder: Double = 0

  package init(_ value: Double) { rounded = value }

  package mutating func add(_ value: Double) {
    let total = rounded + value
    if total.isInfinite {
      // Otherwise infinity minus infinity would make the sum not a number.
      remainder = 0
    } else if rounded.magnitude >= value.magnitude {
      remainder += (rounded - total) + value
    } else {
      remainder += (value - total) + rounded
    }
    rounded = total
  }

  /// The sum as a plain number.
  var value: Double { rounded + remainder }

  /// Applies a linear function to both parts.
  mutating func scale(_ transform: (Double) -> Double) {
    rounded = transform(rounded)
    remainder = transform(remainder)
  }
}
