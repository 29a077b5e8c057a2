internal import Statistics

/// Values of one side of a comparison, and how many independent ones they are worth.
///
/// Successive values of a series resemble each other, and series differ by more than their values
/// over time tell. Of n values of a series, n (1 − ρ)/(1 + ρ) with ρ the correlation of neighbours
/// are left, or fewer where the long-run variance says so (`Autocorrelation`). With r the share of
/// the variance that lies between k series, N such values are worth N / (1 + (N/k − 1) r), by
/// the design effect of L. Kish ("Survey Sampling", 1965, section 5.4).
struct EffectiveSample {
  /// The values of each series, in order of time.
  private(set) var series: [[Double]] = []
  /// Whether values came one after the other.
  let isOverTime: Bool

  init(isOverTime: Bool) {
    self.isOverTime = isOverTime
  }

  mutating func append(_ values: some Collection<Double>) {
    if !values.isEmpty { series.append(Array(values)) }
  }

  var values: [Double] { series.flatMap { $0 } }

  /// How many independent values there are; at most as many as values.
  ///
  /// - Throws: `emptyInput`, `nanInput`; `nonFiniteInput` if values came over time.
  func effectiveCount() throws(NotComputable) -> Double {
    if series.isEmpty { throw .emptyInput }
    if series.contains(where: { $0.contains(where: \.isNaN) }) { throw .nanInput }
    let count = Double(series.reduce(0) { $0 + $1.count })
    guard isOverTime else { return count }
    var within = 0.0
    var errors = 0.0
    var total = 0.0
    for values in series {
      let worth = try Self.worth(of: values)
      let moments = Moments(of: values)
      let variance = values.count > 1 ? moments.variance : 0
      total += worth
      within += variance * Double(values.count)
      errors += variance / worth
    }
    let seriesCount = Double(series.count)
    guard seriesCount > 1 else { return total }
    let means = Moments(of: series.map { Moments(of: $0).mean })
    let between = max(0, means.variance - errors / seriesCount)
    let all = between + within / count
    guard all > 0 else { return seriesCount }
    return total / (1 + (total / seriesCount - 1) * (between / all))
  }

  /// How many independent values those of one series are worth: at least one. Fewer than four tell
  /// nothing of how they hang together.
  private static func worth(of values: [Double]) throws(NotComputable) -> Double {
    if values.contains(where: \.isInfinite) { throw .nonFiniteInput }
    guard values.count >= 4, let first = values.first, values.contains(where: { $0 != first })
    else { return 1 }
    let neighbours = try Autocorrelation(of: values, lag: 1)
    let longRun = try Autocorrelation(of: values)
    // The sample's own correlation lies below the true one by about (1 + 4ρ)/n (M. Kendall, 1954).
    let count = Double(values.count)
    let seen = neighbours.coefficients[1]
    let correlation = min(0.99, seen + (1 + 4 * seen) / count)
    let worth = count * (1 - correlation) / (1 + correlation)
    return max(1, min(count, worth, longRun.effectiveSampleSize))
  }

  /// Mean and variance, with the effective count.
  ///
  /// - Throws: as `effectiveCount`; `tooFewObservations` below two; `nonFiniteInput`.
  func moments() throws(NotComputable) -> Moments {
    let count = try effectiveCount()
    let plain = Moments(of: values)
    guard isOverTime else { return plain }
    guard count >= 2 else { throw .tooFewObservations }
    // What dependent values spread is less than what independent ones would.
    let variance = plain.squaredDeviations / plain.count / (1 - 1 / count)
    return Moments(count: count, mean: plain.mean, variance: variance)
  }
}
