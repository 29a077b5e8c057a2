internal import Glibc
internal import MetricModel
internal import Statistics

/// The histograms of a look, with what the arms come to.
struct HistogramLook {
  var readings: HistogramReadings
  var increases: CounterIncreases
  var seriesCounts: (canary: Int, stable: Int)
  var canary: BucketCounts
  var stable: BucketCounts
  var pods: (canary: [PodCount], stable: [PodCount])

  /// Both arms, each with a quantile as its level.
  func arms(at q: Double) -> (canary: ComparisonReport.Arm, stable: ComparisonReport.Arm) {
    func arm(_ counts: BucketCounts, _ pods: [PodCount]) -> ComparisonReport.Arm {
      ComparisonReport.Arm(
        samples: pods.reduce(0) { $0 + $1.trials },
        level: HistogramQuantile(of: counts).value(at: q), pods: pods)
    }
    return (arm(canary, pods.canary), arm(stable, pods.stable))
  }
}

extension Comparison {
  func read(
    _ histogram: CompareSpec.Histogram, _ canary: [Series], _ stable: [Series]
  ) throws(Fault) -> HistogramLook {
    let arms = ((canary, increases(of: canary)), (stable, increases(of: stable)))
    let readings: HistogramReadings
    do {
      switch histogram {
      case .classic: readings = try HistogramReadings(classic: arms.0, stable: arms.1)
      case .native: readings = try HistogramReadings(native: arms.0, stable: arms.1)
      }
    } catch {
      throw .unreadable(error.description)
    }
    let bounds = readings.bounds.isEmpty ? [.infinity] : readings.bounds
    let (first, second) = (
      readings.canary.bucketTotals(bounds.count), readings.stable.bucketTotals(bounds.count)
    )
    do {
      return HistogramLook(
        readings: readings, increases: arms.1.1, seriesCounts: (canary.count, stable.count),
        canary: try BucketCounts(upperBounds: bounds, counts: first.counts),
        stable: try BucketCounts(upperBounds: bounds, counts: second.counts),
        pods: (first.pods, second.pods))
    } catch {
      throw .notComputable(error)
    }
  }

  /// Whole distributions: worse by the judge of buckets, which watches tails and shifts; not worse
  /// by its interval of the factor by which the quantity grew.
  func distributions(_ look: HistogramLook) throws(Fault) -> ComparisonReport {
    let measure = "99th percentile"
    let settings = try settings()
    let arms = look.arms(at: 0.99)
    if let early = tooSmall(
      measure, arms.canary, arms.stable, seriesCounts: look.seriesCounts, unit: "observations")
    {
      return early
    }
    do {
      var judge = try BucketJudge(settings, upperBounds: look.readings.bounds)
      let crossing = try judged(
        look.readings.canary, look.readings.stable, look.increases
      ) { (scrape) throws(NotComputable) in try judge.observe(scrape) }
      // The shift of the whole hardly sees tails, so what those show isn't outweighed by it.
      return report(
        measure, arms, judge.evidence(level: budget.level), crossedAt: crossing,
        noise: judge.floor, detectable: judge.detectableFactor, marginOutweighs: false)
    } catch {
      throw .notComputable(error)
    }
  }

  /// A quantile of a histogram: worse when the share beyond a bound near it is, not worse by the
  /// intervals of both quantiles.
  ///
  /// The bound is picked by the first strata's totals of both arms, which say nothing about their
  /// difference, and stays.
  func quantiles(_ look: HistogramLook, at q: Double) throws(Fault) -> ComparisonReport {
    let measure = "quantile \(NumberText.json(q))"
    let settings = try settings()
    let arms = look.arms(at: q)
    if let early = tooSmall(
      measure, arms.canary, arms.stable, seriesCounts: look.seriesCounts, unit: "observations")
    {
      return early
    }
    guard let place = bound(near: q, look) else {
      let needed = PlainNumber.count((Self.beyond / min(q, 1 - q)).rounded(.up))
      return undecided(
        .notEnoughData, measure, arms.canary, arms.stable,
        "the quantile \(NumberText.json(q)) needs \(needed) observations of both versions")
    }
    do {
      var judge = CountJudge(settings)
      var crossing: Timestamp?
      let (first, second) = (look.readings.canary, look.readings.stable)
      for stratum in Set(first.strata.keys).union(second.strata.keys).sorted() {
        let scrape = Scrape(
          canary: try first.tail(above: place, stratum),
          stable: try second.tail(above: place, stratum))
        if try judge.observe(scrape) == .worse, crossing == nil {
          crossing = look.increases.end(ofStratum: stratum)
        }
      }
      let level = 1 - budget.pass
      let intervals = (
        try HistogramQuantile(of: look.canary).interval(at: q, level: level),
        try HistogramQuantile(of: look.stable).interval(at: q, level: level)
      )
      var evidence = judge.evidence(level: budget.level)
      evidence.effect = Effect(name: "ratio of quantiles", neutralValue: 1)
      evidence.estimate = arms.canary.level / arms.stable.level
      let factor = Self.widening(judge.information)
      evidence.interval = ConfidenceInterval(
        level: budget.level,
        lower: evidence.estimate
          * pow(intervals.0.lower / intervals.1.upper / evidence.estimate, factor),
        upper: evidence.estimate
          * pow(intervals.0.upper / intervals.1.lower / evidence.estimate, factor))
      let bound = NumberText.json(look.readings.bounds[place])
      evidence.method += ", of the share beyond \(bound); Wilson intervals of both quantiles"
      return report(
        measure, arms, evidence, crossedAt: crossing, noise: judge.floor,
        detectable: judge.detectableRatio)
    } catch {
      throw .notComputable(error)
    }
  }

  /// So many observations are expected on the smaller side of a quantile's bound.
  private static let beyond = 5.0

  /// The place of the bound beyond which about 1 − q of the first observations lie; nil for too few
  /// of them.
  private func bound(near q: Double, _ look: HistogramLook) -> Int? {
    let (first, second) = (look.readings.canary.strata, look.readings.stable.strata)
    guard look.readings.bounds.count > 1 else { return nil }
    var counts = [Double](repeating: 0, count: look.readings.bounds.count)
    for stratum in Set(first.keys).intersection(second.keys).sorted() {
      for pod in (first[stratum] ?? []) + (second[stratum] ?? []) {
        for index in counts.indices { counts[index] += pod.reading[index] }
      }
      let all = counts.reduce(0, +)
      guard all * min(q, 1 - q) >= Self.beyond else { continue }
      var below = 0.0
      let gaps = counts.dropLast().map { count in
        below += count
        return abs(below / all - q)
      }
      return gaps.indices.min { gaps[$0] < gaps[$1] }
    }
    return nil
  }
}
