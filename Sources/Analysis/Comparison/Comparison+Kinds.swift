internal import Glibc
internal import MetricModel
internal import Statistics

extension Comparison {
  /// Bad events of all trials: worse by the stratified e-process, not worse by the score test.
  func proportions(
    canary: [[Series]], stable: [[Series]], isBad: Bool
  ) throws(Fault) -> ComparisonReport {
    let measure = "share of bad events"
    do {
      let first = try ProportionArm(
        events: canary[0], trials: canary[1], isBad: isBad, increases(of: canary[1]))
      let second = try ProportionArm(
        events: stable[0], trials: stable[1], isBad: isBad, increases(of: stable[1]))
      let arms = (canary: Self.arm(first), stable: Self.arm(second))
      if let early = tooSmall(
        measure, arms.canary, arms.stable,
        seriesCounts: (first.seriesCount, second.seriesCount), unit: "events")
      {
        return early
      }
      let noise = PodNoise(
        stable: second.podProportions, canaryPods: first.pods.count, chance: budget.whole / 2)
      var process = StratifiedEProcess(for: .greater)
      let strata = Set(first.strata.keys).intersection(second.strata.keys).sorted()
      for stratum in strata {
        let pair = try noise.discounted(
          canary: first.strata[stratum] ?? Proportion(),
          stable: second.strata[stratum] ?? Proportion(), .greater)
        try process.observe(canary: pair.canary, baseline: pair.stable)
      }
      let test = try TwoProportionTest(canary: first.total, baseline: second.total)
      var report = undecided(.notEnoughEvidence, measure, arms.canary, arms.stable, "")
      report.podSpread = noise.dispersion
      report.noiseFloor = noise.ratio
      // Half of the budget is for pods that differ by more than the floor.
      let required = ErrorBudget.requiredLogE(noise.ratio > 1 ? budget.whole / 2 : budget.whole)
      report.requiredLogE = required
      let interval = try test.miettinenNurminenInterval(level: 1 - 2 * budget.toPass)
      report.evidence = Evidence(
        effect: Effect(name: "difference of shares of bad events", unit: "share"),
        estimate: test.estimate, interval: interval,
        strength: .logE(process.largestLogE), alternative: .greater, samples: test.samplesPerArm,
        method: "stratified e-process over \(strata.count) strata; score interval",
        assumptions: Self.assumptions(noise))
      if let margin = spec.margin {
        // The score test against the margin, whose variance holds up without any event.
        report.logPNotWorse = Normal.standard.logCDF(test.scoreZ(against: margin))
        report.requiredLogP = ErrorBudget.requiredLogP(budget.toPass)
      }
      decide(&report, isWorse: process.largestLogE >= required, marginOutweighs: true)
      return report
    } catch {
      throw .notComputable(error)
    }
  }

  /// Whole distributions: worse when the share beyond any bucket bound says so, not worse when the
  /// ranks say so.
  func distributions(canary: [Series], stable: [Series]) throws(Fault) -> ComparisonReport {
    let measure = "99th percentile"
    let first = try histogram(canary)
    let second = try histogram(stable)
    let arms = (canary: Self.arm(first), stable: Self.arm(second))
    if let early = tooSmall(
      measure, arms.canary, arms.stable, seriesCounts: (first.seriesCount, second.seriesCount),
      unit: "observations")
    {
      return early
    }
    guard first.bounds == second.bounds else {
      throw .unreadable("canary and stable have different bucket bounds, expected the same `le`")
    }
    do {
      let canaryCounts = try BucketCounts(upperBounds: first.bounds, cumulative: first.total)
      let stableCounts = try BucketCounts(upperBounds: second.bounds, cumulative: second.total)
      let ranks = try MannWhitneyTest(canary: canaryCounts, baseline: stableCounts)
      let tails = try TailMixture(
        canary: first, stable: second, alternative, chance: budget.whole / 2)
      var report = undecided(.notEnoughEvidence, measure, arms.canary, arms.stable, "")
      let required = ErrorBudget.requiredLogE(budget.whole / 2)
      report.requiredLogE = required
      report.noiseFloor = tails.noiseFloor
      report.podSpread = tails.dispersion
      let interval = PodRankNoise(stable: second).widened(
        ranks.effectInterval(level: 1 - 2 * budget.toPass), around: ranks.effect,
        canaryPods: first.pods.count)
      report.evidence = Evidence(
        effect: Effect(name: "P(canary is larger)", neutralValue: 0.5), estimate: ranks.effect,
        interval: interval, strength: .logE(tails.largestLogE), alternative: alternative,
        samples: ranks.samples,
        method: "e-process of the shares beyond \(first.bounds.count - 1) bucket bounds; "
          + "Mann-Whitney effect",
        assumptions: Self.assumptions(nil))
      let isWithin =
        spec.margin.map {
          spec.worse == .increase ? interval.upper < 0.5 + $0 : interval.lower > 0.5 - $0
        } ?? false
      // Ranks hardly see tails, so what the tails show isn't outweighed by what ranks don't.
      decide(
        &report, isWorse: tails.largestLogE >= required, isWithin: isWithin,
        marginOutweighs: false)
      return report
    } catch {
      throw .notComputable(error)
    }
  }

  /// Gauges: the mean of each pod is one observation.
  func means(canary: [Series], stable: [Series]) throws(Fault) -> ComparisonReport {
    let measure = "mean per pod"
    let first = PodMeans(canary, increases(of: canary))
    let second = PodMeans(stable, increases(of: stable))
    let arms = (canary: first.arm, stable: second.arm)
    guard first.samples >= 2, second.samples >= 2 else {
      let outcome: ComparisonReport.Outcome =
        first.samples * second.samples == 0 ? .noData : .notEnoughSamples
      return undecided(
        outcome, measure, arms.canary, arms.stable,
        "means are compared pod by pod: found \(PlainNumber.count(first.samples)) canary and "
          + "\(PlainNumber.count(second.samples)) stable pods with values, 2 of each are needed")
    }
    do {
      let test = try WelchTest(canary: first.moments, baseline: second.moments)
      var report = undecided(.notEnoughEvidence, measure, arms.canary, arms.stable, "")
      report.requiredLogP = ErrorBudget.requiredLogP(budget.ofLook)
      var evidence = test.evidence(for: alternative)
      evidence.interval = test.interval(level: 1 - 2 * budget.toPass)
      report.evidence = evidence
      if let margin = spec.margin {
        report.logPNotWorse = try test.logP(
          notWorseBy: margin, higherIsBetter: spec.worse == .decrease)
      }
      decide(
        &report, isWorse: test.logP(alternative) <= (report.requiredLogP ?? -.infinity),
        marginOutweighs: true)
      return report
    } catch {
      guard error == .zeroVariance else { throw .notComputable(error) }
      return undecided(
        .notEnoughEvidence, measure, arms.canary, arms.stable,
        "the values of all pods are constant, so chance can't be told from change")
    }
  }

  /// Whether the canary is worse, or not worse by the margin; with the reason in words.
  ///
  /// A difference that is proven and proven to lie within the margin passes: the margin says so.
  func decide(
    _ report: inout ComparisonReport, isWorse: Bool, isWithin: Bool? = nil, marginOutweighs: Bool
  ) {
    let required = ErrorBudget.requiredLogP(budget.toPass)
    let isNotWorse = isWithin ?? report.logPNotWorse.map { $0 <= required } ?? false
    let isWithin = passes(report.evidence, isNotWorse: isNotWorse)
    if isWithin, !isWorse || marginOutweighs {
      report.outcome = .notWorse
    } else if isWorse {
      report.outcome = .worse
    }
    report.reason = ComparisonSentence(report, spec: spec).text
  }

  /// Whether the canary has shown what the test asks for.
  private func passes(_ evidence: Evidence?, isNotWorse: Bool) -> Bool {
    guard let evidence else { return false }
    let (interval, neutral) = (evidence.interval, evidence.effect.neutralValue)
    switch spec.test {
    case .nonInferiority: return isNotWorse
    case .superiority:
      return spec.worse == .increase ? interval.upper < neutral : interval.lower > neutral
    case .equivalence:
      guard isNotWorse, let margin = spec.margin else { return false }
      // Ratios are as far from 1 as their inverses.
      let (low, high) =
        neutral == 1 ? (1 / (1 + margin), 1 + margin) : (neutral - margin, neutral + margin)
      return spec.worse == .increase ? interval.lower > low : interval.upper < high
    }
  }

  func histogram(_ buckets: [Series]) throws(Fault) -> HistogramArm {
    do {
      return try HistogramArm(buckets: buckets, increases(of: buckets))
    } catch {
      throw .unreadable(error.description)
    }
  }

  private static func arm(_ arm: ProportionArm) -> ComparisonReport.Arm {
    ComparisonReport.Arm(samples: arm.total.trials, level: arm.total.fraction, pods: arm.pods)
  }

  static func arm(_ arm: HistogramArm) -> ComparisonReport.Arm {
    ComparisonReport.Arm(
      samples: arm.count, level: arm.percentile99,
      pods: arm.pods.map { PodCount(pod: $0.pod, events: 0, trials: $0.counts.last ?? 0) })
  }

  private static func assumptions(_ noise: PodNoise?) -> [Assumption] {
    [
      Assumption("each scrape is counted once", .holds),
      Assumption(
        "pods of one arm are alike, or the noise floor covers how they differ",
        noise?.dispersion == nil ? .notChecked : .holds),
    ]
  }
}

/// The tails of two histograms beyond every bucket bound, watched together.
///
/// Each bound cuts off a tail, and the share beyond it is a proportion with an e-process of its
/// own. The mean of e-values is an e-value, so bounds need no correction for their number, and a
/// change that only the slowest requests show is seen at the bound where it shows.
private struct TailMixture {
  /// The natural logarithm of the largest e-value so far.
  var largestLogE = 0.0
  /// The noise floor and the dispersion of stable pods at the bound with the strongest evidence.
  var noiseFloor = 1.0
  var dispersion: Double?

  init(
    canary: HistogramArm, stable: HistogramArm, _ alternative: Alternative, chance: Double
  ) throws(NotComputable) {
    let bounds = canary.bounds.indices.dropLast()
    guard !bounds.isEmpty else { return }
    var noises: [PodNoise] = []
    for index in bounds {
      let pods = stable.pods.compactMap { try? HistogramArm.exceedance($0.counts, above: index) }
      noises.append(PodNoise(stable: pods, canaryPods: canary.pods.count, chance: chance))
    }
    var processes = bounds.map { _ in StratifiedEProcess(for: alternative) }
    for stratum in Set(canary.strata.keys).intersection(stable.strata.keys).sorted() {
      guard let first = canary.strata[stratum], let second = stable.strata[stratum] else {
        continue
      }
      for index in bounds {
        let canaryTail = try HistogramArm.exceedance(first, above: index)
        let stableTail = try HistogramArm.exceedance(second, above: index)
        let pair = try noises[index].discounted(
          canary: canaryTail, stable: stableTail, alternative)
        try processes[index].observe(canary: pair.canary, baseline: pair.stable)
      }
      largestLogE = max(largestLogE, Self.logMean(processes.map(\.logE)))
    }
    let strongest = bounds.max { processes[$0].logE < processes[$1].logE } ?? 0
    (noiseFloor, dispersion) = (noises[strongest].ratio, noises[strongest].dispersion)
  }

  /// log of the mean of exponentials.
  private static func logMean(_ terms: [Double]) -> Double {
    let peak = terms.max() ?? 0
    return peak + log(terms.reduce(0) { $0 + exp($1 - peak) } / Double(terms.count))
  }
}

extension TwoProportionTest {
  fileprivate var samplesPerArm: SamplesPerArm {
    SamplesPerArm(canary: canary.trials, baseline: baseline.trials)
  }
}

/// The mean of a gauge in each pod, as the observations of an arm.
private struct PodMeans {
  var moments = Moments()
  var arm: ComparisonReport.Arm
  var samples: Double { moments.count }

  init(_ series: [Series], _ window: CounterIncreases) {
    var byPod: [Labels: Moments] = [:]
    for one in series {
      let values = zip(one.samples.timestamps, one.samples.values)
        .filter { window.counts($0, in: one) && $1.isFinite }.map(\.1)
      let pod = CounterIncreases.pod(of: one.labels)
      var moments = byPod[pod] ?? Moments()
      moments.add(values.span)
      byPod[pod] = moments
    }
    let means = byPod.filter { $0.value.count > 0 }.sorted { $0.key < $1.key }
    let values = means.map(\.value.mean)
    moments.add(values.span)
    arm = ComparisonReport.Arm(
      samples: moments.count, level: moments.mean,
      pods: means.map {
        PodCount(pod: $0.key.description, events: $0.value.mean, trials: $0.value.count)
      })
  }
}
