internal import Glibc
internal import MetricModel
internal import Statistics

extension Comparison {
  /// Events over the time that pods were watched: worse by the judge of counts, which may be asked
  /// after every stratum.
  func rates(canary: [Series], stable: [Series]) throws(Fault) -> ComparisonReport {
    let measure = "events a second and pod"
    let (first, second) = (
      ExposedPods(canary, increases(of: canary)), ExposedPods(stable, increases(of: stable))
    )
    let arms = (canary: first.arm, stable: second.arm)
    for (name, pods, matchers) in [
      ("canary", first, spec.canary), ("stable", second, spec.stable),
    ] where pods.seconds == 0 {
      return undecided(
        .noData, measure, arms.canary, arms.stable,
        "no series of the \(name) match {\(matchers)} in the window")
    }
    guard first.events + second.events >= 1 else {
      return undecided(
        .notEnoughSamples, measure, arms.canary, arms.stable,
        "neither version had an event in \(PlainNumber.count(first.seconds)) and "
          + "\(PlainNumber.count(second.seconds)) seconds of pods")
    }
    do {
      var judge = try CountJudge(JudgeSettings(alternative: alternative, alpha: budget.whole))
      for stratum in Set(first.strata.keys).union(second.strata.keys).sorted() {
        try judge.observe(
          Scrape(
            canary: first.strata[stratum] ?? [],
            stable: (second.strata[stratum] ?? []).map { pod in
              // Pods of both arms are told apart by their numbers.
              .init(id: pod.id + 1_000_000, ageSeconds: pod.ageSeconds, reading: pod.reading)
            }))
      }
      var report = undecided(.notEnoughEvidence, measure, arms.canary, arms.stable, "")
      report.requiredLogE = ErrorBudget.requiredLogE(budget.whole)
      var evidence = judge.evidence(level: 1 - 2 * budget.toPass)
      evidence.effect = Effect(name: "ratio of rates", neutralValue: 1)
      report.evidence = evidence
      decide(&report, isWorse: judge.verdict == .worse, relativeTo: evidence.interval)
      return report
    } catch {
      throw .notComputable(error)
    }
  }

  /// A quantile of a histogram: worse when the share beyond the stable version's quantile is.
  ///
  /// The bound is chosen by the data, so the evidence pays for all bounds that might have been.
  func quantiles(
    canary: [Series], stable: [Series], at q: Double
  ) throws(Fault) -> ComparisonReport {
    let measure = "quantile \(NumberText.json(q))"
    let (first, second) = (try histogram(canary), try histogram(stable))
    var arms = (canary: Self.arm(first), stable: Self.arm(second))
    arms.canary.level = first.quantile(q)
    arms.stable.level = second.quantile(q)
    if let early = tooSmall(
      measure, arms.canary, arms.stable, seriesCounts: (first.seriesCount, second.seriesCount),
      unit: "observations")
    {
      return early
    }
    guard first.bounds == second.bounds, first.bounds.count > 1 else {
      throw .unreadable("canary and stable have different bucket bounds, expected the same `le`")
    }
    do {
      let index = min(
        second.total.firstIndex { $0 >= q * second.count } ?? 0, first.bounds.count - 2)
      var judge = try CountJudge(JudgeSettings(alternative: alternative, alpha: budget.whole))
      for stratum in Set(first.strata.keys).intersection(second.strata.keys).sorted() {
        guard let a = first.strata[stratum], let b = second.strata[stratum] else { continue }
        try judge.observe(
          Scrape(
            canary: [.init(id: 0, reading: try HistogramArm.exceedance(a, above: index))],
            stable: [.init(id: 1, reading: try HistogramArm.exceedance(b, above: index))]))
      }
      let price = log(Double(first.bounds.count - 1))
      let logE = judge.largestLogE - price
      var report = undecided(.notEnoughEvidence, measure, arms.canary, arms.stable, "")
      report.requiredLogE = ErrorBudget.requiredLogE(budget.whole)
      let level = 1 - budget.toPass
      let intervals = (
        try first.quantileInterval(q, level: level), try second.quantileInterval(q, level: level)
      )
      let ratio = ConfidenceInterval(
        level: 1 - 2 * budget.toPass, lower: intervals.0.lower / intervals.1.upper,
        upper: intervals.0.upper / intervals.1.lower)
      report.evidence = Evidence(
        effect: Effect(name: "ratio of quantiles", neutralValue: 1),
        estimate: arms.canary.level / arms.stable.level, interval: ratio, strength: .logE(logE),
        alternative: alternative,
        samples: SamplesPerArm(canary: first.count, baseline: second.count),
        method: "e-process of the share beyond \(NumberText.json(first.bounds[index])), one of "
          + "\(first.bounds.count - 1) bounds; Wilson intervals of both quantiles",
        assumptions: [Assumption("each scrape is counted once", .holds)])
      decide(
        &report, isWorse: logE >= ErrorBudget.requiredLogE(budget.whole), relativeTo: ratio)
      return report
    } catch {
      throw .notComputable(error)
    }
  }

  /// A ratio of two sums, pods as units: seconds a request, bytes an answer.
  func ratios(canary: [[Series]], stable: [[Series]]) throws(Fault) -> ComparisonReport {
    let measure = "ratio of sums"
    let (first, second) = (
      PodSums(canary[0], canary[1], increases(of: canary[1])),
      PodSums(stable[0], stable[1], increases(of: stable[1]))
    )
    let arms = (canary: first.arm, stable: second.arm)
    guard first.pods.count > 1, second.pods.count > 1 else {
      let isEmpty = first.pods.isEmpty || second.pods.isEmpty
      return undecided(
        isEmpty ? .noData : .notEnoughSamples, measure, arms.canary, arms.stable,
        "ratios are compared pod by pod: found \(first.pods.count) canary and "
          + "\(second.pods.count) stable pods with data, 2 of each are needed")
    }
    do {
      let test = try RatioTest(
        canary: try first.ratioArm(), baseline: try second.ratioArm())
      var report = undecided(.notEnoughEvidence, measure, arms.canary, arms.stable, "")
      report.requiredLogP = ErrorBudget.requiredLogP(budget.ofLook)
      var evidence = test.evidence(for: alternative)
      evidence.effect = Effect(name: "ratio of ratios", neutralValue: 1)
      evidence.estimate = 1 + test.lift
      evidence.interval = test.fiellerInterval(level: 1 - 2 * budget.toPass)
      report.evidence = evidence
      decide(
        &report, isWorse: test.logP(alternative) <= ErrorBudget.requiredLogP(budget.ofLook),
        relativeTo: evidence.interval)
      return report
    } catch {
      guard error == .zeroVariance else { throw .notComputable(error) }
      return undecided(
        .notEnoughEvidence, measure, arms.canary, arms.stable,
        "the ratios of all pods are constant, so chance can't be told from change")
    }
  }

  /// Decides by the interval of a ratio: margins are relative, 0.1 allows 10 % more.
  private func decide(
    _ report: inout ComparisonReport, isWorse: Bool, relativeTo interval: ConfidenceInterval
  ) {
    let isWithin =
      spec.margin.map { margin in
        spec.worse == .increase
          ? interval.upper < 1 + margin : interval.lower > 1 / (1 + margin)
      } ?? false
    decide(&report, isWorse: isWorse, isWithin: isWithin, marginOutweighs: true)
  }
}

/// Events and seconds of each pod, stratum by stratum.
private struct ExposedPods {
  var strata: [Int: [Scrape<EventRate>.Pod]] = [:]
  var events = 0.0
  var seconds = 0.0
  var arm: ComparisonReport.Arm

  init(_ series: [Series], _ increases: CounterIncreases) {
    var counts: [Labels: [Int: (events: Double, seconds: Double)]] = [:]
    for one in series {
      let pod = CounterIncreases.pod(of: one.labels)
      for (stratum, amount) in increases.increments(of: one) {
        counts[pod, default: [:]][stratum, default: (0, 0)].events += amount
      }
      if counts[pod]?.values.contains(where: { $0.seconds > 0 }) != true {
        for (stratum, length) in increases.exposures(of: pod) {
          counts[pod, default: [:]][stratum, default: (0, 0)].seconds += length
        }
      }
    }
    var pods: [PodCount] = []
    for (index, pod) in counts.keys.sorted().enumerated() {
      var (podEvents, podSeconds) = (0.0, 0.0)
      for (stratum, count) in (counts[pod] ?? [:]).sorted(by: { $0.key < $1.key })
      where count.seconds > 0 {
        guard let rate = try? EventRate(events: count.events, exposure: count.seconds) else {
          continue
        }
        strata[stratum, default: []].append(.init(id: index, reading: rate))
        podEvents += count.events
        podSeconds += count.seconds
      }
      pods.append(PodCount(pod: pod.description, events: podEvents, trials: podSeconds))
      events += podEvents
      seconds += podSeconds
    }
    arm = ComparisonReport.Arm(
      samples: events, level: seconds > 0 ? events / seconds : .nan, pods: pods)
  }
}

/// Two sums of each pod.
private struct PodSums {
  var pods: [PodCount] = []
  var arm: ComparisonReport.Arm

  init(_ numerators: [Series], _ denominators: [Series], _ increases: CounterIncreases) {
    func sums(_ series: [Series]) -> [Labels: Double] {
      var sums: [Labels: Double] = [:]
      for one in series {
        sums[CounterIncreases.pod(of: one.labels), default: 0] +=
          increases.increments(of: one).reduce(0) { $0 + $1.amount }
      }
      return sums
    }
    let (first, second) = (sums(numerators), sums(denominators))
    for pod in second.keys.sorted() {
      guard let denominator = second[pod], denominator > 0 else { continue }
      pods.append(
        PodCount(pod: pod.description, events: first[pod] ?? 0, trials: denominator))
    }
    let total = pods.reduce(0) { $0 + $1.trials }
    arm = ComparisonReport.Arm(
      samples: total,
      level: total > 0 ? pods.reduce(0) { $0 + $1.events } / total : .nan, pods: pods)
  }

  func ratioArm() throws(NotComputable) -> RatioArm {
    try RatioArm(numerators: pods.map(\.events), denominators: pods.map(\.trials))
  }
}
