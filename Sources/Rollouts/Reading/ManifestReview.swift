internal import Analysis
package import Manifest
internal import MetricModel

/// Reads all documents of a set of manifests together, and says of each what is wrong and what to
/// change, in particular where two of them don't fit.
///
///     for note in ManifestReview.notes(on: documents) { print(note) }
package enum ManifestReview {
  /// A remark on one of the documents.
  package struct Note: Equatable, Sendable, CustomStringConvertible {
    /// The position among the documents, from 0.
    package var document: Int
    /// `Rollout model-server`.
    package var title: String
    package var problem: PlanProblem

    /// `Rollout model-server: refused: 12:5: spec.replicas: ...`.
    package var description: String { "\(title): \(problem)" }
  }

  /// In the order of the documents, then of the text.
  package static func notes(on documents: [ManifestNode]) -> [Note] {
    var notes: [Note] = []
    for (index, document) in documents.enumerated() {
      let kind = document["kind"]?.asText ?? "document"
      let name = document[path: "metadata", "name"]?.asText ?? "without a name"
      for problem in problems(of: document, kind: kind, among: documents) {
        notes.append(Note(document: index, title: "\(kind) \(name)", problem: problem))
      }
    }
    return notes
  }

  private static func problems(
    of document: ManifestNode, kind: String, among documents: [ManifestNode]
  ) -> [PlanProblem] {
    switch kind {
    case "Rollout":
      let reading = RolloutPlan.read(document)
      return reading.problems
        + AnalysisUseReview(document: document, documents: documents).problems
    case "Experiment": return ExperimentPlan.read(document).problems
    case "VirtualService": return virtualService(document)
    case "Service": return service(document)
    default: return []
    }
  }

  private static func virtualService(_ document: ManifestNode) -> [PlanProblem] {
    let routes = document[path: "spec", "http"]?.asList ?? []
    return routes.enumerated().compactMap { index, route in
      guard let mirror = route["mirror"] else { return nil }
      return PlanProblem(
        .advice,
        ManifestError(
          "a rollout rewrites this route's weights; let it mirror by the step \"setMirrorRoute\" "
            + "with the route's name under trafficRouting.managedRoutes",
          at: mirror, path: "spec.http[\(index)].mirror"))
    }
  }

  private static func service(_ document: ManifestNode) -> [PlanProblem] {
    guard let version = document[path: "spec", "selector", "version"] else { return [] }
    return [
      PlanProblem(
        .advice,
        ManifestError(
          "switching a label by hand has neither analysis nor way back; a Rollout owns both "
            + "versions: remove the label here and let one Rollout replace the Deployments",
          at: version, path: "spec.selector.version"))
    ]
  }
}

/// Whether the templates a Rollout's analyses name can judge what the Rollout does.
private struct AnalysisUseReview {
  let document: ManifestNode
  let documents: [ManifestNode]

  private var steps: [ManifestNode] {
    document[path: "spec", "strategy", "canary", "steps"]?.asList ?? []
  }

  private var isJudged: Bool {
    document[path: "spec", "strategy", "canary", "analysis"] != nil
      || steps.contains { $0["analysis"] != nil }
  }

  /// Each fault of a template is told at the first step that uses it.
  var problems: [PlanProblem] {
    var result: [PlanProblem] = []
    for (index, step) in steps.enumerated() {
      guard let analysis = step["analysis"] else { continue }
      let path = "spec.strategy.canary.steps[\(index)].analysis"
      for reference in analysis["templates"]?.asList ?? [] {
        result += review(
          reference, args: analysis["args"], path: path, pauseBefore: pause(before: index))
      }
    }
    if result.isEmpty, !isJudged, let first = steps.first {
      result.append(
        PlanProblem(
          .advice,
          ManifestError(
            "no step judges the canary: only pods that never become ready stop it; add an "
              + "\"analysis\" step after each pause", at: first, path: "spec.strategy.canary.steps")
        ))
    }
    var told: Set<String> = []
    return result.filter { told.insert($0.error.message).inserted }
  }

  private func review(
    _ reference: ManifestNode, args: ManifestNode?, path: String, pauseBefore: Milliseconds?
  ) -> [PlanProblem] {
    guard let name = reference["templateName"]?.asText else { return [] }
    guard let template = template(named: name) else {
      return [
        PlanProblem(
          .refused,
          ManifestError(
            "found no AnalysisTemplate \"\(name)\" among the manifests; add it or correct the name",
            at: reference, path: path))
      ]
    }
    var result: [PlanProblem] = []
    let metrics = template[path: "spec", "metrics"]?.asList ?? []
    let specs = (try? AnalysisTemplate(template))?.spec.metrics ?? []
    let endless = zip(metrics, specs).filter { $1.isEndless }.map(\.0)
    if !endless.isEmpty {
      let lines = endless.map { "\($0.line)" }.joined(separator: ", ")
      result.append(
        PlanProblem(
          .refused,
          ManifestError(
            "AnalysisTemplate \(name) has \(names(of: endless)) without count, so the step would "
              + "run indefinitely: add \"count\" beside each interval (lines \(lines))",
            at: reference, path: path)))
    }
    if let pauseBefore {
      let hasty = metrics.filter { lookback(of: $0).map { $0 > pauseBefore } ?? false }
      if let longest = hasty.compactMap({ lookback(of: $0) }).max() {
        result.append(
          PlanProblem(
            .advice,
            ManifestError(
              "\(names(of: hasty)) look back \(longest), but the weight was held for only "
                + "\(pauseBefore) before this step: the rest of the window is from before it; "
                + "pause for \(longest) or shorten the window", at: reference, path: path)))
      }
    }
    if args == nil, hasNoArguments(template) {
      result.append(
        PlanProblem(
          .advice,
          ManifestError(
            "AnalysisTemplate \(name) takes no pod template hash: its queries mix the versions "
              + "(at weight 10 a canary with accuracy 0.50 beside a stable at 0.95 shows 0.905); "
              + "pass \"podTemplateHashValue: Latest\" as an argument and select by it",
            at: reference, path: path)))
    }
    return result
  }

  private func names(of metrics: [ManifestNode]) -> String {
    (metrics.count == 1 ? "metric " : "metrics ")
      + metrics.map { $0["name"]?.asText ?? "?" }.joined(separator: ", ")
  }

  private func lookback(of metric: ManifestNode) -> Milliseconds? {
    metric[path: "provider", "prometheus", "query"]?.asText.flatMap {
      QueryText.longestRange(in: $0)
    }
  }

  private func template(named name: String) -> ManifestNode? {
    documents.first { candidate in
      let kind = candidate["kind"]?.asText
      return (kind == "AnalysisTemplate" || kind == "ClusterAnalysisTemplate")
        && candidate[path: "metadata", "name"]?.asText == name
    }
  }

  private func hasNoArguments(_ template: ManifestNode) -> Bool {
    template[path: "spec", "args"]?.asList?.isEmpty ?? true
  }

  /// How long the weight in force at a step was held by pauses before it.
  private func pause(before index: Int) -> Milliseconds? {
    var total = Milliseconds.zero
    for step in steps.prefix(index).reversed() {
      if step["setWeight"] != nil { return total }
      guard let duration = step["pause"]?["duration"] else {
        if step["pause"] != nil { return nil }
        continue
      }
      guard let text = try? duration.integerOrText(at: ""), let length = StepDuration.parse(text)
      else { return nil }
      total = Milliseconds(total.count &+ length.count)
    }
    return nil
  }
}

/// The little that must be known of a query's text here.
enum QueryText {
  /// The longest range selector, `[5m]`; subqueries count with their range.
  static func longestRange(in text: String) -> Milliseconds? {
    text.split(separator: "[").dropFirst().compactMap { part in
      Milliseconds(parsing: part.prefix { $0 != "]" && $0 != ":" })
    }.max()
  }
}
