/// A comparison of canary and stable: `provider.plugin["assay/compare"]`.
///
///     plugin:
///       assay/compare:
///         kind: proportion
///         bad: model_predictions_errors_total{app="model-server"}
///         total: model_predictions_total{app="model-server"}
///         canary: version="canary"
///         stable: version="stable"
///         margin: 0.005
package struct CompareSpec: Equatable, Sendable {
  package static let pluginName = "assay/compare"

  package var measure: Measure
  /// Label matchers that pick the canary's series, as `version="canary"`.
  package var canary: String
  package var stable: String
  package var since: WindowStart
  /// How long after its first sample a pod isn't counted yet.
  package var warmup: GoDuration
  /// How much worse the canary may be and still pass; nil when it may only fail or stay undecided.
  package var margin: Double?
  /// Which way of differing is bad.
  package var worse: Direction
  /// What the canary has to show to pass.
  package var test: Test
  /// The observations that each arm needs before anything is decided.
  package var minimumSamples: Double
  /// The chance of stopping a canary that isn't worse, shared by all runs of the rollout, all their
  /// comparisons and all looks; and the chance of passing one that is worse by the margin.
  package var errorBudget: Double
  package var mode: Mode
  /// Whether a canary that hasn't shown at the last look what it has to fails.
  package var isCritical: Bool

  /// What is compared, with the selectors it is computed from.
  package enum Measure: Equatable, Sendable {
    /// Events of all trials: two counters. `isBad` tells which kind of event is counted.
    case proportion(events: String, total: String, isBad: Bool)
    /// All observations of a histogram.
    case distribution(Histogram)
    /// A gauge, averaged per pod.
    case mean(value: String)
    /// Events over the time that pods were watched: a counter.
    case rate(events: String)
    case quantile(Histogram, Double)
    /// Two counters, one over the other: seconds a request.
    case ratio(numerator: String, denominator: String)

    package var name: String {
      switch self {
      case .proportion: "proportion"
      case .distribution: "distribution"
      case .mean: "mean"
      case .rate: "rate"
      case .quantile: "quantile"
      case .ratio: "ratio"
      }
    }

    /// The selectors in the order in which they are asked.
    var selectors: [String] {
      switch self {
      case .proportion(let events, let total, _): [events, total]
      case .distribution(let histogram), .quantile(let histogram, _): [histogram.selector]
      case .mean(let value): [value]
      case .rate(let events): [events]
      case .ratio(let numerator, let denominator): [numerator, denominator]
      }
    }
  }

  /// Where the observations of a distribution are counted.
  package enum Histogram: Equatable, Sendable {
    /// The `_bucket` series of a classic histogram.
    case classic(String)
    case native(String)

    package var selector: String {
      switch self {
      case .classic(let selector), .native(let selector): selector
      }
    }
  }

  /// Which promise the verdict makes; see `VerdictMode`.
  package enum Mode: Equatable, Sendable {
    /// Valid at however many looks, the default.
    case `guard`
    /// Exact over a plan: the steps given, or count times interval of the metric where none are.
    case fast([PlannedStep])
  }

  /// A stretch of the plan with one weight of the canary.
  package struct PlannedStep: Equatable, Sendable {
    /// In percent.
    package var weight: Double
    package var seconds: Double
  }

  /// What a canary that passes has shown; one that is worse fails in any case.
  package enum Test: String, Equatable, Sendable {
    /// It isn't worse by the margin.
    case nonInferiority
    /// It is better.
    case superiority
    /// It differs by less than the margin in both directions.
    case equivalence
  }

  /// Where the window starts, the same for all looks: each look sees all that the earlier ones saw,
  /// and no scrape counts twice.
  package enum WindowStart: Equatable, Sendable {
    /// At the start of the run.
    case step
    /// That long before the start of the run: the pause that let the canary warm up counts too.
    case before(GoDuration)
  }

  /// Which change of the measure is bad.
  package enum Direction: String, Equatable, Sendable {
    case increase
    case decrease
  }
}
