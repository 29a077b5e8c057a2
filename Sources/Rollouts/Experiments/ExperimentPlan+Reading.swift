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
    guard var root = object(document, "") else { return nil }
    root.ignore("apiVersion", "kind", "status")
    var name = ""
    var namespace = "default"
    if var metadata = required("metadata", of: &root) {
      let prefix = text("generateName", of: &metadata)
      name = text("name", of: &metadata) ?? prefix ?? requiredText("name", of: &metadata) ?? ""
      namespace = metadata.optional("namespace")?.asText ?? namespace
    }
    guard var spec = required("spec", of: &root) else { return nil }
    gatherUnknown(of: root)
    let problemsBefore = problems.count
    var plan = ExperimentPlan(name: name, namespace: namespace, templates: [])
    plan.templates = list("templates", of: &spec) { $0.podTemplate($1, path: $2, of: name) }
    if plan.templates.isEmpty, problems.count == problemsBefore {
      refuse("found no templates, expected at least one", at: spec.node, path: "spec.templates")
    }
    if let node = spec.optional("duration") {
      plan.duration = length(node, path: spec.path(of: "duration"))
    }
    plan.progressDeadline = seconds("progressDeadlineSeconds", of: &spec) ?? plan.progressDeadline
    plan.scaleDownDelay = seconds("scaleDownDelaySeconds", of: &spec) ?? plan.scaleDownDelay
    plan.isTerminated = flag("terminate", of: &spec)
    plan.analyses = list("analyses", of: &spec) { $0.experimentAnalysis($1, path: $2) }
    plan.dryRun = list("dryRun", of: &spec) { $0.metricName($1, path: $2) }
    plan.retention = list("measurementRetention", of: &spec) { $0.measurementLimit($1, path: $2) }
    plan.runMetadata = podMetadata("analysisRunMetadata", of: &spec)
    gatherUnknown(of: spec)
    for name in repeated(plan.templates.map(\.name)) {
      refuse("found template \"\(name)\" twice", at: spec.node, path: "spec.templates")
    }
    return plan
  }

  private mutating func podTemplate(
    _ node: ManifestNode, path: String, of experiment: String
  ) -> ExperimentPlan.Template? {
    guard var object = object(node, path) else { return nil }
    let name = requiredText("name", of: &object)
    let replicas = whole("replicas", of: &object) ?? 1
    let minReady = seconds("minReadySeconds", of: &object) ?? .zero
    var labels: [String: String] = [:]
    if var selector = required("selector", of: &object) {
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
