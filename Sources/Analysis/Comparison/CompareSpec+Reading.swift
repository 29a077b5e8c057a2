internal import Manifest
internal import MetricModel

/// Reads a comparison, and fields that other plugins have too.
extension CompareSpec {
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
      let path = object.path(of: "direction")
      if case .proportion = measure {
        throw ManifestError(
          "a proportion has no direction: give the counter of bad events or that of good ones",
          at: try object.required("direction"), path: path)
      }
      guard let direction = Direction(rawValue: text) else {
        throw ManifestError(
          "found \"\(text)\", expected increase or decrease: the change that is bad",
          at: try object.required("direction"), path: path)
      }
      worse = direction
    }
    test = .nonInferiority
    if object.optional("test") != nil { test = try object.word("test", as: Test.self) }
    mode = try Self.mode(&object)
    isCritical = try object.optionalBool("critical") ?? false
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
    case "distribution": return .distribution(try histogram(&object))
    case "mean": return .mean(value: try selector("value", &object))
    case "rate": return .rate(events: try selector("events", &object))
    case "quantile":
      let q = try object.required("quantile").number(at: object.path(of: "quantile"))
      guard q > 0, q < 1 else {
        throw ManifestError(
          "found \(q), expected a quantile between 0 and 1 such as 0.99",
          at: try object.required("quantile"), path: object.path(of: "quantile"))
      }
      return .quantile(try histogram(&object), q)
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

  private static func histogram(
    _ object: inout ManifestObject
  ) throws(ManifestError) -> Histogram {
    guard (object.optional("buckets") == nil) != (object.optional("histogram") == nil) else {
      throw ManifestError(
        "expected either \"buckets\" (the _bucket series of a classic histogram) or "
          + "\"histogram\" (a native one)", at: object.node, path: object.path)
    }
    return object.optional("buckets") == nil
      ? .native(try selector("histogram", &object)) : .classic(try selector("buckets", &object))
  }

  private static func mode(_ object: inout ManifestObject) throws(ManifestError) -> Mode {
    enum Word: String { case `guard`, fast }
    let word = object.optional("mode") == nil ? .guard : try object.word("mode", as: Word.self)
    var steps: [PlannedStep] = []
    for (node, path) in try object.list("steps") {
      var step = try node.object(at: path)
      let weight = try step.required("weight").number(at: step.path(of: "weight"))
      guard weight > 0, weight < 100 else {
        throw ManifestError(
          "found \(weight), expected the canary's weight between 0 and 100", at: node,
          path: step.path(of: "weight"))
      }
      guard let length = try duration("duration", &step), length.nanoseconds > 0 else {
        throw ManifestError(
          "expected how long the weight is held, such as 5m", at: node,
          path: step.path(of: "duration"))
      }
      steps.append(PlannedStep(weight: weight, seconds: length.milliseconds.seconds))
      try step.finish()
    }
    guard word == .fast || steps.isEmpty else {
      throw ManifestError(
        "steps are the plan of mode fast; guard needs none", at: object.node,
        path: object.path(of: "steps"))
    }
    return word == .fast ? .fast(steps) : .guard
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
