internal import Analysis
internal import Manifest
internal import MetricModel

extension PlanReader {
  mutating func background(of canary: inout ManifestObject) -> BackgroundAnalysis? {
    guard let value = canary.optional("analysis") else { return nil }
    let path = canary.path(of: "analysis")
    guard var parts = analysisUse(value, path: path, extraFields: ["startingStep"]) else {
      return nil
    }
    let startingStep = whole("startingStep", of: &parts.object) ?? 0
    return BackgroundAnalysis(use: parts.use, startingStep: startingStep)
  }

  /// The templates and arguments of an analysis; also the object, for fields beside them.
  mutating func analysisUse(
    _ value: ManifestNode, path: String, extraFields: [String]
  ) -> (use: AnalysisUse, object: ManifestObject)? {
    guard var object = object(value, path) else { return nil }
    for field in extraFields { object.ignore(field) }
    let countBefore = problems.count
    var use = AnalysisUse(templates: [])
    use.templates = list("templates", of: &object) { $0.templateReference($1, path: $2) }
    use.arguments = list("args", of: &object) { $0.argument($1, path: $2) }
    use.dryRun = list("dryRun", of: &object) { $0.metricName($1, path: $2) }
    use.retention = list("measurementRetention", of: &object) { $0.measurementLimit($1, path: $2) }
    use.runMetadata = podMetadata("analysisRunMetadata", of: &object)
    gatherUnknown(of: object)
    if use.templates.isEmpty, problems.count == countBefore {
      refuse(
        "found no templates, expected \"templates: [{templateName: ...}]\"", at: value,
        path: object.path(of: "templates"))
    }
    return (use, object)
  }

  private mutating func templateReference(
    _ node: ManifestNode, path: String
  ) -> AnalysisSpec.TemplateReference? {
    guard var object = object(node, path) else { return nil }
    let name = requiredText("templateName", of: &object)
    let isClusterScoped = flag("clusterScope", of: &object)
    gatherUnknown(of: object)
    return name.map { AnalysisSpec.TemplateReference(name: $0, isClusterScoped: isClusterScoped) }
  }

  mutating func metricName(_ node: ManifestNode, path: String) -> String? {
    guard var object = object(node, path) else { return nil }
    let name = requiredText("metricName", of: &object)
    gatherUnknown(of: object)
    return name
  }

  mutating func measurementLimit(
    _ node: ManifestNode, path: String
  ) -> MeasurementLimit? {
    guard var object = object(node, path) else { return nil }
    let name = requiredText("metricName", of: &object)
    let limit = whole("limit", of: &object)
    gatherUnknown(of: object)
    guard let name, let limit else { return nil }
    return MeasurementLimit(metricName: name, limit: limit)
  }

  mutating func argument(_ node: ManifestNode, path: String) -> AnalysisArgument? {
    guard var object = object(node, path), let name = requiredText("name", of: &object)
    else { return nil }
    let value = text("value", of: &object)
    let from = object.optional("valueFrom")
    let fromPath = object.path(of: "valueFrom")
    gatherUnknown(of: object)
    if let value { return AnalysisArgument(name: name, source: .value(value)) }
    guard let from else {
      refuse("found no value, expected \"value\" or \"valueFrom\"", at: node, path: path)
      return nil
    }
    return argumentSource(from, path: fromPath).map { AnalysisArgument(name: name, source: $0) }
  }

  private mutating func argumentSource(
    _ node: ManifestNode, path: String
  ) -> AnalysisArgument.Source? {
    guard var object = object(node, path) else { return nil }
    let hash = object.optional("podTemplateHashValue")
    var field: ManifestNode?
    var fieldPath = object.path(of: "fieldRef")
    if var reference = part("fieldRef", of: &object) {
      field = reference.optional("fieldPath")
      fieldPath = reference.path(of: "fieldPath")
      gatherUnknown(of: reference)
    }
    gatherUnknown(of: object)
    switch (hash, field) {
    case (.some(let hash), _):
      if hash.asText == "Latest" { return .latestPodHash }
      if hash.asText == "Stable" { return .stablePodHash }
      refuse(
        "found \"\(hash.asText ?? hash.kindName)\", expected Latest or Stable", at: hash,
        path: object.path(of: "podTemplateHashValue"))
    case (nil, .some(let field)):
      if let path = field.asText, let value = FieldPath.value(of: path, in: document) {
        return .value(value)
      }
      refuse(
        "found no text at \"\(field.asText ?? field.kindName)\" of this Rollout", at: field,
        path: fieldPath)
    case (nil, nil):
      refuse(
        "expected \"podTemplateHashValue: Latest\", \"podTemplateHashValue: Stable\" or "
          + "\"fieldRef: {fieldPath: ...}\"", at: node, path: path)
    }
    return nil
  }
}
