/// The values in ascending order; −0 comes before 0. There must be no NaN.
///
/// Up to a few thousand values by the standard library; above, least significant digit first radix
/// sort in six passes of 11 bits over keys that order as the doubles do (bit patterns with the sign
/// flipped, negative ones inverted). About twice as fast on a million values. A pass whose digit
/// is the same everywhere is skipped.
package func sortedAscending(_ values: [Double]) -> [Double] {
  guard values.count > 4_096 else { return values.sorted() }
  var keys = values.map { value in
    let bits = value.bitPattern
    return bits >> 63 == 0 ? bits | (1 << 63) : ~bits
  }
  let counts = digitCounts(keys.span)
  var scratch = [UInt64](repeating: 0, count: keys.count)
  for pass in 0..<6 {
    let digits = counts[pass]
    if digits.contains(values.count) { continue }
    var (start, starts) = (0, [Int](repeating: 0, count: 2_048))
    for digit in 0..<2_048 {
      starts[digit] = start
      start += digits[digit]
    }
    var positions = starts.mutableSpan
    var target = scratch.mutableSpan
    scatter(keys.span, by: 11 * pass, into: &target, at: &positions)
    swap(&keys, &scratch)
  }
  return keys.map { key in
    Double(bitPattern: key >> 63 == 1 ? key & ~(1 << 63) : ~key)
  }
}

/// How often each value of each of the six 11-bit digits occurs.
private func digitCounts(_ keys: Span<UInt64>) -> [[Int]] {
  var counts = [[Int]](repeating: [Int](repeating: 0, count: 2_048), count: 6)
  for pass in 0..<6 {
    let shift = UInt64(11 * pass)
    var row = [Int](repeating: 0, count: 2_048)
    var cells = row.mutableSpan
    for index in keys.indices { cells[Int((keys[index] &>> shift) & 2_047)] &+= 1 }
    counts[pass] = row
  }
  return counts
}

/// Moves each key to the next free place of its digit.
private func scatter(
  _ keys: Span<UInt64>, by shift: Int, into target: inout MutableSpan<UInt64>,
  at positions: inout MutableSpan<Int>
) {
  for index in keys.indices {
    let key = keys[index]
    let digit = Int((key &>> UInt64(shift)) & 2_047)
    target[positions[digit]] = key
    positions[digit] &+= 1
  }
}
