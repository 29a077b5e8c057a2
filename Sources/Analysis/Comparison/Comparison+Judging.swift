internal import Glibc
internal import MetricModel
internal import Statistics

extension Comparison {
  /// What a judge is told before it sees anything.
  ///
  /// Warm-up is taken out by `CounterIncreases`, which knows when pods were born.
  func settings() throws(Fault) -> JudgeSettings {
    let mode: VerdictMode
    switch spec.mode {
    case .guard: mode = .guard
    case .fast(let steps):
      guard let plan = plan(of: steps) else {
        throw .unreadable(
          "mode fast spends its budget over a plan: give the metric count and interval, or the "
            + "comparison steps")
      }
      mode = .fast(plan)
    }
    do {
      return try JudgeSettings(mode: mode, alternative: alternative, alpha: budget.stop)
    } catch {
      throw .notComputable(error)
    }
  }

  /// One look for each stratum that the window will hold. Nil without a count and interval.
  private func plan(of steps: [CompareSpec.PlannedStep]) -> LookPlan? {
    var stages = steps
    if stages.isEmpty {
      guard let count = look.planned, count > 0, let interval = look.interval else { return nil }
      var length = interval.seconds * Double(count)
      if case .before(let before) = spec.since { length += before.milliseconds.seconds }
      stages = [CompareSpec.PlannedStep(weight: 50, seconds: length)]
    }
    return try? LookPlan(
      stages: stages.map { step in
        LookPlan.Stage(
          looks: Int(min(max(1, step.seconds / 15), 1e6)), canaryShare: step.weight / 100)
      })
  }

  /// Lets a judge see each stratum in turn.
  ///
  /// - Returns: the end of the stratum in which it found the canary worse; nil where it didn't.
  func judged<Reading>(
    _ canary: ArmReadings<Reading>, _ stable: ArmReadings<Reading>, _ increases: CounterIncreases,
    by observe: (Scrape<Reading>) throws(NotComputable) -> SequentialVerdict
  ) throws(NotComputable) -> Timestamp? {
    var crossing: Timestamp?
    for stratum in Set(canary.strata.keys).union(stable.strata.keys).sorted() {
      let scrape = Scrape(
        canary: canary.strata[stratum] ?? [], stable: stable.strata[stratum] ?? [])
      if try observe(scrape) == .worse, crossing == nil {
        crossing = increases.end(ofStratum: stratum)
      }
    }
    return crossing
  }

  /// What a judge has to say, as a report of the look.
  ///
  /// - Parameters:
  ///   - isTrusted: whether the canary passes although it was found worse, when the difference is
  ///     shown to lie within the margin.
  func report(
    _ measure: String, _ arms: (canary: ComparisonReport.Arm, stable: ComparisonReport.Arm),
    _ evidence: Evidence, crossedAt: Timestamp?, noise: NoiseFloor = .none,
    detectable: Double? = nil, marginOutweighs: Bool = true
  ) -> ComparisonReport {
    var report = undecided(.notEnoughEvidence, measure, arms.canary, arms.stable, "")
    report.evidence = evidence
    report.crossedAt = crossedAt
    report.detectable = detectable
    report.podDeviation = noise.podVariance.squareRoot()
    report.timeDeviation = noise.timeVariance.squareRoot()
    if case .fast = spec.mode { report.isPlanned = true }
    if evidence.strength.logE == nil {
      report.requiredLogP = log(budget.stop)
    } else if !report.isPlanned {
      report.requiredLogE = budget.requiredLogE
    }
    let isGood = passes(evidence)
    if isGood, crossedAt == nil || marginOutweighs {
      report.outcome = .notWorse
    } else if crossedAt != nil {
      report.outcome = .worse
    }
    report.reason = ComparisonSentence(report, spec: spec).text
    return report
  }

  /// Whether the canary has shown what the test asks for. Ratios are as far from 1 as their
  /// inverses.
  private func passes(_ evidence: Evidence) -> Bool {
    let (interval, neutral) = (evidence.interval, evidence.effect.neutralValue)
    let margin = spec.margin ?? 0
    let (low, high) =
      neutral == 1 ? (1 / (1 + margin), 1 + margin) : (neutral - margin, neutral + margin)
    let (isBelow, isAbove) = (interval.upper < high, interval.lower > low)
    switch spec.test {
    case .nonInferiority:
      return spec.margin != nil && (spec.worse == .increase ? isBelow : isAbove)
    case .superiority:
      return spec.worse == .increase ? interval.upper < neutral : interval.lower > neutral
    case .equivalence: return spec.margin != nil && isBelow && isAbove
    }
  }

  /// How many times as wide noise makes an interval that doesn't know of it.
  static func widening(_ information: (effective: Double, nominal: Double)) -> Double {
    guard information.effective > 0, information.nominal > information.effective else { return 1 }
    return (information.nominal / information.effective).squareRoot()
  }
}
