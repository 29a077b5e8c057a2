internal import Manifest
internal import MetricModel

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
  /// The chance of stopping a canary that isn't worse, shared by all looks and by all comparisons
  /// of the run; and the chance of passing one that is worse by the margin.
  package var errorBudget: Double

  /// What is compared, with the selectors it is computed from.
  package enum Measure: Equatable, Sendable {
    /// Events of all trials: two counters. `isBad` tells which kind of event is counted.
    case proportion(events: String, total: String, isBad: Bool)
    /// All observations: the `_bucket` series of a classic histogram.
    case distribution(buckets: String)
    /// A gauge, averaged per pod.
    case mean(value: String)
    /// Events over the time that pods were watched: a counter.
    case rate(events: String)
    /// A quantile of a classic histogram.
    case quantile(buckets: String, Double)
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
      case .distribution(let buckets): [buckets]
      case .mean(let value): [value]
      case .rate(let events): [events]
      case .quantile(let buckets, _): [buckets]
      case .ratio(let numerator, let denominator): [numerator, denominator]
      }
    }
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

  /// - Throws: `ManifestError` for missing, wrong or contradictory fields.
  init(
    _ object: inout ManifestObject, unknown: inout [ManifestError]
  ) throws(ManifestError) {
    measure = try Self.measure(&object)
    canary = try Self.matchers("canary", &object)
    stable = try Self.matchers("stable", &object)
    since = try Self.windowStart(&object)
    warmup = try Self.duration("warmup", &object) ?? GoDuration(nanoseconds: 0)
    margin = try Self.positive("margin", &object)
    worse = .increase
    if let text = try object.optionalText("direction") {
      guard let direction = Direction(rawValue: text) else {
        throw ManifestError(
          "found \"\(text)\", expected increase or decrease: the change that is bad",
          at: try object.required("direction"), path: object.path(of: "direction"))
      }
      worse = direction
    }
    test = .nonInferiority
    if object.optional("test") != nil { test = try object.word("test", as: Test.self) }
    if test == .equivalence, margin == nil, object.optional("margin") == nil {
      throw ManifestError(
        "equivalence needs a margin: how far apart is still the same", at: object.node,
        path: object.path(of: "margin"))
    }
    minimumSamples = try Self.positive("minimumSamples", &object) ?? 50
    errorBudget = try Self.positive("errorBudget", &object) ?? 0.05
    guard errorBudget < 0.5 else {
      throw ManifestError(
        "found \(errorBudget), expected a probability below 0.5 such as 0.05",
        at: try object.required("errorBudget"), path: object.path(of: "errorBudget"))
    }
    unknown += object.unknownFields
  }

  private static func measure(
    _ object: inout ManifestObject
  ) throws(ManifestError) -> Measure {
    let kind = try object.text("kind")
    switch kind {
    case "proportion":
      let total = try selector("total", &object)
      let hasBad = object.optional("bad") != nil
      let hasGood = object.optional("good") != nil
      guard hasBad != hasGood else {
        throw ManifestError(
          "expected either \"bad\" or \"good\": the counter of bad events or that of good ones",
          at: object.node, path: object.path)
      }
      let events = try selector(hasBad ? "bad" : "good", &object)
      return .proportion(events: events, total: total, isBad: hasBad)
    case "distribution": return .distribution(buckets: try selector("buckets", &object))
    case "mean": return .mean(value: try selector("value", &object))
    case "rate": return .rate(events: try selector("events", &object))
    case "quantile":
      let q = try object.required("quantile").number(at: object.path(of: "quantile"))
      guard q > 0, q < 1 else {
        throw ManifestError(
          "found \(q), expected a quantile between 0 and 1 such as 0.99",
          at: try object.required("quantile"), path: object.path(of: "quantile"))
      }
      return .quantile(buckets: try selector("buckets", &object), q)
    case "ratio":
      return .ratio(
        numerator: try selector("numerator", &object),
        denominator: try selector("denominator", &object))
    default:
      throw ManifestError(
        "found \"\(kind)\", expected proportion, rate, mean, quantile, distribution or ratio",
        at: try object.required("kind"), path: object.path(of: "kind"))
    }
  }

  /// A plain selector; what is done with it is the comparison's matter.
  static func selector(
    _ field: String, _ object: inout ManifestObject
  ) throws(ManifestError) -> String {
    let node = try object.required(field)
    let text = SelectorText.trimmed(try node.text(at: object.path(of: field)))
    guard SelectorText.isPlainSelector(text) else {
      throw ManifestError(
        "found \"\(text)\", expected a plain selector such as requests_total{app=\"model\"}, "
          + "without rate(), sum() or a [range]: increases are computed here, pod by pod",
        at: node, path: object.path(of: field))
    }
    return text
  }

  static func matchers(
    _ field: String, _ object: inout ManifestObject
  ) throws(ManifestError) -> String {
    let node = try object.required(field)
    let text = SelectorText.trimmed(try node.text(at: object.path(of: field)))
    guard !text.isEmpty, text.utf8.contains(UInt8(ascii: "=")),
      !text.utf8.contains(where: { "{}[]()".utf8.contains($0) }) || Placeholders.occur(in: text)
    else {
      throw ManifestError(
        "found \"\(text)\", expected label matchers such as version=\"canary\"", at: node,
        path: object.path(of: field))
    }
    return text
  }

  static func windowStart(
    _ object: inout ManifestObject
  ) throws(ManifestError) -> WindowStart {
    guard let text = try object.optionalText("since"), text != "step" else { return .step }
    guard let length = GoDuration(parsing: text), length.nanoseconds > 0 else {
      throw ManifestError(
        "found \"\(text)\", expected step (the start of the run) or a duration such as 5m: "
          + "that long before it",
        at: try object.required("since"), path: object.path(of: "since"))
    }
    return .before(length)
  }

  static func duration(
    _ field: String, _ object: inout ManifestObject
  ) throws(ManifestError) -> GoDuration? {
    guard let text = try object.optionalText(field) else { return nil }
    guard let length = GoDuration(parsing: text), length.nanoseconds >= 0 else {
      throw ManifestError(
        "found \"\(text)\", expected a duration such as 1m", at: try object.required(field),
        path: object.path(of: field))
    }
    return length
  }

  /// A number above 0; a text that holds one is fine, since arguments are texts.
  static func positive(
    _ field: String, _ object: inout ManifestObject
  ) throws(ManifestError) -> Double? {
    guard let node = object.optional(field) else { return nil }
    let path = object.path(of: field)
    let number: Double
    if let text = node.asText {
      // Placeholders are filled in, and this is checked again, before the run starts.
      if Placeholders.occur(in: text) { return nil }
      guard let parsed = NumberText.parseDecimal(text.utf8) else {
        throw ManifestError("found \"\(text)\", expected a number", at: node, path: path)
      }
      number = parsed
    } else {
      number = try node.number(at: path)
    }
    guard number > 0, number.isFinite else {
      throw ManifestError("found \(number), expected a number above 0", at: node, path: path)
    }
    return number
  }
}
