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
