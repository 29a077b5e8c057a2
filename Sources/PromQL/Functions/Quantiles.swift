internal import Glibc

/// Quantiles as PromQL has them: linear between ranks, NaN below every number.
enum Quantiles {
  static func isInRange(_ q: Double) -> Bool { q >= 0 && q <= 1 }
}

/// Values of which quantiles are asked.
///
/// A quantile needs two neighbours in rank, not all ranks: they are found by Hoare's selection
/// (C. A. R. Hoare, "Algorithm 65: find", 1961) in time linear in the values, mostly. Values are
/// held as integers of the same order, so that -0 comes before 0 in whatever order they came.
struct RankedValues {
  private var keys: [Int64] = []

  var isEmpty: Bool { keys.isEmpty }
  var count: Int { keys.count }

  mutating func removeAll() { keys.removeAll(keepingCapacity: true) }

  mutating func append(_ value: Double) { keys.append(Self.key(value)) }

  /// NaN of nothing or for a quantile that is NaN; infinite for one out of range.
  mutating func quantile(_ q: Double) -> Double {
    if keys.isEmpty || q.isNaN { return .nan }
    if q < 0 { return -.infinity }
    if q > 1 { return .infinity }
    let rank = q * Double(keys.count - 1)
    let weight = rank - floor(rank)
    let lower = Int(floor(rank))
    select(lower)
    let low = keys[lower]
    // What comes after a selected rank is no less than it.
    let high = keys[(lower + 1)...].min() ?? low
    return Self.value(low) * (1 - weight) + Self.value(high) * weight
  }

  /// The bits of negative numbers grow as the numbers fall.
  private static func key(_ value: Double) -> Int64 {
    if value.isNaN { return .min }
    let bits = Int64(bitPattern: value.bitPattern)
    return bits ^ (bits >> 63 & .max)
  }

  private static func value(_ key: Int64) -> Double {
    key == .min ? .nan : Double(bitPattern: UInt64(bitPattern: key ^ (key >> 63 & .max)))
  }

  /// Reorders so that what belongs at a rank stands there, nothing greater before it and nothing
  /// less behind.
  private mutating func select(_ rank: Int) {
    var part = 0..<keys.count
    // Halves that don't get smaller are sorted: no order of the values makes it take long.
    var attempts = 2 * (Int.bitWidth - part.count.leadingZeroBitCount)
    while part.count > 16 && attempts > 0 {
      attempts -= 1
      let (left, right) = partition(part)
      if rank < left.upperBound {
        part = left
      } else if rank >= right.lowerBound {
        part = right
      } else {
        return
      }
    }
    keys[part].sort()
  }

  /// Splits a part into what is no greater and what is no less than a pivot; between the two may
  /// stand what equals it.
  private mutating func partition(_ part: Range<Int>) -> (Range<Int>, Range<Int>) {
    var keys = keys.mutableSpan
    let (first, last) = (part.lowerBound, part.upperBound - 1)
    let (a, b, c) = (keys[first], keys[first + part.count / 2], keys[last])
    let pivot = max(min(a, b), min(max(a, b), c))
    var (low, high) = (first, last)
    while low <= high {
      while keys[low] < pivot { low += 1 }
      while keys[high] > pivot { high -= 1 }
      if low <= high {
        keys.swapAt(low, high)
        low += 1
        high -= 1
      }
    }
    return (first..<high + 1, low..<last + 1)
  }
}
