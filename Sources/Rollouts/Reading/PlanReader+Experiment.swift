internal import Analysis
internal import Manifest
internal import MetricModel

extension PlanReader {
  /// `steps[].experiment`.
  mutating func experimentUse(_ value: ManifestNode, path: String) -> ExperimentUse? {
    guard var object = object(value, path) else { return nil }
    let problemsBefore = problems.count
    var use = ExperimentUse(templates: [])
    use.templates = list("templates", of: &object) { $0.experimentTemplate($1, path: $2) }
    if use.templates.isEmpty, problems.count == problemsBefore {
      refuse("found no templates, expected at least one", at: value, path: "\(path).templates")
    }
    if let duration = object.optional("duration") {
      use.duration = length(duration, path: "\(path).duration")
    }
    use.analyses = list("analyses", of: &object) { $0.experimentAnalysis($1, path: $2) }
    use.dryRun = list("dryRun", of: &object) { $0.metricName($1, path: $2) }
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
    guard var object = object(node, path) else { return nil }
    let name = requiredText("name", of: &object)
    let source = requiredText("specRef", of: &object)
    var template = ExperimentUse.Template(
      name: name ?? "", source: source.flatMap(ExperimentUse.Template.Source.init) ?? .stable)
    template.replicas = whole("replicas", of: &object) ?? 1
    template.weight = whole("weight", of: &object)
    template.metadata = podMetadata("metadata", of: &object)
    if var selector = part("selector", of: &object) {
      template.selector = textMap("matchLabels", of: &selector)
      gatherUnknown(of: selector)
    }
    if var service = part("service", of: &object) {
      template.service = text("name", of: &service) ?? ""
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
    guard var object = object(node, path) else { return nil }
    let name = requiredText("name", of: &object)
    let template = requiredText("templateName", of: &object)
    let isClusterScoped = flag("clusterScope", of: &object)
    let isRequired = flag("requiredForCompletion", of: &object)
    let resolved = list("args", of: &object) { $0.argument($1, path: $2) }
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
