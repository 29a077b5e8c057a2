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

  init(_ directions: ShiftDirections) {
    self.directions = directions
    logFactors = [Double](repeating: 0, count: directions.directions.count)
    stable = [Double](repeating: 0, count: directions.upperBounds.count)
  }

  /// The natural logarithm of the e-value; 0 before the second stratum.
  var logE: Double { logMeanExp(logFactors) }

  /// What is expected of the next stratum: the stable arm's counts so far, half a count in each
  /// bucket added.
  var expectation: [Double] { stable.map { $0 + 0.5 } }

  mutating func observe(canary: [Double], stable other: [Double]) {
    let (nc, ns) = (canary.reduce(0, +), other.reduce(0, +))
    if nc > 0, ns > 0, stable.contains(where: { $0 > 0 }) {
      let survival = ShiftDirections.survival(expectation)
      let total = Double(stable.count) * 0.5 + stable.reduce(0, +)
      let q = expectation.map { $0 / total }
      for (index, direction) in directions.directions.enumerated() {
        let moved = directions.shifted(survival, direction)
        var sum = 0.0
        for bucket in q.indices where canary[bucket] + other[bucket] > 0 {
          // Nothing is impossible: a bucket that the move empties keeps a little.
          let chance = max(moved[bucket], 1e-3 * q[bucket])
          let common = (nc * chance + ns * q[bucket]) / (nc + ns)
          if canary[bucket] > 0 { sum += canary[bucket] * log(chance / common) }
          if other[bucket] > 0 { sum += other[bucket] * log(q[bucket] / common) }
        }
        logFactors[index] += sum
      }
    }
    for bucket in stable.indices { stable[bucket] += other[bucket] }
  }
}
