internal import Glibc
internal import Manifest
internal import Statistics

/// Cases of Kayenta's judge: intervals, classifications, scores, outliers, and one data set in
/// several units.
enum ReferenceJudgements {
  static func entries(_ document: ManifestNode, file: String) -> [TestReport.Entry] {
    func list(
      _ field: String, _ problems: (ManifestNode) -> [String]
    ) -> [TestReport.Entry] {
      (document[field]?.asList ?? []).enumerated().map { index, node in
        let title =
          node["name"]?.asText ?? node["title"]?.asText
          ?? node["scale"]?.asNumber.map { "times \($0)" } ?? "\(index + 1)"
        return TestReport.Entry(
          file: file, name: "\(field): \(title)", problems: problems(node))
      }
    }
    return list("mannWhitney", interval) + list("classifier", classification)
      + list("scorer", score) + list("iqr", outliers)
      + list("scale") { scaled($0, of: document) }
  }

  private static func interval(_ node: ManifestNode) -> [String] {
    guard let experiment = node["experiment"]?.asNumbers, let control = node["control"]?.asNumbers
    else { return ["experiment and control must be lists of numbers"] }
    var judge = KayentaJudge()
    judge.confidence = node["confidence"]?.asNumber ?? judge.confidence
    let verdict = judge.verdict(experiment: experiment, control: control)
    return near(
      verdict, node["expected"], toInterval: node["tolerance"]?["ci"]?.asNumber ?? 1e-6,
      toEstimate: node["tolerance"]?["estimate"]?.asNumber ?? 1e-4)
  }

  private static func classification(_ node: ManifestNode) -> [String] {
    guard let experiment = node["experiment"]?.asNumbers, let control = node["control"]?.asNumbers
    else { return ["experiment and control must be lists of numbers"] }
    var judge = KayentaJudge()
    judge.confidence = node["confidence"]?.asNumber ?? judge.confidence
    judge.tolerance = node["tolerance"]?.asNumber ?? judge.tolerance
    judge.direction = node["direction"]?.asText.flatMap(KayentaJudge.Direction.init) ?? .either
    judge.missingValues =
      node["nanStrategy"]?.asText.flatMap(KayentaJudge.MissingValues.init) ?? .remove
    judge.measure = node["measure"]?.asText.flatMap(KayentaJudge.Measure.init) ?? .meanRatio
    judge.isCritical = node["critical"]?.asBool ?? false
    judge.mustHaveData =
      node["mustHaveData"]?.asBool
      ?? (node["expected"]?["classification"]?.asText == "NodataFailMetric")
    if let allowed = node["allowedDecreaseIncrease"]?.asNumbers, allowed.count == 2 {
      (judge.allowedDecrease, judge.allowedIncrease) = (allowed[0], allowed[1])
    }
    if let critical = node["criticalDecreaseIncrease"]?.asNumbers, critical.count == 2 {
      (judge.criticalDecrease, judge.criticalIncrease) = (critical[0], critical[1])
    }
    let verdict = judge.verdict(experiment: experiment, control: control)
    var differences = Differences()
    let expected = node["expected"]
    differences.compare(
      "classification", verdict.classification.rawValue, expected?["classification"]?.asText ?? "")
    if let isCritical = expected?["critical"]?.asBool {
      differences.compare("critical", verdict.isCriticalFailure, isCritical)
    }
    // Where both sides are constant the original adds noise to tell an interval.
    let slack = node["model"]?["noise"]?.asBool == true ? 1e-3 : 1e-6
    return differences.problems
      + near(verdict, node["model"], toInterval: slack, toEstimate: max(slack, 1e-4))
  }

  private static func score(_ node: ManifestNode) -> [String] {
    let metrics = (node["metrics"]?.asList ?? []).map { metric in
      KayentaScore.Metric(
        classification: metric["classification"]?.asText
          .flatMap(KayentaJudge.Classification.init) ?? .error,
        groups: metric["groups"]?.asTexts ?? [], isCritical: metric["critical"]?.asBool ?? false,
        isMuted: metric["muted"]?.asBool ?? false)
    }
    var weights: [String: Double] = [:]
    for entry in node["groupWeights"]?.entries ?? [] { weights[entry.key] = entry.value.asNumber }
    var differences = Differences()
    differences.compare(
      "score", KayentaScore(metrics: metrics, groupWeights: weights).score,
      node["expect"]?.asNumber ?? -1)
    return differences.problems
  }

  private static func outliers(_ node: ManifestNode) -> [String] {
    let values = node["data"]?.asNumbers ?? []
    let factor = node["factor"]?.asNumber ?? 3
    let fences = try? Outliers(of: values)
    let reduced = node["reduceSensitivity"]?.asBool ?? true
    let found = reduced ? fences?.kayenta(factor: factor) : fences?.tukey(factor: factor)
    var differences = Differences()
    differences.compare(
      "outliers", found?.flags ?? [], node["outlier"]?.asList?.compactMap(\.asBool) ?? [])
    return differences.problems
  }

  private static func scaled(_ node: ManifestNode, of document: ManifestNode) -> [String] {
    let factor = node["scale"]?.asNumber ?? 1
    let experiment = (document["scaleExperiment"]?.asNumbers ?? []).map { $0 * factor }
    let control = (document["scaleControl"]?.asNumbers ?? []).map { $0 * factor }
    let verdict = KayentaJudge().verdict(experiment: experiment, control: control)
    var differences = Differences()
    differences.compare(
      "classification", verdict.classification.rawValue, node["classification"]?.asText ?? "")
    return differences.problems + near(verdict, node, toInterval: 1e-6, toEstimate: 1e-6)
  }

  /// Bounds and estimate against the expected ones, those that are given.
  private static func near(
    _ verdict: KayentaJudge.Verdict, _ expected: ManifestNode?, toInterval: Double,
    toEstimate: Double
  ) -> [String] {
    var problems: [String] = []
    let pairs = [
      ("lower", verdict.interval?.lower, toInterval),
      ("upper", verdict.interval?.upper, toInterval),
      ("estimate", verdict.shift, toEstimate),
    ]
    for (name, found, tolerance) in pairs {
      guard let wanted = expected?[name]?.asNumber else { continue }
      guard let found, abs(found - wanted) <= tolerance else {
        problems.append(
          "\(name): found \(found.map { "\($0)" } ?? "none"), expected \(wanted) within "
            + "\(tolerance)")
        continue
      }
    }
    return problems
  }
}
