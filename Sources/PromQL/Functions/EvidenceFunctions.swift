internal import Glibc
internal import MetricModel
internal import Statistics

/// Comparisons of two samples of values.
extension EvidenceAnswer {
  /// `welch_t`: the mean of the first minus that of the second.
  static func welch(
    _ first: EffectiveSample, _ second: EffectiveSample
  ) throws(NotComputable) -> EvidenceAnswer {
    let test = try WelchTest(canary: first.moments(), baseline: second.moments())
    return EvidenceAnswer(
      strength: exp(test.logP(.twoSided)), estimate: test.estimate,
      interval: test.interval(level: level), sizes: test.samples)
  }

  /// `sequential_welch_t`: the same difference with a confidence sequence, tightest where both
  /// sides together are worth a hundred independent values.
  static func sequentialWelch(
    _ first: EffectiveSample, _ second: EffectiveSample
  ) throws(NotComputable) -> EvidenceAnswer {
    let test = try WelchTest(canary: first.moments(), baseline: second.moments())
    let sequence = try AsymptoticConfidenceSequence(
      estimate: test.estimate, standardError: test.standardError,
      count: test.samples.canary + test.samples.baseline, tunedCount: 100, alpha: 1 - level)
    return EvidenceAnswer(
      strength: exp(sequence.logE), estimate: test.estimate, interval: sequence.interval,
      sizes: test.samples)
  }

  /// `mann_whitney_u`: the chance that a value of the first is larger than one of the second, ties
  /// counted half. Values over time count as much less as they are worth.
  static func mannWhitney(
    _ first: EffectiveSample, _ second: EffectiveSample
  ) throws(NotComputable) -> EvidenceAnswer {
    let counts = (try first.effectiveCount(), try second.effectiveCount())
    let values = (first.values, second.values)
    guard first.isOverTime || second.isOverTime else {
      let test = try MannWhitneyTest(canary: values.0, baseline: values.1)
      let evidence = test.evidence(for: .twoSided, level: level)
      return EvidenceAnswer(
        strength: evidence.strength.pValue, estimate: evidence.estimate,
        interval: evidence.interval, sizes: test.samples)
    }
    guard counts.0 >= 2, counts.1 >= 2 else { throw .tooFewObservations }
    let weights = (counts.0 / Double(values.0.count), counts.1 / Double(values.1.count))
    let ranked = values.0.map { ($0, weights.0, 0.0) } + values.1.map { ($0, 0.0, weights.1) }
    var groups: [(value: Double, first: Double, second: Double)] = []
    for (value, first, second) in ranked.sorted(by: { $0.0 < $1.0 }) {
      if let last = groups.last, last.value == value {
        groups[groups.count - 1].first += first
        groups[groups.count - 1].second += second
      } else {
        groups.append((value, first, second))
      }
    }
    let test = try MannWhitneyTest(
      canaryCounts: groups.map(\.first), baselineCounts: groups.map(\.second))
    return EvidenceAnswer(
      strength: exp(test.logP(.twoSided)), estimate: test.effect,
      interval: test.effectInterval(level: level), sizes: test.samples)
  }

  /// `two_proportions`: the first share minus the second.
  static func twoProportions(
    _ first: Proportion, _ second: Proportion
  ) throws(NotComputable) -> EvidenceAnswer {
    let test = try TwoProportionTest(canary: first, baseline: second)
    let evidence = try test.evidence(for: .twoSided, level: level)
    return EvidenceAnswer(
      strength: evidence.strength.pValue, estimate: evidence.estimate,
      interval: evidence.interval, sizes: evidence.samples)
  }

  /// `quantile_ratio`: one quantile over the other.
  ///
  /// Each side's interval is Wilson's for the rank, taken through the histogram; on the logarithmic
  /// scale the distances of both are added in quadrature (G. Zou, A. Donner, Stat. Med. 27, 2008).
  /// The p-value is the smallest level whose interval leaves out 1, not below 1e-15.
  static func quantileRatio(
    _ q: Double, _ first: QuantileSide, _ second: QuantileSide
  ) throws(NotComputable) -> EvidenceAnswer {
    guard 0...1 ~= q else { throw .invalidProbability }
    guard first.count > 0, second.count > 0 else { throw .emptyInput }
    let logs = (log(first.value(at: q)), log(second.value(at: q)))
    guard logs.0.isFinite, logs.1.isFinite else { throw .zeroDenominator }
    let ratio = logs.0 - logs.1
    func logInterval(_ level: Double) throws(NotComputable) -> (lower: Double, upper: Double) {
      let (a, b) = (try first.logInterval(q, level), try second.logInterval(q, level))
      return (
        ratio - hypot(logs.0 - a.lower, b.upper - logs.1),
        ratio + hypot(a.upper - logs.0, logs.1 - b.lower)
      )
    }
    // Wider the higher the level: bisection for the p-value's logarithm.
    var (low, high) = (log(1e-15), 0.0)
    for _ in 0..<50 {
      let middle = (low + high) / 2
      let (lower, upper) = try logInterval(-expm1(middle))
      if lower <= 0 && upper >= 0 { low = middle } else { high = middle }
    }
    let interval = try logInterval(level)
    return EvidenceAnswer(
      strength: ratio == 0 ? 1 : exp(high), estimate: exp(ratio),
      interval: ConfidenceInterval(
        level: level, lower: exp(interval.lower), upper: exp(interval.upper)),
      sizes: SamplesPerArm(canary: first.count, baseline: second.count))
  }
}

/// A histogram as `quantile_ratio` asks it: how many observations, and what value at a rank.
enum QuantileSide {
  /// Sorted, rising, the last bound infinite.
  case classic([ClassicBucket])
  case native(NativeHistogram)

  var count: Double {
    switch self {
    case .classic(let buckets): buckets.last?.count ?? 0
    case .native(let histogram): histogram.count
    }
  }

  /// As `histogram_quantile` has it.
  func value(at q: Double) -> Double {
    switch self {
    case .classic(var buckets): ClassicBuckets.quantile(q, &buckets).value
    case .native(let histogram): histogram.quantile(q).value
    }
  }

  /// Whether a quantile lies where no bucket bounds it from above.
  func isBeyondBuckets(_ q: Double) -> Bool {
    guard case .classic(let buckets) = self, buckets.count > 1 else { return false }
    return q * count > buckets[buckets.count - 2].count
  }

  fileprivate func logInterval(
    _ q: Double, _ level: Double
  ) throws(NotComputable) -> (lower: Double, upper: Double) {
    let share = try ProportionInterval.wilson.of(
      Proportion(events: q * count, trials: count), level: level)
    let lower = max(0, value(at: share.lower))
    let upper = isBeyondBuckets(share.upper) ? .infinity : value(at: share.upper)
    return (log(lower.isNaN ? 0 : lower), log(upper.isNaN ? .infinity : upper))
  }
}
