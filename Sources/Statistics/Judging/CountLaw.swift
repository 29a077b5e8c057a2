import Glibc

/// The law of the canary's count in one stratum when the arms are alike, ready to be drawn from.
///
/// Probabilities within nine standard deviations by the recurrence of neighbours, summed up once;
/// a draw looks its uniform number up in a guide table (H. Chen, Y. Asau, AIIE Trans. 6, 1974).
struct CountLaw: Sendable {
  private let first: Double
  /// Of a law too wide for a table, which is normal for all purposes; 0 otherwise.
  private let deviation: Double
  /// P(K ≤ first + i).
  private var cumulative: [Double] = []
  /// Where to start looking for a number in [g/64, (g + 1)/64).
  private var guide: [Int] = []

  /// Whether only one count can occur.
  var isCertain: Bool { cumulative.count < 2 && deviation == 0 }

  /// The variance from which on the table is given up.
  private static let widest = 1e5

  /// The canary's events of `events` among `canary` and `stable` trials.
  init(hypergeometric events: Double, canary: Double, stable: Double) {
    let (k, m, n) = (events.rounded(), canary.rounded(), stable.rounded())
    let total = m + n
    guard k > 0, m > 0, n > 0, k < total else {
      self.init(certain: k >= total ? m : 0)
      return
    }
    let mean = k * (m / total)
    let variance = mean * (n / total) * ((total - k) / max(1, total - 1))
    self.init(
      support: max(0, k - n)...min(k, m), mean: mean, variance: variance,
      ratio: { x in (m - x) / (x + 1) * ((k - x) / (n - k + x + 1)) })
  }

  /// The canary's events of `events` that each fall on it with the chance `share`.
  init(binomial events: Double, share: Double) {
    let k = events.rounded()
    guard k > 0, share > 0, share < 1 else {
      self.init(certain: share >= 1 ? k : 0)
      return
    }
    let odds = share / (1 - share)
    self.init(
      support: 0...k, mean: k * share, variance: k * share * (1 - share),
      ratio: { x in (k - x) / (x + 1) * odds })
  }

  private init(certain count: Double) { (first, deviation) = (count, 0) }

  /// - Parameter ratio: P(x + 1)/P(x).
  private init(
    support: ClosedRange<Double>, mean: Double, variance: Double, ratio: (Double) -> Double
  ) {
    guard variance < Self.widest else {
      (first, deviation) = (mean, variance.squareRoot())
      return
    }
    let reach = 9 * variance.squareRoot() + 20
    let low = max(support.lowerBound, (mean - reach).rounded(.down))
    let high = min(support.upperBound, (mean + reach).rounded(.up))
    let mode = min(high, max(low, mean.rounded()))
    (first, deviation) = (low, 0)
    // Outwards from the mode, so that nothing underflows where it matters.
    let count = Int(high - low) + 1
    var masses = [Double](repeating: 0, count: count)
    let middle = Int(mode - low)
    masses[middle] = 1
    for index in stride(from: middle + 1, to: count, by: 1) {
      masses[index] = masses[index - 1] * ratio(low + Double(index - 1))
    }
    for index in stride(from: middle - 1, through: 0, by: -1) {
      masses[index] = masses[index + 1] / ratio(low + Double(index))
    }
    let total = masses.reduce(0, +)
    var sum = 0.0
    cumulative = masses.map { mass in
      sum += mass
      return sum / total
    }
    cumulative[count - 1] = 1
    var place = 0
    guide = (0..<64).map { step in
      while cumulative[place] <= Double(step) / 64 { place += 1 }
      return place
    }
  }

  /// One count.
  func draw(_ generator: inout SeededGenerator) -> Double {
    guard cumulative.count > 1 else {
      return deviation > 0 ? first + deviation * generator.nextNormal() : first
    }
    let u = generator.nextUnit()
    var place = guide[Int(u * 64)]
    while cumulative[place] <= u { place += 1 }
    return first + Double(place)
  }
}
