internal import MetricModel
internal import Statistics

/// Kinds whose units are pods.
extension Comparison {
  /// Gauges: the mean of each pod is one observation.
  func means(canary: [Series], stable: [Series]) throws(Fault) -> ComparisonReport {
    let settings = try settings()
    let increases = (increases(of: canary), increases(of: stable))
    let first = ArmReadings<Double>(gauges: canary, increases.0, isCanary: true)
    let second = ArmReadings<Double>(gauges: stable, increases.1, isCanary: false)
    let arms = (canary: Self.arm(first), stable: Self.arm(second))
    if let early = tooFewPods("mean per pod", arms) { return early }
    do {
      var judge = try MeanJudge(settings)
      let crossing = try judged(first, second, increases.1) { (scrape) throws(NotComputable) in
        try judge.observe(scrape)
      }
      return report(
        "mean per pod", arms, try judge.evidence(level: budget.level), crossedAt: crossing)
    } catch {
      return try constant("mean per pod", arms, error)
    }
  }

  /// A ratio of two sums: seconds a request, bytes an answer.
  func ratios(canary: [[Series]], stable: [[Series]]) throws(Fault) -> ComparisonReport {
    let settings = try settings()
    let increases = (
      increases(of: canary[1], beside: canary[0]), increases(of: stable[1], beside: stable[0])
    )
    let first = ArmReadings(
      numerators: canary[0], denominators: canary[1], increases.0, isCanary: true)
    let second = ArmReadings(
      numerators: stable[0], denominators: stable[1], increases.1, isCanary: false)
    let arms = (canary: Self.arm(first), stable: Self.arm(second))
    if let early = tooFewPods("ratio of sums", arms) { return early }
    do {
      var judge = try RatioJudge(settings)
      let crossing = try judged(first, second, increases.1) { (scrape) throws(NotComputable) in
        try judge.observe(scrape)
      }
      return report(
        "ratio of sums", arms, try judge.evidence(level: budget.level), crossedAt: crossing)
    } catch {
      return try constant("ratio of sums", arms, error)
    }
  }

  private typealias Arms = (canary: ComparisonReport.Arm, stable: ComparisonReport.Arm)

  private func tooFewPods(_ measure: String, _ arms: Arms) -> ComparisonReport? {
    let counts = (arms.canary.pods.count, arms.stable.pods.count)
    guard counts.0 < 2 || counts.1 < 2 else { return nil }
    return undecided(
      counts.0 * counts.1 == 0 ? .noData : .notEnoughData, measure, arms.canary, arms.stable,
      "a \(measure) is compared pod by pod: found \(counts.0) canary and \(counts.1) stable pods "
        + "with data, 2 of each are needed")
  }

  private func constant(
    _ measure: String, _ arms: Arms, _ fault: NotComputable
  ) throws(Fault) -> ComparisonReport {
    guard fault == .zeroVariance else { throw .notComputable(fault) }
    return undecided(
      .notEnoughEvidence, measure, arms.canary, arms.stable,
      "the values of all pods are constant, so chance can't be told from change")
  }

  /// Pods as samples.
  private static func arm(_ readings: ArmReadings<Double>) -> ComparisonReport.Arm {
    let totals = readings.totals { values in (mean: Moments(of: values).mean, count: values.count) }
    let means = totals.pods.map(\.mean)
    return ComparisonReport.Arm(
      samples: Double(means.count), level: Moments(of: means).mean,
      pods: zip(readings.pods, totals.pods).map {
        PodCount(pod: $0.description, events: $1.mean, trials: Double($1.count))
      })
  }

  /// Denominators as samples.
  private static func arm(_ readings: ArmReadings<RatioReading>) -> ComparisonReport.Arm {
    let totals = readings.totals { readings in
      readings.reduce(RatioReading(numerator: 0, denominator: 0)) {
        RatioReading(
          numerator: $0.numerator + $1.numerator, denominator: $0.denominator + $1.denominator)
      }
    }
    let whole = totals.arm
    return ComparisonReport.Arm(
      samples: whole.denominator,
      level: whole.denominator > 0 ? whole.numerator / whole.denominator : .nan,
      pods: zip(readings.pods, totals.pods).map {
        PodCount(pod: $0.description, events: $1.numerator, trials: $1.denominator)
      })
  }
}
