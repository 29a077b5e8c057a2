internal import Manifest
internal import MetricModel

/// The rules between fields, each with the place it is about. Rules of single fields stand where
/// the field is read.
struct PlanValidation {
  private let plan: RolloutPlan
  private let document: ManifestNode
  private(set) var problems: [PlanProblem] = []

  init(plan: RolloutPlan, document: ManifestNode) {
    self.plan = plan
    self.document = document
    checkSpec()
    switch plan.strategy {
    case .canary(let canary):
      checkPods(canary)
      checkServices(canary)
      checkRouting(canary)
      checkSteps(canary)
    case .blueGreen(let blueGreen): check(blueGreen)
    }
  }

  private mutating func refuse(_ message: String, _ path: String...) {
    refuse(message, path)
  }

  private mutating func refuse(canary message: String, _ path: String...) {
    refuse(message, ["spec", "strategy", "canary"] + path)
  }

  private mutating func refuse(_ message: String, _ path: [String]) {
    var place = document
    for field in path { place = place[field] ?? place }
    let error = ManifestError(message, at: place, path: path.joined(separator: "."))
    problems.append(PlanProblem(.refused, error))
  }

  private mutating func checkSpec() {
    if !plan.name.isEmpty, !isObjectName(plan.name) {
      refuse(
        "found \"\(plan.name)\", expected lower-case letters, digits, \"-\" and \".\"",
        "metadata", "name")
    }
    if plan.progressDeadline <= plan.minReady {
      refuse(
        "found \(plan.progressDeadline), expected more than minReadySeconds (\(plan.minReady)): "
          + "no update could ever be in time", "spec", "progressDeadlineSeconds")
    }
    if plan.workload != nil, plan.template.content == .null { return }
    if plan.selector.isEmpty {
      refuse(
        "found an empty selector, which would match every pod; add matchLabels", "spec",
        "selector")
    }
    let labels = templateLabels
    for (key, value) in plan.selector.sorted(by: { $0.key < $1.key }) where labels[key] != value {
      refuse(
        "selector asks for \(key)=\(value), which the pod template's labels don't have; "
          + "add it under spec.template.metadata.labels", "spec", "selector", "matchLabels", key)
    }
    if plan.template[path: "spec", "containers"]?.asList?.isEmpty ?? true {
      refuse(
        "found no containers, expected at least one", "spec", "template", "spec", "containers")
    }
  }

  private mutating func checkPods(_ canary: CanaryPlan) {
    if canary.maxSurge.isZero, canary.maxUnavailable.isZero {
      refuse(
        canary: "found maxSurge and maxUnavailable both 0, with which no pod could ever be "
          + "replaced; raise one", "maxUnavailable")
    }
    if canary.isStableScaleDynamic {
      if canary.routing == nil { refuse(canary: "needs trafficRouting", "dynamicStableScale") }
      if document[path: "spec", "strategy", "canary", "scaleDownDelaySeconds"] != nil {
        refuse(
          canary: "can't be had with dynamicStableScale, which takes pods away with their traffic",
          "scaleDownDelaySeconds")
      }
    }
    if let background = canary.background, background.startingStep > canary.steps.count {
      refuse(
        canary: "found \(background.startingStep), expected at most \(canary.steps.count), "
          + "the number of steps", "analysis", "startingStep")
    }
  }

  private mutating func checkServices(_ canary: CanaryPlan) {
    if let service = canary.canaryService, service == canary.stableService {
      refuse(
        canary: "found \"\(service)\" for both roles, expected two Services", "canaryService")
    }
    let routers = canary.routing?.routers ?? []
    if let pingPong = canary.pingPong {
      if pingPong.ping == pingPong.pong {
        refuse(
          canary: "found \"\(pingPong.ping)\" twice, expected two Services", "pingPong",
          "pongService")
      }
      for case .nginx in routers {
        refuse(canary: "nginx can't do it: its Ingress names one Service", "pingPong")
      }
      return
    }
    let splitsBySubset = routers.allSatisfy {
      if case .istio(let plan) = $0 { plan.destinationRule != nil } else { false }
    }
    guard canary.routing != nil, !splitsBySubset else { return }
    for (field, service) in [
      ("canaryService", canary.canaryService), ("stableService", canary.stableService),
    ] where service == nil {
      refuse(canary: "found no \(field), which trafficRouting needs", field)
    }
  }

  private mutating func checkRouting(_ canary: CanaryPlan) {
    guard let routing = canary.routing, routing.maxWeight != 100 else { return }
    for router in routing.routers {
      guard case .istio = router else { continue }
      refuse(
        canary: "found \(routing.maxWeight), but the weights of \(router.name) are parts of 100",
        "trafficRouting", "maxTrafficWeight")
    }
  }

  private mutating func checkSteps(_ canary: CanaryPlan) {
    let nodes = document[path: "spec", "strategy", "canary", "steps"]?.asList ?? []
    func error(_ message: String, _ index: Int) -> ManifestError {
      let node = nodes.indices.contains(index) ? nodes[index] : document
      return ManifestError(message, at: node, path: "spec.strategy.canary.steps[\(index)]")
    }
    for (index, step) in canary.steps.enumerated() {
      for message in faults(of: step, canary) {
        problems.append(PlanProblem(.refused, error(message, index)))
      }
    }
    if case .analysis? = canary.steps.first {
      let message =
        "the first step is an analysis: the canary has no pods yet; put a setWeight before it"
      problems.append(PlanProblem(.advice, error(message, 0)))
    }
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

  private mutating func check(_ blueGreen: BlueGreenPlan) {
    guard blueGreen.previewService == blueGreen.activeService else { return }
    refuse(
      "found \"\(blueGreen.activeService)\" for both roles, expected two Services", "spec",
      "strategy", "blueGreen", "previewService")
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
