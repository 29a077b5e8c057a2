internal import Glibc
internal import Manifest
internal import MetricModel
internal import Statistics

/// `assay/drift`: has the distribution of a model's scores or classes moved?
///
///     plugin:
///       assay/drift:
///         counts: model_predictions_total{app="model-server"}   # or buckets: ..._bucket
///         label: class
///         canary: version="canary"
///         stable: version="stable"
///         measure: psi            # or js, ks, chi-square
///         limit: 0.2
///
/// Fails when the measure exceeds its limit and chance doesn't explain that (chi-squared test, a
/// share of the error budget at each look); passes when it doesn't exceed it.
package struct DriftSpec: EvidencePlugin {
  package static let pluginName = "assay/drift"

  /// How far apart two distributions are.
  package enum Measure: String, Sendable, CaseIterable {
    case psi
    case js
    case ks
    case chiSquare = "chi-square"

    /// Where most people draw the line; for chi-square Cramér's V.
    var usualLimit: Double {
      switch self {
      case .psi: 0.2
      case .js: 0.05
      case .ks, .chiSquare: 0.1
      }
    }
  }

  var arms: ArmWindow
  var selector: String
  /// The label that tells categories apart: `le` for buckets.
  var label: String
  var measure: Measure
  var limit: Double
  var minimumSamples: Double
  var errorBudget: Double
  var isCritical: Bool

  init(
    _ object: inout ManifestObject, unknown: inout [ManifestError]
  ) throws(ManifestError) {
    let hasBuckets = object.optional("buckets") != nil
    guard hasBuckets != (object.optional("counts") != nil) else {
      throw ManifestError(
        "expected either \"buckets\" (scores) or \"counts\" with \"label\" (categories)",
        at: object.node, path: object.path)
    }
    selector = try CompareSpec.selector(hasBuckets ? "buckets" : "counts", &object)
    label = hasBuckets ? "le" : try object.text("label")
    arms = try ArmWindow(&object)
    measure = .psi
    if object.optional("measure") != nil {
      measure = try object.word("measure", as: Measure.self)
    }
    limit = try CompareSpec.positive("limit", &object) ?? measure.usualLimit
    minimumSamples = try CompareSpec.positive("minimumSamples", &object) ?? 200
    errorBudget = try CompareSpec.positive("errorBudget", &object) ?? 0.05
    isCritical = try object.optionalBool("critical") ?? false
    unknown += object.unknownFields
  }

  var spendsBudget: Bool { true }

  func failsClosed(on shortfall: Shortfall) -> Bool { isCritical }

  func requests(runStart: Timestamp, now: Timestamp) -> [QueryRequest] {
    arms.requests([selector], runStart: runStart, now: now)
  }

  func judgement(of values: [QueryValue], look: Look) -> Judgement {
    guard let series = Self.series(values), series.count == 2 else {
      return Self.fault("expected raw samples of both arms")
    }
    let (canary, stable) = (counts(series[0], look), counts(series[1], look))
    let names = Set(canary.keys).union(stable.keys)
    let ordered = label == "le" ? Self.bounds(names) : names.sorted()
    let (first, second) = (
      Self.shares(canary, ordered, isCumulative: label == "le"),
      Self.shares(stable, ordered, isCumulative: label == "le")
    )
    let (m, n) = (first.reduce(0, +), second.reduce(0, +))
    guard m > 0, n > 0 else {
      return Self.undecided(
        .noData, "the \(m > 0 ? "stable" : "canary") version counted nothing in the window")
    }
    guard min(m, n) >= minimumSamples else {
      return Self.undecided(
        .notEnoughData,
        "found \(PlainNumber.count(min(m, n))) samples, \(PlainNumber.count(minimumSamples)) are "
          + "needed")
    }
    do {
      return judgement(try Drift(canary: first, baseline: second), first, second, look)
    } catch {
      return Self.fault("drift can't be computed: \(error)")
    }
  }

  private func judgement(
    _ drift: Drift, _ first: [Double], _ second: [Double], _ look: Look
  ) -> Judgement {
    let value: Double =
      switch measure {
      case .psi: drift.populationStability
      case .js: drift.jensenShannon
      case .ks: Self.largestGap(first, second)
      case .chiSquare: drift.cramersV
      }
    let required = LookBudget(errorBudget, look: look).requiredLogP
    let text =
      "\(measure.rawValue) \(PlainNumber.short(value)) of "
      + "\(PlainNumber.count(first.reduce(0, +))) canary and "
      + "\(PlainNumber.count(second.reduce(0, +))) stable samples, "
      + "limit \(PlainNumber.short(limit))"
    let chance = "p = \(PlainNumber.exponential(drift.logP))"
    let figures = [
      "measure": measure.rawValue, "logP": NumberText.json(drift.logP),
      "requiredLogP": NumberText.json(required), "limit": NumberText.json(limit),
    ]
    var judgement = Judgement(phase: .successful, value: NumberText.json(value), message: text)
    if value > limit, drift.logP <= required {
      judgement.phase = .failed
      judgement.message = "drifted: \(text), \(chance)"
    } else if value > limit {
      judgement.phase = .inconclusive
      judgement.shortfall = .notEnoughEvidence
      judgement.message = "not enough evidence yet: \(text), \(chance)"
    }
    judgement.metadata = figures
    return judgement
  }

  /// What each category grew by.
  private func counts(_ series: [Series], _ look: Look) -> [String: Double] {
    let increases = arms.increases(of: series, look: look)
    var counts: [String: Double] = [:]
    for one in series {
      guard let category = one.labels[label] else { continue }
      counts[category, default: 0] += increases.increments(of: one).reduce(0) { $0 + $1.amount }
    }
    return counts
  }

  private static func bounds(_ names: Set<String>) -> [String] {
    names.compactMap { name in NumberText.parse(name).map { (name, $0) } }
      .sorted { $0.1 < $1.1 }.map(\.0)
  }

  private static func shares(
    _ counts: [String: Double], _ order: [String], isCumulative: Bool
  ) -> [Double] {
    var before = 0.0
    return order.map { name in
      let count = counts[name] ?? 0
      guard isCumulative else { return count }
      defer { before = max(before, count) }
      return max(0, count - before)
    }
  }

  /// The largest gap of the cumulative shares.
  private static func largestGap(_ first: [Double], _ second: [Double]) -> Double {
    let (m, n) = (first.reduce(0, +), second.reduce(0, +))
    var (x, y, gap) = (0.0, 0.0, 0.0)
    for (a, b) in zip(first, second) {
      x += a / m
      y += b / n
      gap = max(gap, abs(x - y))
    }
    return gap
  }
}
