import Glibc

/// Barnard's unconditional exact test for a 2×2 table.
///
/// ```swift
/// BarnardTest(canary: canary, baseline: baseline)?.pValue(.greater)
/// ```
///
/// The largest chance, over all common proportions, of tables whose z statistic is at least as
/// large (G. Barnard, Biometrika 34, 1947; with the z statistic S. Suissa, J. Shuster, JRSS A 148,
/// 1985). Never rejects more often than it says and is more powerful than Fisher's test in small
/// samples; the maximum makes it slow, so it is for small tables only.
package struct BarnardTest: Sendable, Hashable {
  private let (x1, n1, x2, n2): (Int, Int, Int, Int)
  private let isPooled: Bool

  /// Nil where an arm has no trials or the table has more than 20,000 outcomes. Counts are rounded.
  ///
  /// - Parameters:
  ///   - pooled: whether z uses the variance under equality.
  package init?(canary: Proportion, baseline: Proportion, pooled: Bool = true) {
    let (first, second) = (canary.rounded, baseline.rounded)
    guard first.trials > 0, second.trials > 0,
      (first.trials + 1) * (second.trials + 1) <= 20_000
    else { return nil }
    (x1, n1) = (Int(first.events), Int(first.trials))
    (x2, n2) = (Int(second.events), Int(second.trials))
    isPooled = pooled
  }

  /// The p-value. The maximum is searched on a grid of 1/400 and refined by golden section.
  package func pValue(_ alternative: Alternative) -> Double {
    let observed = z(x1, x2)
    let slack = observed.isFinite ? 1e-12 * max(1, abs(observed)) : 0
    // For each count of the canary, which counts of the baseline are as extreme.
    let extreme = (0...n1).map { i in
      (0...n2).filter { j in
        switch alternative {
        case .greater: z(i, j) >= observed - slack
        case .less: z(i, j) <= observed + slack
        case .twoSided: abs(z(i, j)) >= abs(observed) - slack
        }
      }
    }
    func chance(_ p: Double) -> Double {
      let first = Binomial(trials: Double(n1), probability: p)
      let second = Binomial(trials: Double(n2), probability: p)
      let masses = (0...n2).map { exp(second.logProbability(of: Double($0))) }
      return extreme.enumerated().reduce(0.0) { sum, row in
        guard !row.element.isEmpty else { return sum }
        let share = row.element.reduce(0.0) { $0 + masses[$1] }
        return sum + exp(first.logProbability(of: Double(row.offset))) * share
      }
    }
    let step = 1.0 / 400
    let grid = (1..<400).map { chance(Double($0) * step) }
    var best = 0.0
    for index in grid.indices {
      let isPeak =
        grid[index] >= (index > 0 ? grid[index - 1] : 0)
        && grid[index] >= (index + 1 < grid.count ? grid[index + 1] : 0)
      guard isPeak, grid[index] > 0.9 * best else { continue }
      best = max(best, peak(of: chance, around: Double(index + 1) * step, within: step))
    }
    return min(1, best)
  }

  private func z(_ i: Int, _ j: Int) -> Double {
    let (a, m, b, n) = (Double(i), Double(n1), Double(j), Double(n2))
    let (p, q) = (a / m, b / n)
    let common = (a + b) / (m + n)
    let variance =
      isPooled
      ? common * (1 - common) * (1 / m + 1 / n) : p * (1 - p) / m + q * (1 - q) / n
    if variance > 0 { return (p - q) / variance.squareRoot() }
    return p == q ? 0 : (p > q ? .infinity : -.infinity)
  }

  private func peak(
    of chance: (Double) -> Double, around centre: Double, within step: Double
  ) -> Double {
    let golden = 0.618033988749894848
    var (low, high) = (centre - step, centre + step)
    var best = chance(centre)
    for _ in 0..<40 {
      let (a, b) = (high - golden * (high - low), low + golden * (high - low))
      let (atA, atB) = (chance(a), chance(b))
      best = max(best, max(atA, atB))
      if atA < atB { low = a } else { high = b }
    }
    return best
  }
}
