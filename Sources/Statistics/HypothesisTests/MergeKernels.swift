/// In how many pairs the value of the first list is the larger; nil where any two values are equal.
///
/// Which list is ahead can't be foreseen, so the walk has no branch on it.
func untiedPairs(_ first: [UInt64], _ second: [UInt64]) -> Int? {
  func hasTies(_ keys: [UInt64]) -> Bool {
    var isTied = false
    for index in stride(from: 1, to: keys.count, by: 1) {
      isTied = isTied || keys[index] == keys[index - 1]
    }
    return isTied
  }
  if hasTies(first) || hasTies(second) { return nil }
  let (m, n) = (first.count, second.count)
  var (i, j, pairs) = (0, 0, 0)
  while i < m, j < n {
    let (x, y) = (first[i], second[j])
    if x == y { return nil }
    let isSecond = y < x ? 1 : 0
    pairs &+= (1 &- isSecond) &* j
    j &+= isSecond
    i &+= 1 &- isSecond
  }
  return pairs &+ (m - i) &* n
}

/// The groups of equal keys of two ascending lists, in order: how many of each list.
///
/// Which list is ahead can't be foreseen, so the walk has no branch on it; the one on equal
/// neighbours is nearly always right.
func mergedGroups(
  _ first: [UInt64], _ second: [UInt64]
) -> [(canary: Double, baseline: Double)] {
  let (m, n) = (first.count, second.count)
  return unsafe [(canary: Double, baseline: Double)](
    unsafeUninitializedCapacity: m + n
  ) { groups, count in
    var (i, j, last) = (0, 0, UInt64(0))
    func append(_ value: UInt64, _ a: Double, _ b: Double) {
      if count > 0, value == last {
        unsafe groups[count - 1].canary += a
        unsafe groups[count - 1].baseline += b
      } else {
        unsafe groups.initializeElement(at: count, to: (a, b))
        count += 1
        last = value
      }
    }
    while i < m, j < n {
      let (x, y) = (first[i], second[j])
      let (isFirst, isSecond) = (x <= y, y <= x)
      append(x <= y ? x : y, isFirst ? 1 : 0, isSecond ? 1 : 0)
      i &+= isFirst ? 1 : 0
      j &+= isSecond ? 1 : 0
    }
    while i < m {
      append(first[i], 1, 0)
      i += 1
    }
    while j < n {
      append(second[j], 0, 1)
      j += 1
    }
  }
}
