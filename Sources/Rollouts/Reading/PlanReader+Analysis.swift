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
    guard var object = attempt({ () throws(ManifestError) in try value.object(at: path) }) else {
      return nil
    }
    for field in extraFields { object.ignore(field) }
    let countBefore = problems.count
    var use = AnalysisUse(templates: [])
    let templates = attempt { () throws(ManifestError) in try object.list("templates") } ?? []
    use.templates = templates.compactMap { templateReference($0.node, path: $0.path) }
    let arguments = attempt { () throws(ManifestError) in try object.list("args") } ?? []
    use.arguments = arguments.compactMap { argument($0.node, path: $0.path) }
    let dryRun = attempt { () throws(ManifestError) in try object.list("dryRun") } ?? []
    use.dryRun = dryRun.compactMap { metricName($0.node, path: $0.path) }
    let retention =
      attempt { () throws(ManifestError) in try object.list("measurementRetention") } ?? []
    use.retention = retention.compactMap { measurementLimit($0.node, path: $0.path) }
    use.runMetadata = podMetadata("analysisRunMetadata", of: &object)
    gatherUnknown(of: object)
    if templates.isEmpty, problems.count == countBefore {
      refuse(
        "found no templates, expected \"templates: [{templateName: ...}]\"", at: value,
        path: object.path(of: "templates"))
    }
    return (use, object)
  }

  private mutating func templateReference(
    _ node: ManifestNode, path: String
  ) -> AnalysisSpec.TemplateReference? {
    guard var object = attempt({ () throws(ManifestError) in try node.object(at: path) }) else {
      return nil
    }
    let name = attempt { () throws(ManifestError) in try object.text("templateName") }
    let isClusterScoped = flag("clusterScope", of: &object)
    gatherUnknown(of: object)
    return name.map { AnalysisSpec.TemplateReference(name: $0, isClusterScoped: isClusterScoped) }
  }

  mutating func metricName(_ node: ManifestNode, path: String) -> String? {
    guard var object = attempt({ () throws(ManifestError) in try node.object(at: path) }) else {
      return nil
    }
    let name = attempt { () throws(ManifestError) in try object.text("metricName") }
    gatherUnknown(of: object)
    return name
  }

  mutating func measurementLimit(
    _ node: ManifestNode, path: String
  ) -> MeasurementLimit? {
    guard var object = attempt({ () throws(ManifestError) in try node.object(at: path) }) else {
      return nil
    }
    let name = attempt { () throws(ManifestError) in try object.text("metricName") }
    let limit = whole("limit", of: &object)
    gatherUnknown(of: object)
    guard let name, let limit else { return nil }
    return MeasurementLimit(metricName: name, limit: limit)
  }

  mutating func argument(_ node: ManifestNode, path: String) -> AnalysisArgument? {
    guard var object = attempt({ () throws(ManifestError) in try node.object(at: path) }),
      let name = attempt({ () throws(ManifestError) in try object.text("name") })
    else { return nil }
    let value = attempt { () throws(ManifestError) in try object.optionalText("value") } ?? nil
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
    guard var object = attempt({ () throws(ManifestError) in try node.object(at: path) }) else {
      return nil
    }
    let hash = object.optional("podTemplateHashValue")
    var field: ManifestNode?
    var fieldPath = object.path(of: "fieldRef")
    if var reference = attempt({ () throws(ManifestError) in try object.optionalObject("fieldRef") }
    )
      ?? nil
    {
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
