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
      var process = StratifiedEProcess(for: .greater)
      for stratum in Set(first.strata.keys).intersection(second.strata.keys).sorted() {
        try process.observe(
          canary: first.strata[stratum] ?? Proportion(),
          baseline: second.strata[stratum] ?? Proportion())
      }
      let test = try TwoProportionTest(canary: first.total, baseline: second.total)
      var report = undecided(.notEnoughEvidence, measure, arms.canary, arms.stable, "")
      report.podSpread = second.podSpread
      let share = sequentialShare
      report.requiredLogE = ErrorBudget.requiredLogE(share)
      let level = 1 - 2 * budget.ofLook
      let interval = try test.miettinenNurminenInterval(level: level)
      report.evidence = Evidence(
        effect: Effect(name: "difference of shares of bad events", unit: "share"),
        estimate: test.estimate, interval: interval,
        strength: .logE(process.largestLogE), alternative: .greater,
        samples: SamplesPerArm(canary: first.total.trials, baseline: second.total.trials),
        method: process.evidence().method, assumptions: Self.assumptions(second.podSpread))
      if let margin = spec.margin {
        // The score test against the margin, whose variance holds up without any event.
        report.logPNotWorse = Normal.standard.logCDF(test.scoreZ(against: margin))
        report.requiredLogP = ErrorBudget.requiredLogP(budget.ofLook)
      }
      let isWorse = process.largestLogE >= ErrorBudget.requiredLogE(share)
      decide(&report, isWorse: isWorse, marginOutweighs: true)
      return report
    } catch {
      throw .notComputable(error)
    }
  }

  /// Whole distributions: worse when the ranks say so, or when the tail beyond any bucket bound
  /// does; each has half the budget.
  func distributions(canary: [Series], stable: [Series]) throws(Fault) -> ComparisonReport {
    let measure = "P(canary is larger)"
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
      let tails = try TailMixture(canary: first, stable: second, alternative)
      var report = undecided(.notEnoughEvidence, measure, arms.canary, arms.stable, "")
      report.requiredLogE = ErrorBudget.requiredLogE(sequentialShare / 2)
      report.requiredLogP = ErrorBudget.requiredLogP(budget.ofLook / 2)
      let interval = ranks.effectInterval(level: 1 - 2 * budget.ofLook)
      let ranksLogP = ranks.logP(alternative)
      let tailsSayWorse = tails.largestLogE >= (report.requiredLogE ?? .infinity)
      let ranksSayWorse = ranksLogP <= (report.requiredLogP ?? -.infinity)
      report.evidence = Evidence(
        effect: Effect(name: measure, neutralValue: 0.5), estimate: ranks.effect,
        interval: interval,
        strength: tailsSayWorse && !ranksSayWorse ? .logE(tails.largestLogE) : .logP(ranksLogP),
        alternative: alternative, samples: ranks.samples,
        method: tailsSayWorse && !ranksSayWorse
          ? "e-process of the tails beyond \(first.bounds.count - 1) bucket bounds"
          : "Mann-Whitney test on buckets", assumptions: Self.assumptions(nil))
      if let margin = spec.margin {
        let isWithin =
          spec.worse == .increase
          ? interval.upper < 0.5 + margin : interval.lower > 0.5 - margin
        // The interval decides; its two logarithms only say on which side of the budget it lies.
        report.logPNotWorse = isWithin ? log(budget.ofLook) : 0
      }
      decide(&report, isWorse: tailsSayWorse || ranksSayWorse, marginOutweighs: !tailsSayWorse)
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
      evidence.interval = test.interval(level: 1 - 2 * budget.ofLook)
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

  // MARK: Parts

  /// E-processes that see each scrape once need no share per look; windows that move along do.
  private var sequentialShare: Double {
    if case .step = spec.since { return budget.whole }
    return budget.ofLook
  }

  /// Whether the arms are worse, or not worse by the margin; with the reason in words.
  ///
  /// A difference that is proven and proven to lie within the margin passes: the margin says so.
  private func decide(
    _ report: inout ComparisonReport, isWorse: Bool, marginOutweighs: Bool
  ) {
    let isWithin = report.logPNotWorse.map { $0 <= log(budget.ofLook) } ?? false
    if isWithin, !isWorse || marginOutweighs {
      report.outcome = .notWorse
    } else if isWorse {
      report.outcome = .worse
    }
    report.reason = ComparisonSentence(report, spec: spec, budget: budget).text
  }

  private func histogram(_ buckets: [Series]) throws(Fault) -> HistogramArm {
    do {
      return try HistogramArm(buckets: buckets, increases(of: buckets))
    } catch {
      throw .unreadable(error.description)
    }
  }

  private static func arm(_ arm: ProportionArm) -> ComparisonReport.Arm {
    ComparisonReport.Arm(samples: arm.total.trials, level: arm.total.fraction, pods: arm.pods)
  }

  private static func arm(_ arm: HistogramArm) -> ComparisonReport.Arm {
    ComparisonReport.Arm(samples: arm.count, level: .nan, pods: arm.pods)
  }

  private static func assumptions(_ podSpread: Double?) -> [Assumption] {
    [
      Assumption("each scrape is counted once", .holds),
      Assumption(
        "pods of one arm are alike",
        podSpread.map { $0 < 3 ? .holds : .violated } ?? .notChecked),
    ]
  }
}

/// The tails of two histograms beyond every bucket bound, watched together.
///
/// Each bound cuts off a tail, and the share beyond it is a proportion with an e-process of its own.
/// The mean of e-values is an e-value, so bounds need no correction for their number, and a change
/// that only the slowest requests show is seen at the bound where it shows.
private struct TailMixture {
  /// The natural logarithm of the largest e-value so far.
  var largestLogE = 0.0

  init(
    canary: HistogramArm, stable: HistogramArm, _ alternative: Alternative
  ) throws(NotComputable) {
    let bounds = canary.bounds.indices.dropLast()
    guard !bounds.isEmpty else { return }
    var processes = bounds.map { _ in StratifiedEProcess(for: alternative) }
    for stratum in Set(canary.strata.keys).intersection(stable.strata.keys).sorted() {
      guard let first = canary.strata[stratum], let second = stable.strata[stratum] else {
        continue
      }
      for index in bounds {
        let canaryTail = try HistogramArm.exceedance(first, above: index)
        let stableTail = try HistogramArm.exceedance(second, above: index)
        try processes[index].observe(canary: canaryTail, baseline: stableTail)
      }
      largestLogE = max(largestLogE, Self.logMean(processes.map(\.logE)))
    }
  }

  /// log of the mean of exponentials.
  private static func logMean(_ terms: [Double]) -> Double {
    let peak = terms.max() ?? 0
    return peak + log(terms.reduce(0) { $0 + exp($1 - peak) } / Double(terms.count))
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
