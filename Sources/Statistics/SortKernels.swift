/// The values in ascending order; −0 comes before 0. There must be no NaN.
///
/// Up to a few thousand values by the standard library; above by `ascendingKeys`.
package func sortedAscending(_ values: [Double]) -> [Double] {
  guard values.count > 4_096 else { return values.sorted() }
  return ascendingKeys(values).map { double(ofKey: $0) }
}

/// A whole number that orders as the double does: the bit pattern with the sign flipped, negative
/// ones inverted.
@inline(__always)
func key(of value: Double) -> UInt64 {
  let bits = value.bitPattern
  return bits >> 63 == 0 ? bits | (1 << 63) : ~bits
}

/// The double with this key.
@inline(__always)
func double(ofKey key: UInt64) -> Double {
  Double(bitPattern: key >> 63 == 1 ? key & ~(1 << 63) : ~key)
}

/// The keys of the values in ascending order, by radix sort on digits of 11 bits, least significant
/// first.
///
/// Three passes over the upper 33 bits (sign, exponent and 21 bits of the fraction) leave nearly
/// all keys in place, and an insertion sort puts the others there. Where values are so close
/// together that this would take long, three passes over the lower bits and three over the upper
/// ones sort them whatever they are. Passes in which all keys have the same digit are skipped.
///
/// - Parameter joiningZeros: whether −0 is to be the same as 0.
/// - Complexity: O(n); about 12 ns a value, where comparing takes 80.
func ascendingKeys(_ values: [Double], joiningZeros: Bool = false) -> [UInt64] {
  // −0 + 0 is 0, and −0 + −0 is −0.
  let zero = joiningZeros ? 0.0 : -0.0
  var keys = values.map { key(of: $0 + zero) }
  guard keys.count > 4_096 else {
    keys.sort()
    return keys
  }
  var scratch = [UInt64](repeating: 0, count: keys.count)
  sortByDigits(&keys, &scratch, from: 31)
  if !insertInPlace(&keys) {
    sortByDigits(&keys, &scratch, from: 0)
    sortByDigits(&keys, &scratch, from: 31)
  }
  return keys
}

/// Three passes over the digits that begin at this bit.
private func sortByDigits(_ keys: inout [UInt64], _ scratch: inout [UInt64], from bit: Int) {
  var places = digitCounts(keys, from: bit)
  for pass in 0..<3 {
    let isInOrder = moveByDigit(pass, at: bit + 11 * pass, from: keys, to: &scratch, &places)
    if !isInOrder { swap(&keys, &scratch) }
  }
}

/// Insertion sort of what is nearly sorted.
///
/// - Returns: false, with the keys in some order, after eight moves a key.
private func insertInPlace(_ keys: inout [UInt64]) -> Bool {
  var budget = 8 * keys.count
  var cells = keys.mutableSpan
  var previous = cells[0]
  for index in 1..<cells.count {
    let key = cells[index]
    guard key < previous else {
      previous = key
      continue
    }
    var place = index
    while place > 0, cells[place - 1] > key {
      cells[place] = cells[place - 1]
      place -= 1
    }
    cells[place] = key
    budget -= index - place
    if budget < 0 { return false }
  }
  return true
}

private let digitRange = 2_048

/// How often each value of the three digits from this bit on occurs, digit after digit.
private func digitCounts(_ keys: [UInt64], from bit: Int) -> [Int] {
  var counts = [Int](repeating: 0, count: 3 * digitRange)
  let (first, second, third) = (UInt64(bit), UInt64(bit + 11), UInt64(bit + 22))
  unsafe counts.withUnsafeMutableBufferPointer { cells in
    for key in keys {
      unsafe cells[Int(truncatingIfNeeded: (key &>> first) & 2_047)] &+= 1
      unsafe cells[digitRange &+ Int(truncatingIfNeeded: (key &>> second) & 2_047)] &+= 1
      unsafe cells[2 &* digitRange &+ Int(truncatingIfNeeded: (key &>> third) & 2_047)] &+= 1
    }
  }
  return counts
}

/// Moves each key to the next free place of its digit.
///
/// Safe because places start at the sums of counts of the same keys, so every write is below
/// `keys.count`, and both arrays have that size.
///
/// - Returns: true where all keys have the same digit and nothing was moved.
private func moveByDigit(
  _ pass: Int, at bit: Int, from keys: [UInt64], to target: inout [UInt64], _ places: inout [Int]
) -> Bool {
  precondition(target.count == keys.count && places.count == 3 * digitRange)
  var start = 0
  for digit in pass * digitRange..<(pass + 1) * digitRange {
    let count = places[digit]
    if count == keys.count { return true }
    places[digit] = start
    start += count
  }
  let (shift, row) = (UInt64(bit), pass * digitRange)
  unsafe target.withUnsafeMutableBufferPointer { target in
    unsafe places.withUnsafeMutableBufferPointer { places in
      for key in keys {
        let digit = row &+ Int(truncatingIfNeeded: (key &>> shift) & 2_047)
        let place = unsafe places[digit]
        unsafe target[place] = key
        unsafe places[digit] = place &+ 1
      }
    }
  }
  return false
}
