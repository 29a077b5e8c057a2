internal import Manifest
internal import MetricModel
internal import Statistics

/// `assay/kayenta`: several metrics judged together as Kayenta's NetflixACAJudge-v1.0 judges them,
/// for teams that compare before they move on.
///
///     plugin:
///       assay/kayenta:
///         step: 1m
///         thresholds: {pass: 95, marginal: 75}
///         groupWeights: {latency: 60, errors: 40}
///         metrics:
///         - name: p99
///           groups: [latency]
///           direction: increase
///           control: histogram_quantile(0.99, ...{version="stable"}...)
///           experiment: histogram_quantile(0.99, ...{version="canary"}...)
///
/// One value a step since the start of the run, or `lookback` back. Series of both answers are
/// paired by their labels, one series with one series whatever they are. Known faults of the judge
/// are kept, see `KayentaJudge`.
package struct CanaryJudgeSpec: EvidencePlugin {
  package static let pluginName = "assay/kayenta"

  struct Metric: Equatable, Sendable {
    var name: String
    var groups: [String]
    var control: String
    var experiment: String
    var isMuted: Bool
    var judge: KayentaJudge
  }

  var metrics: [Metric]
  var step: GoDuration
  /// Nil to look at all since the start of the run.
  var lookback: GoDuration?
  var pass: Double
  var marginal: Double
  var groupWeights: [String: Double]

  init(
    _ object: inout ManifestObject, unknown: inout [ManifestError]
  ) throws(ManifestError) {
    step = try CompareSpec.duration("step", &object) ?? GoDuration(nanoseconds: 60_000_000_000)
    guard step.nanoseconds > 0 else {
      throw ManifestError(
        "expected a duration above 0", at: object.node, path: object.path(of: "step"))
    }
    lookback = try CompareSpec.duration("lookback", &object)
    (pass, marginal) = (95, 75)
    if var thresholds = try object.optionalObject("thresholds") {
      pass = try thresholds.optionalNumber("pass") ?? pass
      marginal = try thresholds.optionalNumber("marginal") ?? marginal
      unknown += thresholds.unknownFields
    }
    groupWeights = [:]
    if var weights = try object.optionalObject("groupWeights") {
      for name in weights.fields { groupWeights[name] = try weights.optionalNumber(name) }
    }
    metrics = []
    for (node, path) in try object.list("metrics") {
      var metric = try node.object(at: path)
      metrics.append(try Self.metric(&metric))
      unknown += metric.unknownFields
    }
    guard !metrics.isEmpty else {
      throw ManifestError(
        "expected at least one metric", at: object.node, path: object.path(of: "metrics"))
    }
    unknown += object.unknownFields
  }

  private static func metric(_ object: inout ManifestObject) throws(ManifestError) -> Metric {
    var judge = KayentaJudge()
    if object.optional("direction") != nil {
      judge.direction = try object.word("direction", as: KayentaJudge.Direction.self)
    }
    if object.optional("nanStrategy") != nil {
      judge.missingValues = try object.word("nanStrategy", as: KayentaJudge.MissingValues.self)
    }
    if let strategy = try object.optionalText("outliers"), strategy == "remove" {
      judge.outlierFactor = try object.optionalNumber("outlierFactor") ?? 3
    }
    judge.isCritical = try object.optionalBool("critical") ?? false
    judge.mustHaveData = try object.optionalBool("mustHaveData") ?? false
    if var effect = try object.optionalObject("effectSize") {
      if effect.optional("measure") != nil {
        judge.measure = try effect.word("measure", as: KayentaJudge.Measure.self)
      }
      judge.allowedIncrease = try effect.optionalNumber("allowedIncrease")
      judge.allowedDecrease = try effect.optionalNumber("allowedDecrease")
      judge.criticalIncrease = try effect.optionalNumber("criticalIncrease")
      judge.criticalDecrease = try effect.optionalNumber("criticalDecrease")
      try effect.finish()
    }
    var groups: [String] = []
    for (node, path) in try object.list("groups") { groups.append(try node.text(at: path)) }
    let name = try object.text("name")
    return Metric(
      name: name, groups: groups.isEmpty ? [name] : groups, control: try object.text("control"),
      experiment: try object.text("experiment"),
      isMuted: try object.optionalBool("muted") ?? false, judge: judge)
  }

  var spendsBudget: Bool { false }

  func requests(runStart: Timestamp, now: Timestamp) -> [QueryRequest] {
    let start =
      lookback.map { now.advanced(by: Milliseconds(-$0.milliseconds.count)) } ?? runStart
    let evaluation = QueryRequest.Evaluation.range(
      start: min(start, now), end: now, step: step.milliseconds)
    return metrics.flatMap { metric in
      [metric.control, metric.experiment].map { QueryRequest(text: $0, evaluation: evaluation) }
    }
  }

  func judgement(of values: [QueryValue], look: Look) -> Judgement {
    guard let series = Self.series(values), series.count == 2 * metrics.count else {
      return Self.fault("expected two answers of range queries for each metric")
    }
    var judged: [KayentaScore.Metric] = []
    var words: [String] = []
    for (index, metric) in metrics.enumerated() {
      for pair in Self.pairs(control: series[2 * index], experiment: series[2 * index + 1]) {
        let verdict = metric.judge.verdict(experiment: pair.experiment, control: pair.control)
        judged.append(
          KayentaScore.Metric(
            classification: verdict.classification, groups: metric.groups,
            isCritical: verdict.isCriticalFailure, isMuted: metric.isMuted))
        words.append("\(metric.name) \(verdict.classification.rawValue)")
      }
    }
    let score = KayentaScore(metrics: judged, groupWeights: groupWeights)
    let phase: AnalysisPhase =
      switch score.classification(passAt: pass, marginalAt: marginal) {
      case .pass: .successful
      case .marginal: .inconclusive
      case .fail: .failed
      }
    return Judgement(
      phase: phase, value: NumberText.json(score.score),
      message: "score \(NumberText.json(score.score)): \(words.joined(separator: ", "))",
      metadata: ["score": NumberText.json(score.score)])
  }

  /// Series of both sides that belong together; an empty list where the other side has none.
  private static func pairs(
    control: [Series], experiment: [Series]
  ) -> [(control: [Double], experiment: [Double])] {
    if control.count <= 1, experiment.count <= 1 {
      return [(control.first?.samples.values ?? [], experiment.first?.samples.values ?? [])]
    }
    let first = Dictionary(
      control.map { ($0.labels, $0.samples.values) }, uniquingKeysWith: { first, _ in first })
    let second = Dictionary(
      experiment.map { ($0.labels, $0.samples.values) }, uniquingKeysWith: { first, _ in first })
    return Set(first.keys).union(second.keys).sorted().map {
      (first[$0] ?? [], second[$0] ?? [])
    }
  }
}
