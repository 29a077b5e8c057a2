internal import Manifest
internal import MetricModel

/// Decodes a Rollout field by field and gathers what is wrong on the way.
struct PlanReader {
  let document: ManifestNode
  var problems: [PlanProblem] = []

  init(document: ManifestNode) { self.document = document }

  /// The plan as far as it could be read; nil without the fields that make one.
  mutating func plan() -> RolloutPlan? {
    let document = document
    guard var root = attempt({ () throws(ManifestError) in try document.object(at: "") }) else {
      return nil
    }
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
    if var metadata = attempt({ () throws(ManifestError) in try root.object("metadata") }) {
      name = attempt { () throws(ManifestError) in try metadata.text("name") } ?? ""
      namespace = metadata.optional("namespace")?.asText ?? namespace
    }
    guard var spec = attempt({ () throws(ManifestError) in try root.object("spec") }) else {
      return nil
    }
    gatherUnknown(of: root)
    let plan = read(&spec, name: name, namespace: namespace)
    gatherUnknown(of: spec)
    return plan
  }

  private mutating func read(
    _ spec: inout ManifestObject, name: String, namespace: String
  ) -> RolloutPlan? {
    for (field, remedy) in PlanFields.specNotBuilt {
      if let value = spec.optional(field) {
        refuse(remedy, at: value, path: spec.path(of: field))
      }
    }
    let replicas = whole("replicas", of: &spec) ?? 1
    let minReady = whole("minReadySeconds", of: &spec) ?? 0
    let deadline = whole("progressDeadlineSeconds", of: &spec) ?? 600
    let history = whole("revisionHistoryLimit", of: &spec) ?? 10
    let isPaused = flag("paused", of: &spec)
    let abortsOnDeadline = flag("progressDeadlineAbort", of: &spec)
    let window = rollbackWindow(of: &spec)
    let selector = selector(of: &spec)
    let template = attempt { () throws(ManifestError) in try spec.required("template") }
    let canary = strategy(of: &spec)
    spec.ignore("analysis")
    guard let template, let canary, let selector else { return nil }
    var plan = RolloutPlan(
      name: name, namespace: namespace, replicas: replicas, selector: selector,
      template: template, canary: canary)
    plan.isPaused = isPaused
    plan.minReady = .seconds(Int64(minReady))
    plan.progressDeadline = .seconds(Int64(deadline))
    plan.abortsOnDeadline = abortsOnDeadline
    plan.revisionHistoryLimit = history
    plan.rollbackWindow = window
    return plan
  }

  private mutating func selector(of spec: inout ManifestObject) -> [String: String]? {
    guard var selector = attempt({ () throws(ManifestError) in try spec.object("selector") }) else {
      return nil
    }
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
    guard
      var window = attempt({ () throws(ManifestError) in try spec.optionalObject("rollbackWindow") }
      )
        ?? nil
    else { return nil }
    let revisions = whole("revisions", of: &window)
    gatherUnknown(of: window)
    return revisions
  }

  private mutating func strategy(of spec: inout ManifestObject) -> CanaryPlan? {
    guard var strategy = attempt({ () throws(ManifestError) in try spec.object("strategy") }) else {
      return nil
    }
    let blueGreen = strategy.optional("blueGreen")
    let canary = strategy.optional("canary")
    gatherUnknown(of: strategy)
    if let blueGreen {
      refuse(
        canary == nil
          ? "blue-green is not carried out yet, use strategy.canary"
          : "found canary and blueGreen, expected one strategy: remove this one",
        at: blueGreen, path: strategy.path(of: "blueGreen"))
    }
    guard let canary else {
      if blueGreen == nil {
        refuse(
          "found no strategy, expected \"canary\" (\"canary: {}\" replaces pods without steps)",
          at: strategy.node, path: strategy.path)
      }
      return nil
    }
    let path = strategy.path(of: "canary")
    guard var object = attempt({ () throws(ManifestError) in try canary.object(at: path) }) else {
      return nil
    }
    return read(canary: &object)
  }

  private mutating func read(canary: inout ManifestObject) -> CanaryPlan {
    for (field, remedy) in PlanFields.canaryNotBuilt {
      if let value = canary.optional(field) {
        refuse(remedy, at: value, path: canary.path(of: field))
      }
    }
    for field in PlanFields.canaryIdleWithoutRouting {
      if let value = canary.optional(field), canary.optional("trafficRouting") == nil {
        advise(
          "has no effect without trafficRouting: an aborted or replaced canary is scaled down at "
            + "once; remove it", at: value, path: canary.path(of: field))
      }
    }
    var plan = CanaryPlan()
    plan.maxSurge = quantity("maxSurge", of: &canary) ?? plan.maxSurge
    plan.maxUnavailable = quantity("maxUnavailable", of: &canary) ?? plan.maxUnavailable
    let steps = attempt { () throws(ManifestError) in try canary.list("steps") } ?? []
    plan.steps = steps.compactMap { step(in: $0.node, path: $0.path) }
    plan.background = background(of: &canary)
    gatherUnknown(of: canary, elsewhere: PlanFields.blueGreenOnly)
    return plan
  }
}

extension PlanReader {
  mutating func attempt<Value>(_ body: () throws(ManifestError) -> Value) -> Value? {
    do {
      return try body()
    } catch {
      problems.append(PlanProblem(.refused, error))
      return nil
    }
  }

  mutating func refuse(_ message: String, at node: ManifestNode, path: String) {
    problems.append(PlanProblem(.refused, ManifestError(message, at: node, path: path)))
  }

  mutating func advise(_ message: String, at node: ManifestNode, path: String) {
    problems.append(PlanProblem(.advice, ManifestError(message, at: node, path: path)))
  }

  /// Unknown fields, with a better hint for those that have a place elsewhere.
  mutating func gatherUnknown(
    of object: ManifestObject, elsewhere: [String: String] = [:]
  ) {
    for var error in object.unknownFields {
      let field = error.path.split(separator: ".").last.map(String.init) ?? ""
      if let remedy = elsewhere[field] { error.message = remedy }
      problems.append(PlanProblem(.refused, error))
    }
  }

  /// A count from 0 to the largest Kubernetes can hold; nil when absent or refused.
  mutating func whole(_ field: String, of object: inout ManifestObject) -> Int? {
    guard let node = object.optional(field) else { return nil }
    let path = object.path(of: field)
    guard
      let value = attempt({ () throws(ManifestError) in try node.integer(at: path) })
    else { return nil }
    guard value >= 0, value <= Int64(Int32.max) else {
      refuse("found \(value), expected a number from 0 to \(Int32.max)", at: node, path: path)
      return nil
    }
    return Int(value)
  }

  mutating func flag(_ field: String, of object: inout ManifestObject) -> Bool {
    (attempt { () throws(ManifestError) in try object.optionalBool(field) } ?? nil) ?? false
  }

  private mutating func quantity(
    _ field: String, of object: inout ManifestObject
  ) -> ReplicaQuantity? {
    guard let node = object.optional(field) else { return nil }
    let path = object.path(of: field)
    guard
      let text = attempt({ () throws(ManifestError) in try node.integerOrText(at: path) })
    else { return nil }
    if case .integer = node.content, let count = Int32(text), count >= 0 {
      return .count(Int(count))
    }
    if text.hasSuffix("%"), let percent = Int32(text.dropLast()), percent >= 0 {
      if percent <= 100 || field == "maxSurge" { return .percent(Int(percent)) }
    }
    refuse(
      "found \"\(text)\", expected a number of pods such as 2 or a share such as \"25%\"",
      at: node, path: path)
    return nil
  }
}
