internal import Manifest
internal import MetricModel

/// The rules between fields, each with the place it is about. Rules of single fields stand where
/// the field is read.
struct PlanValidation {
  let plan: RolloutPlan
  let document: ManifestNode

  var problems: [PlanProblem] {
    var problems = ofSpec
    switch plan.strategy {
    case .canary(let canary):
      problems += ofPods(canary) + ofServices(canary) + ofRouting(canary) + ofSteps(canary)
    case .blueGreen(let blueGreen): problems += of(blueGreen)
    }
    return problems
  }

  private func refusal(_ message: String, _ path: String...) -> PlanProblem {
    PlanProblem(.refused, located(message, path))
  }

  private func canaryRefusal(_ message: String, _ path: String...) -> PlanProblem {
    PlanProblem(.refused, located(message, ["spec", "strategy", "canary"] + path))
  }

  private func located(_ message: String, _ path: [String]) -> ManifestError {
    var place = document
    for field in path { place = place[field] ?? place }
    return ManifestError(message, at: place, path: path.joined(separator: "."))
  }

  private var ofSpec: [PlanProblem] {
    var problems: [PlanProblem] = []
    if plan.name.isEmpty == false, !isObjectName(plan.name) {
      problems.append(
        refusal(
          "found \"\(plan.name)\", expected lower-case letters, digits, \"-\" and \".\"",
          "metadata", "name"))
    }
    if plan.progressDeadline <= plan.minReady {
      problems.append(
        refusal(
          "found \(plan.progressDeadline), expected more than minReadySeconds (\(plan.minReady)): "
            + "no update could ever be in time", "spec", "progressDeadlineSeconds"))
    }
    if plan.workload != nil, plan.template.content == .null { return problems }
    if plan.selector.isEmpty {
      problems.append(
        refusal(
          "found an empty selector, which would match every pod; add matchLabels", "spec",
          "selector"))
    }
    let labels = templateLabels
    for (key, value) in plan.selector.sorted(by: { $0.key < $1.key }) where labels[key] != value {
      problems.append(
        refusal(
          "selector asks for \(key)=\(value), which the pod template's labels don't have; "
            + "add it under spec.template.metadata.labels", "spec", "selector", "matchLabels", key))
    }
    if plan.template[path: "spec", "containers"]?.asList?.isEmpty ?? true {
      problems.append(
        refusal(
          "found no containers, expected at least one", "spec", "template", "spec", "containers"))
    }
    return problems
  }

  private func ofPods(_ canary: CanaryPlan) -> [PlanProblem] {
    var problems: [PlanProblem] = []
    if canary.maxSurge.isZero, canary.maxUnavailable.isZero {
      problems.append(
        canaryRefusal(
          "found maxSurge and maxUnavailable both 0, with which no pod could ever be replaced; "
            + "raise one", "maxUnavailable"))
    }
    if canary.isStableScaleDynamic {
      if canary.routing == nil {
        problems.append(canaryRefusal("needs trafficRouting", "dynamicStableScale"))
      }
      let node = document[path: "spec", "strategy", "canary", "scaleDownDelaySeconds"]
      if node != nil {
        problems.append(
          canaryRefusal(
            "can't be had with dynamicStableScale, which takes pods away with their traffic",
            "scaleDownDelaySeconds"))
      }
    }
    if let background = canary.background, background.startingStep > canary.steps.count {
      problems.append(
        canaryRefusal(
          "found \(background.startingStep), expected at most \(canary.steps.count), "
            + "the number of steps", "analysis", "startingStep"))
    }
    return problems
  }

  private func ofServices(_ canary: CanaryPlan) -> [PlanProblem] {
    var problems: [PlanProblem] = []
    if let service = canary.canaryService, service == canary.stableService {
      problems.append(
        canaryRefusal(
          "found \"\(service)\" for both roles, expected two Services", "canaryService"))
    }
    if let pingPong = canary.pingPong {
      if pingPong.ping == pingPong.pong {
        problems.append(
          canaryRefusal(
            "found \"\(pingPong.ping)\" twice, expected two Services", "pingPong", "pongService"))
      }
      if canary.canaryService != nil || canary.stableService != nil {
        problems.append(
          canaryRefusal("can't be had beside canaryService and stableService", "pingPong"))
      }
    }
    if canary.pingPong != nil, let routing = canary.routing {
      for router in routing.routers {
        guard case .nginx = router else { continue }
        problems.append(
          canaryRefusal("nginx can't do it: its Ingress names one Service", "pingPong"))
      }
    }
    let splitsBySubset = canary.routing?.routers.allSatisfy {
      if case .istio(let plan) = $0 { plan.destinationRule != nil } else { false }
    }
    guard canary.routing != nil, splitsBySubset != true, canary.pingPong == nil else {
      return problems
    }
    for (field, service) in [
      ("canaryService", canary.canaryService), ("stableService", canary.stableService),
    ] where service == nil {
      problems.append(canaryRefusal("found no \(field), which trafficRouting needs", field))
    }
    return problems
  }

  private func ofRouting(_ canary: CanaryPlan) -> [PlanProblem] {
    guard let routing = canary.routing, routing.maxWeight != 100 else { return [] }
    return routing.routers.compactMap { router in
      guard case .istio = router else { return nil }
      return canaryRefusal(
        "found \(routing.maxWeight), but the weights of \(router.name) are parts of 100",
        "trafficRouting", "maxTrafficWeight")
    }
  }

  private func ofSteps(_ canary: CanaryPlan) -> [PlanProblem] {
    var problems: [PlanProblem] = []
    let nodes = document[path: "spec", "strategy", "canary", "steps"]?.asList ?? []
    for (index, step) in canary.steps.enumerated() {
      let node = nodes.indices.contains(index) ? nodes[index] : document
      for message in faults(of: step, canary) {
        problems.append(
          PlanProblem(
            .refused,
            ManifestError(message, at: node, path: "spec.strategy.canary.steps[\(index)]")))
      }
    }
    if case .analysis? = canary.steps.first {
      problems.append(
        PlanProblem(
          .advice,
          ManifestError(
            "the first step is an analysis: the canary has no pods yet; put a setWeight before it",
            at: nodes.first ?? document, path: "spec.strategy.canary.steps[0]")))
    }
    return problems
  }

  private func faults(of step: CanaryStep, _ canary: CanaryPlan) -> [String] {
    let ability: RouterPlan.Ability
    var route: String?
    switch step {
    case .setWeight, .pause, .analysis: return []
    case .setCanaryScale:
      return canary.routing == nil
        ? ["setCanaryScale needs trafficRouting; use setWeight, which sets the pods"] : []
    case .experiment(let use):
      guard use.templates.contains(where: { $0.weight != nil }) else { return [] }
      ability = .experimentWeights
    case .setHeaderRoute(let step):
      ability = .headerRoutes
      route = step.name
    case .setMirrorRoute(let step):
      ability = .mirrorRoutes
      route = step.name
    }
    guard let routing = canary.routing else { return ["\(ability.rawValue) needs trafficRouting"] }
    var faults = routing.routers.filter { !$0.abilities.contains(ability) }.map {
      "\($0.name) can't do \(ability.rawValue); remove the step or use another router"
    }
    if let route, !routing.managedRoutes.contains(route) {
      faults.append("found route \"\(route)\", which trafficRouting.managedRoutes doesn't name")
    }
    return faults
  }

  private func of(_ blueGreen: BlueGreenPlan) -> [PlanProblem] {
    guard blueGreen.previewService == blueGreen.activeService else { return [] }
    return [
      refusal(
        "found \"\(blueGreen.activeService)\" for both roles, expected two Services", "spec",
        "strategy", "blueGreen", "previewService")
    ]
  }

  private var templateLabels: [String: String] {
    guard case .map(let entries)? = plan.template[path: "metadata", "labels"]?.content else {
      return [:]
    }
    return Dictionary(
      entries.compactMap { entry in entry.value.asText.map { (entry.key, $0) } },
      uniquingKeysWith: { first, _ in first })
  }

  private func isObjectName(_ name: String) -> Bool {
    let allowed = name.utf8.allSatisfy { byte in
      (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2d || byte == 0x2e
    }
    return allowed && name.utf8.count <= 253 && !name.hasPrefix("-") && !name.hasSuffix("-")
  }
}

extension ReplicaQuantity {
  fileprivate var isZero: Bool { self == .count(0) || self == .percent(0) }
}
