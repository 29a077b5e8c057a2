internal import Glibc
internal import Manifest
internal import MetricModel
internal import Statistics

/// `assay/experiment`: an A/B test on units that stay in their arm, such as buckets of users.
///
///     plugin:
///       assay/experiment:
///         canary: variant="b"           # the treatment
///         stable: variant="a"
///         unit: user_bucket             # the label of randomised units
///         exposures: exposures_total    # for the check of the traffic split
///         allocation: 0.5
///         since: 6h
///         prePeriod: 24h                # before it: the covariate of CUPED
///         metrics:
///         - {name: conversion, numerator: orders_total, denominator: visits_total, role: success,
///            direction: decrease}
///         - {name: errors, numerator: errors_total, denominator: visits_total, role: guardrail,
///            direction: increase}
///
/// `direction` is the change that is bad. Each look: a mismatch of the split fails the metric,
/// since nothing can be trusted then; a guardrail that got worse fails it; success metrics that got
/// better under a controlled false discovery rate pass it. Looks share the error budget.
package struct ExperimentSpec: EvidencePlugin {
  package static let pluginName = "assay/experiment"

  enum Role: String, Sendable, CaseIterable { case success, guardrail }

  struct Metric: Equatable, Sendable {
    var name: String
    var numerator: String
    var denominator: String
    var role: Role
    var bad: CompareSpec.Direction
  }

  var arms: ArmWindow
  var unit: String
  var exposures: String
  var allocation: Double
  /// Nil to compare without a covariate.
  var prePeriod: GoDuration?
  var metrics: [Metric]
  var errorBudget: Double

  /// The chance that a sound split is called broken, over all looks.
  static let splitBudget = 0.001

  init(
    _ object: inout ManifestObject, unknown: inout [ManifestError]
  ) throws(ManifestError) {
    arms = try ArmWindow(&object)
    unit = try object.text("unit")
    exposures = try CompareSpec.selector("exposures", &object)
    allocation = try CompareSpec.positive("allocation", &object) ?? 0.5
    guard allocation < 1 else {
      throw ManifestError(
        "found \(allocation), expected the treatment's share of the traffic, below 1",
        at: object.node, path: object.path(of: "allocation"))
    }
    prePeriod = try CompareSpec.duration("prePeriod", &object)
    errorBudget = try CompareSpec.positive("errorBudget", &object) ?? 0.05
    metrics = []
    for (node, path) in try object.list("metrics") {
      var metric = try node.object(at: path)
      var role = Role.success
      if metric.optional("role") != nil { role = try metric.word("role", as: Role.self) }
      metrics.append(
        Metric(
          name: try metric.text("name"), numerator: try CompareSpec.selector("numerator", &metric),
          denominator: try CompareSpec.selector("denominator", &metric), role: role,
          bad: try metric.word("direction", as: CompareSpec.Direction.self)))
      unknown += metric.unknownFields
    }
    guard !metrics.isEmpty else {
      throw ManifestError(
        "expected at least one metric", at: object.node, path: object.path(of: "metrics"))
    }
    unknown += object.unknownFields
  }

  var spendsBudget: Bool { true }

  /// A guardrail that couldn't be looked at has guarded nothing.
  func failsClosed(on shortfall: Shortfall) -> Bool {
    shortfall != .notEnoughEvidence && metrics.contains { $0.role == .guardrail }
  }

  private var selectors: [String] {
    [exposures] + metrics.flatMap { [$0.numerator, $0.denominator] }
  }

  func requests(runStart: Timestamp, now: Timestamp) -> [QueryRequest] {
    arms.requests(
      selectors, runStart: runStart, now: now, reach: prePeriod?.milliseconds ?? .zero)
  }

  func judgement(of values: [QueryValue], look: Look) -> Judgement {
    guard let series = Self.series(values), series.count == 2 * selectors.count else {
      return Self.fault("expected raw samples of both arms for each selector")
    }
    let canary = Array(series[..<selectors.count])
    let stable = Array(series[selectors.count...])
    do {
      if let mismatch = try splitFault(canary[0], stable[0], look) { return mismatch }
      var findings: [Finding] = []
      for (index, metric) in metrics.enumerated() {
        let place = 1 + 2 * index
        guard
          let finding = try finding(
            metric, (canary[place], canary[place + 1]), (stable[place], stable[place + 1]), look)
        else {
          return Self.undecided(
            .notEnoughData, "\(metric.name): fewer than two units in an arm have data")
        }
        findings.append(finding)
      }
      return try decision(findings, look)
    } catch {
      return Self.fault("the experiment can't be computed: \(error)")
    }
  }

  /// The sequential check of the split; nil where it may be as asked for.
  private func splitFault(
    _ canary: [Series], _ stable: [Series], _ look: Look
  ) throws(NotComputable) -> Judgement? {
    let counts = [total(canary, look), total(stable, look)]
    guard counts[0] > 0, counts[1] > 0 else {
      return Self.undecided(.noData, "an arm had no exposures in the window")
    }
    let test = try SampleRatioTest(counts: counts, weights: [allocation, 1 - allocation])
    let logE = try test.logBayesFactor(concentration: 1_000)
    guard logE >= -log(Self.splitBudget) else { return nil }
    let share = counts[0] / (counts[0] + counts[1])
    return Judgement(
      phase: .failed, value: NumberText.json(share),
      message: "the split is broken: the treatment got \(PlainNumber.percent(share)) of the "
        + "exposures, \(PlainNumber.percent(allocation)) were asked for "
        + "(e = \(PlainNumber.exponential(logE))); no comparison can be trusted",
      metadata: ["sampleRatioLogE": NumberText.json(logE)])
  }

  private func total(_ series: [Series], _ look: Look) -> Double {
    let increases = arms.increases(of: series, look: look)
    return series.reduce(0) { sum, one in
      sum + increases.increments(of: one).reduce(0) { $0 + $1.amount }
    }
  }

  /// What a look found of one metric.
  private struct Finding {
    var metric: Metric
    var estimate: Double
    var interval: ConfidenceInterval
    var logPWorse: Double
    var logPBetter: Double
    var varianceRatio: Double?
  }

  private typealias Pair = (numerator: [Series], denominator: [Series])

  private func finding(
    _ metric: Metric, _ canary: Pair, _ stable: Pair, _ look: Look
  ) throws(NotComputable) -> Finding? {
    let windowStart = arms.start(runStart: look.runStart)
    let (first, second) = (
      units(canary, from: windowStart, to: look.takenAt),
      units(stable, from: windowStart, to: look.takenAt)
    )
    guard first.count > 1, second.count > 1 else { return nil }
    let test: WelchTest
    var varianceRatio: Double?
    if let prePeriod {
      let before = windowStart.advanced(by: Milliseconds(-prePeriod.milliseconds.count))
      let adjusted = try CovariateAdjustment(
        canary: try Self.arm(first, units(canary, from: before, to: windowStart)),
        baseline: try Self.arm(second, units(stable, from: before, to: windowStart)))
      test = adjusted.test
      varianceRatio = adjusted.varianceRatio
    } else {
      test = try WelchTest(
        canary: Moments(of: first.values.sorted()), baseline: Moments(of: second.values.sorted()))
    }
    let worse: Alternative = metric.bad == .increase ? .greater : .less
    let better: Alternative = metric.bad == .increase ? .less : .greater
    return Finding(
      metric: metric, estimate: test.estimate,
      interval: test.interval(level: 1 - 2 * LookBudget(errorBudget, look: look).stopAtLook),
      logPWorse: test.logP(worse), logPBetter: test.logP(better), varianceRatio: varianceRatio)
  }

  /// The ratio of each unit in a stretch of time.
  private func units(_ pair: Pair, from start: Timestamp, to end: Timestamp) -> [String: Double] {
    func sums(_ series: [Series]) -> [String: Double] {
      var sums: [String: Double] = [:]
      let increases = CounterIncreases(
        reference: series, windowStart: start, now: end, warmup: .zero)
      for one in series {
        guard let name = one.labels[unit] else { continue }
        sums[name, default: 0] += increases.increments(of: one).reduce(0) { $0 + $1.amount }
      }
      return sums
    }
    let (numerators, denominators) = (sums(pair.numerator), sums(pair.denominator))
    return denominators.filter { $0.value > 0 }
      .reduce(into: [:]) { $0[$1.key] = (numerators[$1.key] ?? 0) / $1.value }
  }

  /// Outcomes with the covariate of the same unit; a unit that is new has the mean.
  private static func arm(
    _ outcomes: [String: Double], _ before: [String: Double]
  ) throws(NotComputable) -> CovariateArm {
    let mean = before.isEmpty ? 0 : Moments(of: before.values.sorted()).mean
    let names = outcomes.keys.sorted()
    return try CovariateArm(
      outcomes: names.map { outcomes[$0] ?? 0 }, covariates: names.map { before[$0] ?? mean })
  }

  private func decision(
    _ findings: [Finding], _ look: Look
  ) throws(NotComputable) -> Judgement {
    let budget = LookBudget(errorBudget, look: look)
    let words = findings.map { finding in
      let gain =
        finding.varianceRatio.map { ", variance \(PlainNumber.percent($0)) of plain" } ?? ""
      return "\(finding.metric.name) \(PlainNumber.short(finding.estimate)) "
        + "(\(PlainNumber.short(finding.interval.lower)) to "
        + "\(PlainNumber.short(finding.interval.upper))\(gain))"
    }.joined(separator: ", ")
    let estimates = findings.first.map { NumberText.json($0.estimate) } ?? ""
    let guards = findings.filter { $0.metric.role == .guardrail }
    let share = budget.stopAtLook / Double(max(1, guards.count))
    if let worse = guards.first(where: { $0.logPWorse <= log(share) }) {
      return Judgement(
        phase: .failed, value: estimates,
        message: "guardrail \(worse.metric.name) got worse "
          + "(p = \(PlainNumber.exponential(worse.logPWorse))): \(words)")
    }
    let successes = findings.filter { $0.metric.role == .success }
    guard !successes.isEmpty else {
      return look.isLast
        ? Judgement(
          phase: .successful, value: estimates, message: "no guardrail got worse: \(words)")
        : Self.undecided(
          .notEnoughEvidence, "no guardrail got worse yet: \(words)", value: estimates)
    }
    let adjusted = try MultipleComparisons.benjaminiHochberg
      .adjusted(successes.map { exp($0.logPBetter) })
    let winners = zip(successes, adjusted).filter { $1 <= budget.stopAtLook }.map(\.0.metric.name)
    guard !winners.isEmpty else {
      return Self.undecided(
        .notEnoughEvidence, "nothing got better yet: \(words)", value: estimates)
    }
    return Judgement(
      phase: .successful, value: estimates,
      message: "better: \(winners.joined(separator: ", ")) (false discovery rate "
        + "\(PlainNumber.percent(budget.stopAtLook))): \(words)")
  }
}
