import Glibc

/// The law of the canary's count in one stratum when the arms are alike, on a lattice.
///
/// Probabilities by the recurrence of neighbours, from the mode outwards, as far as nine standard
/// deviations; collected in cells of `unit` counts, cell c holding the counts k with
/// ⌊k/unit⌋ = c.
struct CountLaw: Sendable {
  /// The cell of the first mass.
  let first: Int
  let masses: [Double]

  /// The canary's events of `events` among `canary` and `stable` trials, all rounded.
  init(hypergeometric events: Double, canary: Double, stable: Double, unit: Int) {
    let (k, m, n) = (events.rounded(), canary.rounded(), stable.rounded())
    let total = m + n
    guard k > 0, m > 0, n > 0, k < total else {
      self.init(certain: k >= total ? m : 0, unit)
      return
    }
    let mean = k * (m / total)
    let variance = mean * (n / total) * ((total - k) / max(1, total - 1))
    self.init(
      support: max(0, k - n)...min(k, m), mean: mean, variance: variance, unit,
      ratio: { x in (m - x) / (x + 1) * ((k - x) / (n - k + x + 1)) })
  }

  /// The canary's events of `events`, rounded, that each fall on it with the chance `share`.
  init(binomial events: Double, share: Double, unit: Int) {
    let k = events.rounded()
    guard k > 0, share > 0, share < 1 else {
      self.init(certain: share >= 1 ? k : 0, unit)
      return
    }
    let odds = share / (1 - share)
    self.init(
      support: 0...k, mean: k * share, variance: k * share * (1 - share), unit,
      ratio: { x in (k - x) / (x + 1) * odds })
  }

  private init(certain count: Double, _ unit: Int) {
    first = Self.cell(count, unit)
    masses = [1]
  }

  /// The cell of a count; counts beyond what an integer holds don't occur.
  static func cell(_ count: Double, _ unit: Int) -> Int {
    Int((min(max(count, -1e15), 1e15) / Double(unit)).rounded(.down))
  }

  /// - Parameter ratio: P(x + 1)/P(x).
  private init(
    support: ClosedRange<Double>, mean: Double, variance: Double, _ unit: Int,
    ratio: (Double) -> Double
  ) {
    let deviation = variance.squareRoot()
    let reach = 9 * deviation + 20
    let low = max(support.lowerBound, (mean - reach).rounded(.down))
    let high = min(support.upperBound, (mean + reach).rounded(.up))
    first = Self.cell(low, unit)
    var cells = [Double](repeating: 0, count: Self.cell(high, unit) - first + 1)
    if deviation > Self.widest {
      // Normal for all purposes; each cell has its share of the area.
      let law = Normal(mean: mean, standardDeviation: deviation)
      for index in cells.indices {
        let edge = Double((first + index) * unit) - 0.5
        cells[index] = law.cdf(edge + Double(unit)) - law.cdf(edge)
      }
    } else {
      let mode = min(high, max(low, mean.rounded()))
      var (x, mass) = (mode, 1.0)
      while x <= high {
        cells[Self.cell(x, unit) - first] += mass
        mass *= ratio(x)
        x += 1
      }
      (x, mass) = (mode, 1.0)
      while x > low {
        mass /= ratio(x - 1)
        x -= 1
        cells[Self.cell(x, unit) - first] += mass
      }
    }
    let total = cells.reduce(0, +)
    masses = cells.map { $0 / total }
  }

  /// The standard deviation from which on the recurrence would take too long.
  private static let widest = 3e3
}
