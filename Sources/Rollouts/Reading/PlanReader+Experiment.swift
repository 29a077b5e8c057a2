internal import Analysis
internal import Manifest
internal import MetricModel

extension PlanReader {
  /// `steps[].experiment`.
  mutating func experimentUse(_ value: ManifestNode, path: String) -> ExperimentUse? {
    guard var object = attempt({ () throws(ManifestError) in try value.object(at: path) }) else {
      return nil
    }
    let templates = attempt { () throws(ManifestError) in try object.list("templates") } ?? []
    var use = ExperimentUse(templates: [])
    use.templates = templates.compactMap { experimentTemplate($0.node, path: $0.path) }
    if templates.isEmpty {
      refuse("found no templates, expected at least one", at: value, path: "\(path).templates")
    }
    if let duration = object.optional("duration") {
      use.duration = length(duration, path: "\(path).duration")
    }
    let analyses = attempt { () throws(ManifestError) in try object.list("analyses") } ?? []
    use.analyses = analyses.compactMap { experimentAnalysis($0.node, path: $0.path) }
    let dryRun = attempt { () throws(ManifestError) in try object.list("dryRun") } ?? []
    use.dryRun = dryRun.compactMap { metricName($0.node, path: $0.path) }
    use.runMetadata = podMetadata("analysisRunMetadata", of: &object)
    use.scaleDownDelay = seconds("scaleDownDelaySeconds", of: &object)
    gatherUnknown(of: object)
    for name in repeated(use.templates.map(\.name)) {
      refuse("found template \"\(name)\" twice", at: value, path: "\(path).templates")
    }
    if use.duration == nil, !use.analyses.contains(where: \.isRequired) {
      advise(
        "has neither a duration nor a required analysis: it runs until a person ends it",
        at: value, path: path)
    }
    return use
  }

  private mutating func experimentTemplate(
    _ node: ManifestNode, path: String
  ) -> ExperimentUse.Template? {
    guard var object = attempt({ () throws(ManifestError) in try node.object(at: path) }) else {
      return nil
    }
    let name = attempt { () throws(ManifestError) in try object.text("name") }
    let source = attempt { () throws(ManifestError) in try object.text("specRef") }
    var template = ExperimentUse.Template(
      name: name ?? "", source: source.flatMap(ExperimentUse.Template.Source.init) ?? .stable)
    template.replicas = whole("replicas", of: &object) ?? 1
    template.weight = whole("weight", of: &object)
    template.metadata = podMetadata("metadata", of: &object)
    if var selector = attempt({ () throws(ManifestError) in try object.optionalObject("selector") })
      ?? nil
    {
      template.selector =
        attempt { () throws(ManifestError) in try selector.textMap("matchLabels") } ?? [:]
      gatherUnknown(of: selector)
    }
    if var service = attempt({ () throws(ManifestError) in try object.optionalObject("service") })
      ?? nil
    {
      let name = attempt { () throws(ManifestError) in try service.optionalText("name") } ?? nil
      template.service = name ?? ""
      gatherUnknown(of: service)
    }
    gatherUnknown(of: object)
    guard name != nil, let source else { return nil }
    if ExperimentUse.Template.Source(rawValue: source) == nil {
      refuse(
        "found \"\(source)\", expected stable or canary", at: node, path: "\(path).specRef")
    }
    if template.weight != nil, template.service == nil { template.service = "" }
    return template
  }

  mutating func experimentAnalysis(
    _ node: ManifestNode, path: String
  ) -> ExperimentAnalysis? {
    guard var object = attempt({ () throws(ManifestError) in try node.object(at: path) }) else {
      return nil
    }
    let name = attempt { () throws(ManifestError) in try object.text("name") }
    let template = attempt { () throws(ManifestError) in try object.text("templateName") }
    let isClusterScoped = flag("clusterScope", of: &object)
    let isRequired = flag("requiredForCompletion", of: &object)
    let arguments = attempt { () throws(ManifestError) in try object.list("args") } ?? []
    let resolved = arguments.compactMap { argument($0.node, path: $0.path) }
    gatherUnknown(of: object)
    guard let name, let template else { return nil }
    return ExperimentAnalysis(
      name: name,
      template: AnalysisSpec.TemplateReference(name: template, isClusterScoped: isClusterScoped),
      arguments: resolved, isRequired: isRequired)
  }

  func repeated(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.filter { !seen.insert($0).inserted }
  }
}
