internal import Glibc
internal import MetricModel
internal import Statistics

/// Judges one look: is the canary worse, not worse by the margin, or can't one tell yet?
///
/// Each look lets a judge of Statistics see all strata since the window began, one after the other:
/// the same code for both modes. `Comparison+Shares`, `+Histograms` and `+Pods` hold the kinds.
struct Comparison {
  let spec: CompareSpec
  let look: Look
  let budget: LookBudget

  /// The tests' words for why there is no answer.
  enum Fault: Error, CustomStringConvertible {
    case unreadable(String)
    case notComputable(NotComputable)

    var description: String {
      switch self {
      case .unreadable(let reason): reason
      case .notComputable(let reason): "the comparison can't be computed: \(reason)"
      }
    }
  }

  init(_ spec: CompareSpec, look: Look) {
    self.spec = spec
    self.look = look
    budget = LookBudget(spec.errorBudget, look: look)
  }

  func judgement(of values: [QueryValue]) -> Judgement {
    let count = spec.measure.selectors.count
    guard values.count == 2 * count else {
      return Judgement(
        phase: .error, message: "found \(values.count) answers, expected \(2 * count)")
    }
    var arms: [[Series]] = []
    for value in values {
      switch value {
      case .matrix(let series): arms.append(series)
      case .vector(let samples) where samples.isEmpty: arms.append([])
      default:
        return Judgement(
          phase: .error, message: "found a \(value.typeName), expected raw samples (a matrix)")
      }
    }
    do {
      let report = try report(canary: Array(arms[..<count]), stable: Array(arms[count...]))
      return judgement(from: report)
    } catch {
      return Judgement(phase: .error, message: error.description)
    }
  }

  private func judgement(from report: ComparisonReport) -> Judgement {
    let phase: AnalysisPhase =
      switch report.outcome {
      case .worse: .failed
      case .notWorse: .successful
      case .notEnoughEvidence, .notEnoughData, .noData: .inconclusive
      }
    return Judgement(
      phase: phase, value: report.evidence.map { NumberText.json($0.estimate) } ?? "",
      message: report.reason, metadata: report.metadata, comparison: report,
      shortfall: Shortfall(rawValue: report.outcome.rawValue))
  }

  private func report(
    canary: [[Series]], stable: [[Series]]
  ) throws(Fault) -> ComparisonReport {
    switch spec.measure {
    case .proportion(_, _, let isBad):
      return try proportions(canary: canary, stable: stable, isBad: isBad)
    case .distribution(let histogram):
      return try distributions(try read(histogram, canary[0], stable[0]))
    case .quantile(let histogram, let q):
      return try quantiles(try read(histogram, canary[0], stable[0]), at: q)
    case .mean: return try means(canary: canary[0], stable: stable[0])
    case .rate: return try rates(canary: canary[0], stable: stable[0])
    case .ratio: return try ratios(canary: canary, stable: stable)
    }
  }

  var queries: CompareQueries {
    CompareQueries(spec, runStart: look.runStart, now: look.takenAt)
  }

  var window: TimeRange { TimeRange(after: queries.windowStart, through: look.takenAt) }

  func increases(
    of reference: [Series], beside companions: [Series] = []
  ) -> CounterIncreases {
    CounterIncreases(
      reference: reference, companions: companions, windowStart: queries.windowStart,
      now: look.takenAt,
      warmup: spec.warmup.milliseconds)
  }

  /// The alternative that would be bad.
  var alternative: Alternative { spec.worse == .increase ? .greater : .less }

  /// A report of a look without an answer, with the reason in words.
  func undecided(
    _ outcome: ComparisonReport.Outcome, _ measure: String, _ canary: ComparisonReport.Arm,
    _ stable: ComparisonReport.Arm, _ reason: String
  ) -> ComparisonReport {
    ComparisonReport(
      outcome: outcome, measure: measure, canary: canary, stable: stable,
      errorBudget: budget.stop, margin: spec.margin, window: window, reason: reason)
  }

  /// The report for arms that are too small to judge; nil where they aren't.
  func tooSmall(
    _ measure: String, _ canary: ComparisonReport.Arm, _ stable: ComparisonReport.Arm,
    seriesCounts: (canary: Int, stable: Int), unit: String
  ) -> ComparisonReport? {
    for (name, arm, count, matchers) in [
      ("canary", canary, seriesCounts.canary, spec.canary),
      ("stable", stable, seriesCounts.stable, spec.stable),
    ] {
      if count == 0 {
        return undecided(
          .noData, measure, canary, stable,
          "no series of the \(name) match {\(matchers)}: no traffic yet, or the matchers are wrong")
      }
      if arm.samples == 0 {
        return undecided(
          .noData, measure, canary, stable,
          "the \(name) had no \(unit) since the window began: nothing to judge")
      }
    }
    let least = min(canary.samples, stable.samples)
    guard least < spec.minimumSamples else { return nil }
    let name = canary.samples <= stable.samples ? "canary" : "stable"
    return undecided(
      .notEnoughData, measure, canary, stable,
      "the \(name) has \(PlainNumber.count(least)) \(unit), "
        + "\(PlainNumber.count(spec.minimumSamples)) are needed before anything is decided")
  }
}
