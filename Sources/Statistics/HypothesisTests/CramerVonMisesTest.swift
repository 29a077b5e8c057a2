import Glibc

/// The two-sample Cramér-von Mises test: the squared gap between the distribution functions.
///
/// ```swift
/// try CramerVonMisesTest(canary: canaryScores, baseline: baselineScores).pValue
/// ```
///
/// Sees changes spread over the middle better than Kolmogorov-Smirnov. T = U/(mnN) − (4mn − 1)/(6N)
/// with U = m Σ(r_i − i)² + n Σ(s_j − j)² on mid-ranks (T. Anderson, Ann. Math. Stat. 33, 1962).
package struct CramerVonMisesTest: Sendable, Hashable {
  package let statistic: Double
  private let groups: MannWhitneyTest

  /// - Throws: `emptyInput`, `nanInput`.
  package init(canary: [Double], baseline: [Double]) throws(NotComputable) {
    groups = try MannWhitneyTest(canary: canary, baseline: baseline)
    let (m, n) = (groups.samples.canary, groups.samples.baseline)
    var (below, a, b, first, second) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for group in groups.groups {
      let size = group.canary + group.baseline
      let rank = below + (size + 1) / 2
      for _ in 0..<Int(group.canary) {
        a += 1
        first += (rank - a) * (rank - a)
      }
      for _ in 0..<Int(group.baseline) {
        b += 1
        second += (rank - b) * (rank - b)
      }
      below += size
    }
    let total = m + n
    statistic = (m * first + n * second) / (m * n * total) - (4 * m * n - 1) / (6 * total)
  }

  /// The p-value by the limit law at T standardised to its exact mean and variance.
  package var pValue: Double {
    let (m, n) = (groups.samples.canary, groups.samples.baseline)
    let total = m + n
    let mean = (1 + 1 / total) / 6
    let spread = 4 * m * n * total - 3 * (m * m + n * n) - 2 * m * n
    let variance = (total + 1) * spread / (45 * total * total * 4 * m * n)
    let x = 1.0 / 6 + (statistic - mean) / (45 * variance).squareRoot()
    return x < 0.003 ? 1 : max(0, 1 - Self.limitCDF(x))
  }

  /// The exact p-value, for samples without ties and mn up to 150; else nil.
  ///
  /// T is a sum of squared whole gaps (i n − j m)² along a lattice path; paths are counted per sum.
  package func exactP() -> Double? {
    let (m, n) = (Int(groups.samples.canary), Int(groups.samples.baseline))
    guard m * n <= 150, groups.groups.allSatisfy({ $0.canary + $0.baseline == 1 }) else {
      return nil
    }
    // T = Σ gap² / (mn N²); counts[j]: sum → number of paths to (i, j).
    var counts = [[Int: Double]](repeating: [:], count: n + 1)
    for i in 0...m {
      for j in 0...n {
        var here: [Int: Double] = i == 0 && j == 0 ? [0: 1] : [:]
        let gap = i * n - j * m
        if i > 0 { for (sum, ways) in counts[j] { here[sum + gap * gap, default: 0] += ways } }
        if j > 0 { for (sum, ways) in counts[j - 1] { here[sum + gap * gap, default: 0] += ways } }
        counts[j] = here
      }
    }
    let scale = Double(m * n) * Double((m + n) * (m + n))
    let limit = statistic * scale - 0.5
    let law = counts[n].sorted { $0.key < $1.key }
    let all = law.reduce(0.0) { $0 + $1.value }
    return law.reduce(0.0) { Double($1.key) >= limit ? $0 + $1.value : $0 } / all
  }

  /// The limit law: (π√x)⁻¹ Σ Γ(k + ½)/(Γ(½) k!) √(4k + 1) e^(−q) K_¼(q), q = (4k + 1)²/(16x)
  /// (T. Anderson, D. Darling, Ann. Math. Stat. 23, 1952, eq. 4.35).
  static func limitCDF(_ x: Double) -> Double {
    var sum = 0.0
    var coefficient = 1.0
    for k in 0..<60 {
      if k > 0 { coefficient *= (Double(k) - 0.5) / Double(k) }
      let step = Double(4 * k + 1)
      let q = step * step / (16 * x)
      let term = coefficient * step.squareRoot() * exp(-2 * q) * scaledBesselQuarter(q)
      sum += term
      if term < 1e-17 * sum { break }
    }
    return sum / (.pi * x.squareRoot())
  }

  /// e^z K_¼(z) = ∫ exp(−z (cosh t − 1)) cosh(t/4) dt over t ≥ 0 (DLMF 10.32.9).
  private static func scaledBesselQuarter(_ z: Double) -> Double {
    let reach = acosh(1 + 45 / z)
    return [0.0, 0.25, 0.5, 0.75].reduce(0.0) { sum, part in
      sum
        + GaussLegendre.thirtyTwo.integral(from: part * reach, to: (part + 0.25) * reach) {
          exp(-z * (cosh($0) - 1)) * cosh($0 / 4)
        }
    }
  }
}
