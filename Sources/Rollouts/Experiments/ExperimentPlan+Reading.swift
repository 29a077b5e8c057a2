internal import Analysis
package import Manifest
internal import MetricModel

extension ExperimentPlan {
  /// Decodes and validates an Experiment; nil when anything was refused.
  package static func read(
    _ document: ManifestNode
  ) -> (plan: ExperimentPlan?, problems: [PlanProblem]) {
    var reader = PlanReader(document: document, workload: nil)
    let plan = reader.experimentPlan()
    let isRefused = reader.problems.contains { $0.severity == .refused }
    return (isRefused ? nil : plan, reader.problems)
  }
}

extension PlanReader {
  fileprivate mutating func experimentPlan() -> ExperimentPlan? {
    let document = document
    guard var root = attempt({ () throws(ManifestError) in try document.object(at: "") }) else {
      return nil
    }
    root.ignore("apiVersion", "kind", "status")
    var name = ""
    var namespace = "default"
    if var metadata = attempt({ () throws(ManifestError) in try root.object("metadata") }) {
      name = attempt { () throws(ManifestError) in try metadata.text("name") } ?? ""
      namespace = metadata.optional("namespace")?.asText ?? namespace
    }
    guard var spec = attempt({ () throws(ManifestError) in try root.object("spec") }) else {
      return nil
    }
    gatherUnknown(of: root)
    let templates = attempt { () throws(ManifestError) in try spec.list("templates") } ?? []
    var plan = ExperimentPlan(name: name, namespace: namespace, templates: [])
    plan.templates = templates.compactMap { podTemplate($0.node, path: $0.path, of: name) }
    if let node = spec.optional("duration") {
      plan.duration = length(node, path: spec.path(of: "duration"))
    }
    plan.progressDeadline = seconds("progressDeadlineSeconds", of: &spec) ?? plan.progressDeadline
    plan.scaleDownDelay = seconds("scaleDownDelaySeconds", of: &spec) ?? plan.scaleDownDelay
    plan.isTerminated = flag("terminate", of: &spec)
    let analyses = attempt { () throws(ManifestError) in try spec.list("analyses") } ?? []
    plan.analyses = analyses.compactMap { experimentAnalysis($0.node, path: $0.path) }
    let dryRun = attempt { () throws(ManifestError) in try spec.list("dryRun") } ?? []
    plan.dryRun = dryRun.compactMap { metricName($0.node, path: $0.path) }
    let retention =
      attempt { () throws(ManifestError) in try spec.list("measurementRetention") } ?? []
    plan.retention = retention.compactMap { measurementLimit($0.node, path: $0.path) }
    plan.runMetadata = podMetadata("analysisRunMetadata", of: &spec)
    gatherUnknown(of: spec)
    if templates.isEmpty {
      refuse("found no templates, expected at least one", at: spec.node, path: "spec.templates")
    }
    for name in repeated(plan.templates.map(\.name)) {
      refuse("found template \"\(name)\" twice", at: spec.node, path: "spec.templates")
    }
    return plan
  }

  private mutating func podTemplate(
    _ node: ManifestNode, path: String, of experiment: String
  ) -> ExperimentPlan.Template? {
    guard var object = attempt({ () throws(ManifestError) in try node.object(at: path) }) else {
      return nil
    }
    let name = attempt { () throws(ManifestError) in try object.text("name") }
    let replicas = whole("replicas", of: &object) ?? 1
    let minReady = seconds("minReadySeconds", of: &object) ?? .zero
    var labels: [String: String] = [:]
    if var selector = attempt({ () throws(ManifestError) in try object.object("selector") }) {
      labels = textMap("matchLabels", of: &selector)
      gatherUnknown(of: selector)
    }
    let hasLooseSpec = object.optional("spec") != nil
    let template = object.optional("template")
    if template == nil {
      refuse(
        "required field is missing"
          + (hasLooseSpec
            ? "; move \"spec\" into \"template: {metadata: {labels: ...}, spec: ...}\"" : ""),
        at: node, path: "\(path).template")
    }
    if let spec = object.optional("spec") {
      refuse(
        "unknown field, a pod's spec belongs into \"template\"", at: spec, path: "\(path).spec")
    }
    var service: String?
    if var part = part("service", of: &object) {
      service = text("name", of: &part) ?? "\(experiment)-\(name ?? "")"
      gatherUnknown(of: part)
    }
    gatherUnknown(of: object)
    guard let name, let template else { return nil }
    return ExperimentPlan.Template(
      name: name, replicas: replicas, minReady: minReady, selector: labels, template: template,
      service: service, experiment: experiment)
  }
}
