/// Sets of series as ascending ordinals.
enum Postings {
  /// What both have.
  static func intersection(_ a: [UInt32], _ b: [UInt32]) -> [UInt32] {
    let (small, large) = a.count <= b.count ? (a, b) : (b, a)
    if large.count / 16 > small.count { return gallop(small, large) }
    var result: [UInt32] = []
    var (i, j) = (0, 0)
    while i < small.count && j < large.count {
      let (x, y) = (small[i], large[j])
      if x == y { result.append(x) }
      if x <= y { i += 1 }
      if y <= x { j += 1 }
    }
    return result
  }

  /// Looks each of few up among many.
  private static func gallop(_ small: [UInt32], _ large: [UInt32]) -> [UInt32] {
    var result: [UInt32] = []
    var start = 0
    for x in small {
      var step = 1
      while start + step < large.count && large[start + step] < x { step *= 2 }
      var (low, high) = (start + step / 2, min(start + step + 1, large.count))
      while low < high {
        let middle = (low + high) / 2
        if large[middle] < x { low = middle + 1 } else { high = middle }
      }
      start = low
      if start == large.count { break }
      if large[start] == x { result.append(x) }
    }
    return result
  }

  /// What `a` has and `b` hasn't.
  static func difference(_ a: [UInt32], _ b: [UInt32]) -> [UInt32] {
    var result: [UInt32] = []
    var j = 0
    for x in a {
      while j < b.count && b[j] < x { j += 1 }
      if j == b.count || b[j] != x { result.append(x) }
    }
    return result
  }

  /// What any of the sets has.
  static func union(_ sets: [[UInt32]]) -> [UInt32] {
    guard sets.count > 1 else { return sets.first ?? [] }
    var all = sets.flatMap { $0 }
    all.sort()
    var result: [UInt32] = []
    result.reserveCapacity(all.count)
    for x in all where result.last != x { result.append(x) }
    return result
  }
}
