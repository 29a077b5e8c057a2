internal import MetricModel
internal import Statistics

extension Comparison {
  /// Bad events of all trials: worse by the judge of counts, not worse by the score interval of the
  /// difference.
  func proportions(
    canary: [[Series]], stable: [[Series]], isBad: Bool
  ) throws(Fault) -> ComparisonReport {
    let measure = "share of bad events"
    let settings = try settings()
    do {
      let increases = (
        increases(of: canary[1], beside: canary[0]), increases(of: stable[1], beside: stable[0])
      )
      let first = try ArmReadings(
        events: canary[0], trials: canary[1], isBad: isBad, increases.0, isCanary: true)
      let second = try ArmReadings(
        events: stable[0], trials: stable[1], isBad: isBad, increases.1, isCanary: false)
      let (canaryTotal, stableTotal) = (Self.total(first), Self.total(second))
      let arms = (canary: canaryTotal.arm, stable: stableTotal.arm)
      if let early = tooSmall(
        measure, arms.canary, arms.stable, seriesCounts: (canary[1].count, stable[1].count),
        unit: "events")
      {
        return early
      }
      var judge = CountJudge(settings)
      let crossing = try judged(first, second, increases.1) { (scrape) throws(NotComputable) in
        try judge.observe(scrape)
      }
      let test = try TwoProportionTest(canary: canaryTotal.all, baseline: stableTotal.all)
      var evidence = judge.evidence(level: budget.level)
      evidence.effect = Effect(name: "difference of shares of bad events", unit: "share")
      evidence.estimate = test.estimate
      // Of these pods: what others of the version may differ by is the judge's matter.
      evidence.interval = try test.miettinenNurminenInterval(level: budget.level)
      evidence.method += "; score interval"
      return report(
        measure, arms, evidence, crossedAt: crossing, noise: judge.floor,
        detectable: judge.detectableRatio)
    } catch {
      throw .notComputable(error)
    }
  }

  private static func total(
    _ readings: ArmReadings<Proportion>
  ) -> (arm: ComparisonReport.Arm, all: Proportion) {
    let totals = readings.totals { readings in
      readings.reduce(into: Proportion()) { $0.merge($1) }
    }
    let pods = zip(readings.pods, totals.pods).map {
      PodCount(pod: $0.description, events: $1.events, trials: $1.trials)
    }
    return (
      ComparisonReport.Arm(samples: totals.arm.trials, level: totals.arm.fraction, pods: pods),
      totals.arm
    )
  }

  /// Events over the time that pods were watched: worse by the judge of counts, not worse by its
  /// confidence sequence.
  func rates(canary: [Series], stable: [Series]) throws(Fault) -> ComparisonReport {
    let measure = "events a second and pod"
    let settings = try settings()
    do {
      let increases = (increases(of: canary), increases(of: stable))
      let first = try ArmReadings<EventRate>(events: canary, increases.0, isCanary: true)
      let second = try ArmReadings<EventRate>(events: stable, increases.1, isCanary: false)
      let arms = (canary: Self.arm(first), stable: Self.arm(second))
      for (name, readings, matchers) in [
        ("canary", first, spec.canary), ("stable", second, spec.stable),
      ] where readings.strata.isEmpty {
        return undecided(
          .noData, measure, arms.canary, arms.stable,
          "no series of the \(name) match {\(matchers)} in the window")
      }
      guard arms.canary.samples + arms.stable.samples >= 1 else {
        return undecided(
          .notEnoughData, measure, arms.canary, arms.stable, "neither version had an event")
      }
      var judge = CountJudge(settings)
      let crossing = try judged(first, second, increases.1) { (scrape) throws(NotComputable) in
        try judge.observe(scrape)
      }
      var evidence = judge.evidence(level: budget.level)
      evidence.effect = Effect(name: "ratio of rates", neutralValue: 1)
      return report(
        measure, arms, evidence, crossedAt: crossing, noise: judge.floor,
        detectable: judge.detectableRatio)
    } catch {
      throw .notComputable(error)
    }
  }

  /// Events, the exposure of each pod as its trials.
  private static func arm(_ readings: ArmReadings<EventRate>) -> ComparisonReport.Arm {
    let totals = readings.totals { readings in
      readings.reduce((events: 0.0, seconds: 0.0)) { sum, rate in
        (sum.events + rate.events, sum.seconds + rate.exposure)
      }
    }
    let (events, seconds) = totals.arm
    return ComparisonReport.Arm(
      samples: events, level: seconds > 0 ? events / seconds : .nan,
      pods: zip(readings.pods, totals.pods).map {
        PodCount(pod: $0.description, events: $1.events, trials: $1.seconds)
      })
  }
}
