internal import Manifest
internal import MetricModel
internal import Statistics

extension ComparisonReport {
  var json: JSONValue {
    .object(
      omittingNil: [
        "outcome": .string(outcome.rawValue), "measure": .string(measure),
        "evidence": evidence?.json, "canary": canary.json, "stable": stable.json,
        "errorBudget": JSONValue(exact: errorBudget),
        "requiredLogE": requiredLogE.map(JSONValue.init(exact:)),
        "requiredLogP": requiredLogP.map(JSONValue.init(exact:)),
        "isPlanned": isPlanned ? .bool(true) : nil,
        "crossedAt": crossedAt.map { JSONValue($0) },
        "margin": margin.map(JSONValue.init(exact:)),
        "window": .array([JSONValue(window.start), JSONValue(window.end)]),
        "podDeviation": JSONValue(exact: podDeviation),
        "timeDeviation": JSONValue(exact: timeDeviation),
        "detectable": detectable.map(JSONValue.init(exact:)), "reason": .string(reason),
      ])
  }

  init(_ object: ManifestObject) throws(ManifestError) {
    var object = object
    let window = try object.list("window")
    guard window.count == 2 else {
      throw ManifestError(
        "expected the two ends of the window", at: object.node, path: object.path(of: "window"))
    }
    self.init(
      outcome: try object.word("outcome", as: Outcome.self), measure: try object.text("measure"),
      canary: try Arm(try object.object("canary")), stable: try Arm(try object.object("stable")),
      errorBudget: try object.exactNumber("errorBudget"),
      window: TimeRange(
        after: try window[0].node.time(at: window[0].path),
        through: try window[1].node.time(at: window[1].path)),
      reason: try object.text("reason"))
    if let evidence = try object.optionalObject("evidence") {
      self.evidence = try Evidence(evidence)
    }
    requiredLogE = try object.optionalExactNumber("requiredLogE")
    requiredLogP = try object.optionalExactNumber("requiredLogP")
    isPlanned = try object.optionalBool("isPlanned") ?? false
    crossedAt = try object.optionalTime("crossedAt")
    margin = try object.optionalExactNumber("margin")
    podDeviation = try object.exactNumber("podDeviation")
    timeDeviation = try object.exactNumber("timeDeviation")
    detectable = try object.optionalExactNumber("detectable")
  }
}

extension ComparisonReport.Arm {
  fileprivate var json: JSONValue {
    .object([
      "samples": JSONValue(exact: samples), "level": JSONValue(exact: level),
      "pods": .array(
        pods.map {
          .object([
            "pod": .string($0.pod), "events": JSONValue(exact: $0.events),
            "trials": JSONValue(exact: $0.trials),
          ])
        }),
    ])
  }

  fileprivate init(_ object: ManifestObject) throws(ManifestError) {
    var object = object
    var pods: [PodCount] = []
    for (node, path) in try object.list("pods") {
      var pod = try node.object(at: path)
      pods.append(
        PodCount(
          pod: try pod.text("pod"), events: try pod.exactNumber("events"),
          trials: try pod.exactNumber("trials")))
    }
    self.init(
      samples: try object.exactNumber("samples"), level: try object.exactNumber("level"),
      pods: pods)
  }
}

extension Evidence {
  fileprivate var json: JSONValue {
    var strength: (String, Double)
    switch self.strength {
    case .logP(let value): strength = ("logP", value)
    case .logE(let value): strength = ("logE", value)
    }
    return .object([
      "effect": .object([
        "name": .string(effect.name), "unit": .string(effect.unit),
        "neutralValue": JSONValue(exact: effect.neutralValue),
      ]),
      "estimate": JSONValue(exact: estimate),
      "interval": .object([
        "level": JSONValue(exact: interval.level), "lower": JSONValue(exact: interval.lower),
        "upper": JSONValue(exact: interval.upper),
      ]),
      strength.0: JSONValue(exact: strength.1),
      "alternative": .string(alternative.rawValue),
      "samples": .object([
        "canary": JSONValue(exact: samples.canary), "baseline": JSONValue(exact: samples.baseline),
      ]),
      "method": .string(method),
      "assumptions": .array(
        assumptions.map {
          .object(["statement": .string($0.statement), "finding": .string($0.finding.rawValue)])
        }),
    ])
  }

  fileprivate init(_ object: ManifestObject) throws(ManifestError) {
    var object = object
    var effect = try object.object("effect")
    var interval = try object.object("interval")
    var samples = try object.object("samples")
    let strength: Strength
    if let logE = try object.optionalExactNumber("logE") {
      strength = .logE(logE)
    } else {
      strength = .logP(try object.exactNumber("logP"))
    }
    var assumptions: [Assumption] = []
    for (node, path) in try object.list("assumptions") {
      var assumption = try node.object(at: path)
      assumptions.append(
        Assumption(
          try assumption.text("statement"),
          try assumption.word("finding", as: Assumption.Finding.self)))
    }
    self.init(
      effect: Effect(
        name: try effect.text("name"), unit: try effect.text("unit"),
        neutralValue: try effect.exactNumber("neutralValue")),
      estimate: try object.exactNumber("estimate"),
      interval: ConfidenceInterval(
        level: try interval.exactNumber("level"), lower: try interval.exactNumber("lower"),
        upper: try interval.exactNumber("upper")),
      strength: strength, alternative: try object.word("alternative", as: Alternative.self),
      samples: SamplesPerArm(
        canary: try samples.exactNumber("canary"), baseline: try samples.exactNumber("baseline")),
      method: try object.text("method"), assumptions: assumptions)
  }
}
