internal import Manifest
internal import MetricModel
internal import Statistics

/// One of our own `provider.plugin["assay/..."]`: what it asks for at a look, and what it makes of
/// the answers. Undecided looks don't end a run unless the template says so.
protocol EvidencePlugin: Equatable, Sendable {
  static var pluginName: String { get }

  /// - Throws: `ManifestError` for missing, wrong or contradictory fields.
  init(_ object: inout ManifestObject, unknown: inout [ManifestError]) throws(ManifestError)

  /// Whether the metric spends of the run's error budget.
  var spendsBudget: Bool { get }

  /// Whether a last look that can't tell fails: for metrics without which nothing may go on.
  func failsClosed(on shortfall: Shortfall) -> Bool

  func requests(runStart: Timestamp, now: Timestamp) -> [QueryRequest]

  func judgement(of values: [QueryValue], look: Look) -> Judgement
}

extension EvidencePlugin {
  func failsClosed(on shortfall: Shortfall) -> Bool { false }

  /// The answers as raw series, one list for each query; nil where one is something else.
  static func series(_ values: [QueryValue]) -> [[Series]]? {
    var result: [[Series]] = []
    for value in values {
      switch value {
      case .matrix(let series): result.append(series)
      case .vector(let samples) where samples.isEmpty: result.append([])
      default: return nil
      }
    }
    return result
  }

  static func fault(_ reason: some CustomStringConvertible) -> Judgement {
    Judgement(phase: .error, message: reason.description)
  }

  static func undecided(_ shortfall: Shortfall, _ reason: String, value: String = "") -> Judgement {
    Judgement(phase: .inconclusive, value: value, message: reason, shortfall: shortfall)
  }
}

extension CompareSpec: EvidencePlugin {
  var spendsBudget: Bool { true }

  func failsClosed(on shortfall: Shortfall) -> Bool { isCritical }

  func requests(runStart: Timestamp, now: Timestamp) -> [QueryRequest] {
    CompareQueries(self, runStart: runStart, now: now).requests
  }

  func judgement(of values: [QueryValue], look: Look) -> Judgement {
    Comparison(self, look: look).judgement(of: values)
  }
}

/// The two arms of a plugin, and the window in which they are looked at.
struct ArmWindow: Equatable, Sendable {
  var canary: String
  var stable: String
  var since: CompareSpec.WindowStart
  var warmup: GoDuration

  init(_ object: inout ManifestObject) throws(ManifestError) {
    canary = try CompareSpec.matchers("canary", &object)
    stable = try CompareSpec.matchers("stable", &object)
    since = try CompareSpec.windowStart(&object)
    warmup = try CompareSpec.duration("warmup", &object) ?? GoDuration(nanoseconds: 0)
  }

  func start(runStart: Timestamp) -> Timestamp {
    switch since {
    case .step: runStart
    case .before(let length):
      runStart.advanced(by: Milliseconds(-length.milliseconds.count))
    }
  }

  /// Raw samples of each selector, the canary's first, from `reach` before the window on.
  func requests(
    _ selectors: [String], runStart: Timestamp, now: Timestamp, reach: Milliseconds = .zero
  ) -> [QueryRequest] {
    let start = start(runStart: runStart)
      .advanced(by: Milliseconds(-warmup.milliseconds.count))
      .advanced(by: Milliseconds(-reach.count))
    // Windows are open on the left; a sample at the very start belongs to them.
    let whole = max(now.since(start).count, 0).addingReportingOverflow(1)
    let length = Milliseconds(whole.overflow ? .max : whole.partialValue)
    return [canary, stable].flatMap { matchers in
      selectors.map { selector in
        QueryRequest(
          text: "\(SelectorText.narrowed(selector, to: matchers))[\(length)]",
          evaluation: .instant(now))
      }
    }
  }

  func increases(of reference: [Series], look: Look) -> CounterIncreases {
    CounterIncreases(
      reference: reference, windowStart: start(runStart: look.runStart), now: look.takenAt,
      warmup: warmup.milliseconds)
  }
}
