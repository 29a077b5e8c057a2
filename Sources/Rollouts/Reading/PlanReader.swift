internal import Manifest
internal import MetricModel

/// Decodes a Rollout field by field and gathers what is wrong on the way.
struct PlanReader {
  let document: ManifestNode
  /// The object of `workloadRef`, where it is at hand.
  let workload: ManifestNode?
  var problems: [PlanProblem] = []
  /// `trafficRouting.maxTrafficWeight`, once it is read.
  var weightMax = 100

  init(document: ManifestNode, workload: ManifestNode?) {
    self.document = document
    self.workload = workload
  }

  /// The plan as far as it could be read; nil without the fields that make one.
  mutating func plan() -> RolloutPlan? {
    let document = document
    guard var root = object(document, "") else { return nil }
    let kind = root.optional("kind")?.asText ?? ""
    let version = root.optional("apiVersion")?.asText ?? ""
    guard kind == "Rollout", version == "argoproj.io/v1alpha1" else {
      refuse(
        "found \(version.isEmpty ? "no apiVersion" : version) \(kind.isEmpty ? "of no kind" : kind)"
          + ", expected a Rollout of argoproj.io/v1alpha1", at: document, path: "kind")
      return nil
    }
    root.ignore("status")
    var name = ""
    var namespace = "default"
    var generation: Int64 = 0
    var tracksConfig = false
    if var metadata = required("metadata", of: &root) {
      name = requiredText("name", of: &metadata) ?? ""
      namespace = metadata.optional("namespace")?.asText ?? namespace
      tracksConfig =
        metadata.optional("annotations")?[RolloutPlan.tracksConfigAnnotation]?.asText == "true"
      if case .integer(let number)? = metadata.optional("generation")?.content {
        generation = number
      }
    }
    guard var spec = required("spec", of: &root) else { return nil }
    gatherUnknown(of: root)
    var plan = read(&spec, name: name, namespace: namespace)
    plan?.generation = generation
    plan?.tracksConfig = tracksConfig
    gatherUnknown(of: spec)
    return plan
  }

  private mutating func read(
    _ spec: inout ManifestObject, name: String, namespace: String
  ) -> RolloutPlan? {
    let reference = workloadReference(of: &spec)
    let (selector, template) = pods(of: &spec, reference)
    let strategy = strategy(of: &spec)
    var plan = RolloutPlan(
      name: name, namespace: namespace, replicas: whole("replicas", of: &spec) ?? 1,
      selector: selector ?? [:], template: template ?? ManifestNode(.null),
      strategy: strategy ?? .canary(CanaryPlan()))
    plan.workload = reference
    plan.isPaused = flag("paused", of: &spec)
    plan.minReady = seconds("minReadySeconds", of: &spec) ?? plan.minReady
    plan.progressDeadline = seconds("progressDeadlineSeconds", of: &spec) ?? plan.progressDeadline
    plan.abortsOnDeadline = flag("progressDeadlineAbort", of: &spec)
    plan.revisionHistoryLimit =
      whole("revisionHistoryLimit", of: &spec) ?? plan.revisionHistoryLimit
    plan.rollbackWindow = rollbackWindow(of: &spec)
    plan.restartAt = restartAt(of: &spec)
    plan.runHistory = runHistory(of: &spec)
    return selector == nil || template == nil || strategy == nil ? nil : plan
  }

  /// Selector and template: the Rollout's own, or those of the object it refers to.
  private mutating func pods(
    of spec: inout ManifestObject, _ reference: WorkloadReference?
  ) -> (selector: [String: String]?, template: ManifestNode?) {
    guard let reference else {
      let selector = selector(of: &spec)
      return (selector, attempt { () throws(ManifestError) in try spec.required("template") })
    }
    if let template = spec.optional("template") {
      refuse(
        "found template and workloadRef, expected one of them", at: template,
        path: spec.path(of: "template"))
    }
    let isPodTemplate = reference.kind == "PodTemplate"
    let template = isPodTemplate ? workload?["template"] : workload?[path: "spec", "template"]
    if workload != nil, template == nil {
      refuse(
        "found no pod template in \(reference.kind) \"\(reference.name)\"", at: spec.node,
        path: spec.path(of: "workloadRef"))
    }
    if spec.optional("selector") != nil {
      return (selector(of: &spec), template ?? ManifestNode(.null))
    }
    var labels: [String: String] = [:]
    if case .map(let entries)? = workload?[path: "spec", "selector", "matchLabels"]?.content {
      for entry in entries { labels[entry.key] = entry.value.asText }
    }
    return (labels, template ?? ManifestNode(.null))
  }

  private mutating func selector(of spec: inout ManifestObject) -> [String: String]? {
    guard var selector = required("selector", of: &spec) else { return nil }
    if let expressions = selector.optional("matchExpressions") {
      refuse(
        "matchExpressions are not carried out yet, use matchLabels", at: expressions,
        path: selector.path(of: "matchExpressions"))
    }
    let labels = attempt { () throws(ManifestError) in try selector.textMap("matchLabels") }
    gatherUnknown(of: selector)
    return labels
  }

  private mutating func rollbackWindow(of spec: inout ManifestObject) -> Int? {
    guard var window = part("rollbackWindow", of: &spec) else { return nil }
    let revisions = whole("revisions", of: &window)
    gatherUnknown(of: window)
    return revisions
  }

  private mutating func restartAt(of spec: inout ManifestObject) -> Timestamp? {
    guard let node = spec.optional("restartAt") else { return nil }
    let path = spec.path(of: "restartAt")
    guard let text = attempt({ () throws(ManifestError) in try node.text(at: path) }) else {
      return nil
    }
    if let time = Timestamp(parsing: text) { return time }
    refuse(
      "found \"\(text)\", expected a time such as 2026-01-31T12:00:00Z", at: node, path: path)
    return nil
  }

  private mutating func runHistory(of spec: inout ManifestObject) -> RunHistory {
    var history = RunHistory()
    guard var analysis = part("analysis", of: &spec) else { return history }
    history.successful =
      whole("successfulRunHistoryLimit", of: &analysis) ?? history.successful
    history.unsuccessful =
      whole("unsuccessfulRunHistoryLimit", of: &analysis) ?? history.unsuccessful
    gatherUnknown(of: analysis)
    return history
  }

  private mutating func workloadReference(of spec: inout ManifestObject) -> WorkloadReference? {
    guard var object = part("workloadRef", of: &spec) else { return nil }
    let version = text("apiVersion", of: &object) ?? "apps/v1"
    let kind = requiredText("kind", of: &object) ?? ""
    let name = requiredText("name", of: &object) ?? ""
    let scaleDown = text("scaleDown", of: &object) ?? "never"
    gatherUnknown(of: object)
    if !kind.isEmpty, !["Deployment", "ReplicaSet", "PodTemplate"].contains(kind) {
      refuse(
        "found \"\(kind)\", expected Deployment, ReplicaSet or PodTemplate", at: object.node,
        path: object.path(of: "kind"))
    }
    guard let scale = WorkloadReference.ScaleDown(rawValue: scaleDown) else {
      let known = WorkloadReference.ScaleDown.allCases.map(\.rawValue).joined(separator: ", ")
      refuse(
        "found \"\(scaleDown)\", expected one of \(known)", at: object.node,
        path: object.path(of: "scaleDown"))
      return nil
    }
    return WorkloadReference(apiVersion: version, kind: kind, name: name, scaleDown: scale)
  }

  private mutating func strategy(of spec: inout ManifestObject) -> RolloutPlan.Strategy? {
    guard var strategy = required("strategy", of: &spec) else { return nil }
    let blueGreen = strategy.optional("blueGreen")
    let canary = strategy.optional("canary")
    gatherUnknown(of: strategy)
    if let blueGreen, canary != nil {
      refuse(
        "found canary and blueGreen, expected one strategy: remove this one",
        at: blueGreen, path: strategy.path(of: "blueGreen"))
    }
    if let canary {
      let path = strategy.path(of: "canary")
      guard var object = object(canary, path) else { return nil }
      return .canary(read(canary: &object))
    }
    if let blueGreen {
      let path = strategy.path(of: "blueGreen")
      guard var object = object(blueGreen, path) else { return nil }
      return read(blueGreen: &object).map { .blueGreen($0) }
    }
    refuse(
      "found no strategy, expected \"canary\" (\"canary: {}\" replaces pods without steps) or "
        + "\"blueGreen\"", at: strategy.node, path: strategy.path)
    return nil
  }
}
