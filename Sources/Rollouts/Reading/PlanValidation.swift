internal import Manifest
internal import MetricModel

/// The rules between fields, each with the place it is about. Rules of single fields stand where
/// the field is read.
enum PlanValidation {
  static func problems(of plan: RolloutPlan, in document: ManifestNode) -> [PlanProblem] {
    var problems: [PlanProblem] = []
    func refuse(_ message: String, _ path: String...) {
      problems.append(PlanProblem(.refused, located(message, path, in: document)))
    }
    if plan.name.isEmpty == false, !isObjectName(plan.name) {
      refuse(
        "found \"\(plan.name)\", expected lower-case letters, digits, \"-\" and \".\"",
        "metadata", "name")
    }
    if plan.selector.isEmpty {
      refuse(
        "found an empty selector, which would match every pod; add matchLabels", "spec", "selector")
    }
    let labels = templateLabels(of: plan)
    for (key, value) in plan.selector.sorted(by: { $0.key < $1.key }) where labels[key] != value {
      refuse(
        "selector asks for \(key)=\(value), which the pod template's labels don't have; "
          + "add it under spec.template.metadata.labels", "spec", "selector", "matchLabels", key)
    }
    if plan.template[path: "spec", "containers"]?.asList?.isEmpty ?? true {
      refuse("found no containers, expected at least one", "spec", "template", "spec", "containers")
    }
    if plan.progressDeadline <= plan.minReady {
      refuse(
        "found \(plan.progressDeadline), expected more than minReadySeconds (\(plan.minReady)): "
          + "no update could ever be in time", "spec", "progressDeadlineSeconds")
    }
    if plan.canary.maxSurge.isZero, plan.canary.maxUnavailable.isZero {
      refuse(
        "found maxSurge and maxUnavailable both 0, with which no pod could ever be replaced; "
          + "raise one", "spec", "strategy", "canary", "maxUnavailable")
    }
    if let background = plan.canary.background,
      background.startingStep > plan.canary.steps.count
    {
      refuse(
        "found \(background.startingStep), expected at most \(plan.canary.steps.count), "
          + "the number of steps", "spec", "strategy", "canary", "analysis", "startingStep")
    }
    problems += stepAdvice(plan, in: document)
    return problems
  }

  /// An analysis before any weight judges a canary without pods.
  private static func stepAdvice(
    _ plan: RolloutPlan, in document: ManifestNode
  ) -> [PlanProblem] {
    guard case .analysis? = plan.canary.steps.first else { return [] }
    let node = document[path: "spec", "strategy", "canary", "steps"]?.asList?.first ?? document
    return [
      PlanProblem(
        .advice,
        ManifestError(
          "the first step is an analysis: the canary has no pods yet; put a setWeight before it",
          at: node, path: "spec.strategy.canary.steps[0]"))
    ]
  }

  private static func located(
    _ message: String, _ path: [String], in document: ManifestNode
  ) -> ManifestError {
    var place = document
    for field in path { place = place[field] ?? place }
    return ManifestError(message, at: place, path: path.joined(separator: "."))
  }

  private static func templateLabels(of plan: RolloutPlan) -> [String: String] {
    guard case .map(let entries)? = plan.template[path: "metadata", "labels"]?.content else {
      return [:]
    }
    return Dictionary(
      entries.compactMap { entry in entry.value.asText.map { (entry.key, $0) } },
      uniquingKeysWith: { first, _ in first })
  }

  private static func isObjectName(_ name: String) -> Bool {
    let allowed = name.utf8.allSatisfy { byte in
      (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2d || byte == 0x2e
    }
    return allowed && name.utf8.count <= 253 && !name.hasPrefix("-") && !name.hasSuffix("-")
  }
}

extension ReplicaQuantity {
  fileprivate var isZero: Bool { self == .count(0) || self == .percent(0) }
}
