internal import Statistics

/// Answers of the families that restate Kayenta's judge.
let kayentaAnswers: [String: VectorAnswer] = [
  "kayenta_judge": { input in
    let options = input["options"]
    func number(_ key: String) throws -> Double? {
      options.has(key) ? try options.number(key) : nil
    }
    var judge = KayentaJudge()
    if options.has("direction") {
      judge.direction = .init(rawValue: try options.text("direction")) ?? .either
    }
    if options.has("nan_strategy") {
      judge.missingValues = .init(rawValue: try options.text("nan_strategy")) ?? .remove
    }
    if options.has("measure") {
      judge.measure = .init(rawValue: try options.text("measure")) ?? .meanRatio
    }
    if options.has("outliers"), try options.text("outliers") == "remove" {
      judge.outlierFactor = try number("outlier_factor") ?? 3
    }
    judge.allowedIncrease = try number("allowed_increase")
    judge.allowedDecrease = try number("allowed_decrease")
    judge.criticalIncrease = try number("critical_increase")
    judge.criticalDecrease = try number("critical_decrease")
    judge.isCritical = options.has("critical") ? try options.flag("critical") : false
    judge.mustHaveData = options.has("must_have_data") ? try options.flag("must_have_data") : false
    let verdict = judge.verdict(
      experiment: try input.numbers("experiment"), control: try input.numbers("control"))
    var fields: [String: VectorValue] = [
      "classification": .text(verdict.classification.rawValue),
      "critical": .flag(verdict.isCriticalFailure), "deviation": .number(verdict.deviation),
      "experiment_stats": statistics(of: verdict.experiment, verdict.experimentRange),
      "control_stats": statistics(of: verdict.control, verdict.controlRange),
    ]
    if let effect = verdict.effectSize { fields["effect_size"] = .number(effect) }
    if let interval = verdict.interval { fields["ci98"] = .interval(interval) }
    if let shift = verdict.shift { fields["estimate"] = .number(shift) }
    return fields
  },
  "kayenta_score": { input in
    let metrics = try input.list("metrics").map { metric in
      guard
        let classification = KayentaJudge.Classification(
          rawValue: try metric.text("classification"))
      else { throw VectorValue.ShapeError(message: "unknown classification") }
      return KayentaScore.Metric(
        classification: classification,
        groups: try metric.list("groups").compactMap {
          if case .text(let name) = $0 { name } else { nil }
        },
        isCritical: metric.has("critical") ? try metric.flag("critical") : false,
        isMuted: metric.has("muted") ? try metric.flag("muted") : false)
    }
    var weights: [String: Double] = [:]
    if case .object(let fields) = input["group_weights"] {
      for (name, weight) in fields { weights[name] = try weight.number() }
    }
    let score = KayentaScore(metrics: metrics, groupWeights: weights)
    let classification = score.classification(
      passAt: try input.number("pass_threshold"), marginalAt: try input.number("marginal_threshold")
    )
    return [
      "score": .number(score.score), "classification": .text(classification.rawValue),
      "group_scores": .object(score.groupScores.mapValues { .number($0) }),
    ]
  },
]

private func statistics(of moments: Moments, _ range: ClosedRange<Double>) -> VectorValue {
  .object([
    "min": .number(range.lowerBound), "max": .number(range.upperBound),
    "count": .number(moments.count), "mean": .number(moments.count > 0 ? moments.mean : 0),
    "std": .number(moments.count > 1 ? moments.standardDeviation : 0),
  ])
}
