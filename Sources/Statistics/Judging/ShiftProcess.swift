import Glibc

/// The e-process of a distribution that moves: multinomial likelihoods against shifts.
///
/// ```swift
/// var process = ShiftProcess(directions)
/// process.observe(canary: [140, 9, 1], stable: [1_270, 70, 10])
/// process.logE
/// ```
///
/// With q the buckets' probabilities as the stable arm had them before the stratum, q_d the same
/// moved in direction d, and p₀ = (n_c q_d + n_s q)/(n_c + n_s), a stratum multiplies the e-value
/// by Π (q_d/p₀)^(canary) Π (q/p₀)^(stable), averaged over directions. Whatever the true common
/// distribution p, the expectation is (Σ p q_d/p₀)^n_c (Σ p q/p₀)^n_s ≤ 1 by the inequality of
/// arithmetic and geometric means (the 2×2 case: R. Turner, A. Ly, P. Grünwald, 2021, theorem 1).
struct ShiftProcess: Sendable, Hashable {
  let directions: ShiftDirections
  private var logFactors: [Double]
  /// The stable arm's counts so far.
  private(set) var stable: [Double]

  /// What a process has to remember; directions follow from the bounds.
  struct Memory: Sendable, Hashable, Codable {
    var logFactors: [Double]
    var stable: [Double]
  }

  var memory: Memory { Memory(logFactors: logFactors, stable: stable) }

  /// - Throws: `lengthMismatch` where the memory is of another process.
  init(_ directions: ShiftDirections, _ memory: Memory) throws(NotComputable) {
    self.init(directions)
    guard memory.logFactors.count == logFactors.count, memory.stable.count == stable.count else {
      throw .lengthMismatch
    }
    (logFactors, stable) = (memory.logFactors, memory.stable)
  }

  init(_ directions: ShiftDirections) {
    self.directions = directions
    logFactors = [Double](repeating: 0, count: directions.directions.count)
    stable = [Double](repeating: 0, count: directions.upperBounds.count)
  }

  /// The natural logarithm of the e-value; 0 before the second stratum.
  var logE: Double { logMeanExp(logFactors) }

  /// What is expected of the next stratum: the stable arm's counts so far, one count added that
  /// all buckets share.
  var expectation: [Double] {
    let added = 1 / Double(stable.count)
    return stable.map { $0 + added }
  }

  /// Neighbouring buckets that the stable arm filled too little to know their shares, together.
  private var groups: [Range<Int>] {
    var result: [Range<Int>] = []
    var (start, count) = (0, 0.0)
    for index in stable.indices {
      count += stable[index]
      if count >= Self.leastCount {
        result.append(start..<index + 1)
        (start, count) = (index + 1, 0)
      }
    }
    if start < stable.count {
      // What is left over at the end stays a group of its own: the tail is what matters.
      result.append(start..<stable.count)
    }
    return result
  }

  private static let leastCount = 4.0

  mutating func observe(canary: [Double], stable other: [Double]) {
    let (nc, ns) = (canary.reduce(0, +), other.reduce(0, +))
    if nc > 0, ns > 0, stable.contains(where: { $0 > 0 }) {
      bet(nc, ns, canary, other)
    }
    for bucket in stable.indices { stable[bucket] += other[bucket] }
  }

  private mutating func bet(_ nc: Double, _ ns: Double, _ canary: [Double], _ other: [Double]) {
    let expectation = expectation
    let survival = ShiftDirections.survival(expectation)
    let total = expectation.reduce(0, +)
    let groups = groups.map { range in
      (
        range: range, q: expectation[range].reduce(0, +) / total,
        first: canary[range].reduce(0, +), second: other[range].reduce(0, +)
      )
    }
    for (index, direction) in directions.directions.enumerated() {
      let moved = directions.shifted(survival, direction)
      var sum = 0.0
      for group in groups where group.first + group.second > 0 {
        var chance = 0.0
        for bucket in group.range { chance += moved[bucket] }
        // A change of the tail leaves most groups as they are.
        if abs(chance - group.q) <= 1e-13 * group.q { continue }
        // Nothing is impossible: a group that the move empties keeps a little.
        let canaryChance = max(chance, 1e-3 * group.q)
        let common = (nc * canaryChance + ns * group.q) / (nc + ns)
        sum += group.first * log(canaryChance / common) + group.second * log(group.q / common)
      }
      logFactors[index] += sum
    }
  }
}
