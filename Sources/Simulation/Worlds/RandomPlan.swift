internal import Analysis
internal import Manifest
internal import MetricModel
internal import Rollouts
internal import Statistics

/// Plans of all strategies and routers.
enum RandomPlan {
  static func draw(using generator: inout SeededGenerator) -> RolloutPlan {
    var plan = RolloutPlan(
      name: "shop", replicas: Int.random(in: 0...8, using: &generator),
      selector: ["app": "shop"], template: template(1))
    plan.abortsOnDeadline = Bool.random(using: &generator)
    plan.progressDeadline = .seconds(Int64.random(in: 30...900, using: &generator))
    plan.rollbackWindow = generator.chance(0.3) ? 2 : nil
    plan.tracksConfig = generator.chance(0.25)
    plan.revisionHistoryLimit = Int.random(in: 0...3, using: &generator)
    if generator.chance(0.25) {
      plan.strategy = .blueGreen(blueGreen(using: &generator))
    } else {
      plan.strategy = .canary(canary(using: &generator))
    }
    return plan
  }

  static func with(_ plan: RolloutPlan, image: Int) -> RolloutPlan {
    var next = plan
    next.template = template(image)
    return next
  }

  private static func template(_ image: Int) -> ManifestNode {
    let template: JSONValue = [
      "spec": [
        "containers": [
          [
            "image": .string("shop:\(image)"), "envFrom": [["configMapRef": ["name": "shop"]]],
          ]
        ], "volumes": [["secret": ["secretName": "keys"]]],
      ]
    ]
    return template.manifestNode
  }

  private static let use = AnalysisUse(
    templates: [AnalysisSpec.TemplateReference(name: "compare")])

  private static func canary(using generator: inout SeededGenerator) -> CanaryPlan {
    let sizes: [ReplicaQuantity] = [.count(0), .count(1), .count(3), .percent(25), .percent(100)]
    var plan = CanaryPlan(
      maxSurge: sizes.randomElement(using: &generator) ?? .count(1),
      maxUnavailable: sizes.randomElement(using: &generator) ?? .count(1))
    plan.routing = routing(using: &generator)
    if plan.routing != nil {
      let takesTurns = generator.chance(0.2)
      if takesTurns, plan.routing?.routers.contains(where: isNGINX) != true {
        plan.pingPong = PingPong(ping: "ping", pong: "pong")
      } else {
        plan.canaryService = "shop-canary"
        plan.stableService = "shop-stable"
      }
      plan.isStableScaleDynamic = generator.chance(0.4)
      let delay: Milliseconds = plan.isStableScaleDynamic ? .zero : .seconds(30)
      plan.scaleDown = ScaleDownPlan(
        delay: delay, revisionLimit: generator.chance(0.3) ? 1 : nil,
        abortDelay: generator.chance(0.2) ? nil : delay)
      plan.podsMin = generator.chance(0.2) ? 2 : 0
    }
    plan.steps = steps(routing: plan.routing, using: &generator)
    if generator.chance(0.3) {
      plan.background = BackgroundAnalysis(
        use: use, startingStep: Int.random(in: 0...plan.steps.count, using: &generator))
    }
    return plan
  }

  private static func isNGINX(_ router: RouterPlan) -> Bool {
    if case .nginx = router { true } else { false }
  }

  private static func routing(using generator: inout SeededGenerator) -> TrafficPlan? {
    let router: RouterPlan
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: router = .nginx(NGINXPlan(stableIngresses: ["web"]))
    case 1: router = .gatewayAPI(GatewayPlan(routes: [.init(.http, "shop")]))
    case 2: router = .istio(IstioPlan(virtualServices: [.init(name: "shop")]))
    case 3:
      router = .istio(
        IstioPlan(
          virtualServices: [.init(name: "shop")],
          destinationRule: .init(name: "shop", canarySubset: "canary", stableSubset: "stable")))
    default: return nil
    }
    return TrafficPlan(routers: [router], managedRoutes: ["copy", "beta"])
  }

  static func steps(
    routing: TrafficPlan?, using generator: inout SeededGenerator
  ) -> [CanaryStep] {
    let routes = routing?.routers.allSatisfy { $0.abilities.contains(.mirrorRoutes) } ?? false
    return (0..<Int.random(in: 0...7, using: &generator)).map { _ in
      switch Int.random(in: 0..<9, using: &generator) {
      case 0: .analysis(use)
      case 1: .pause(.seconds(Int64.random(in: 0...120, using: &generator)))
      case 2: .pause(nil)
      case 3:
        .experiment(
          ExperimentUse(templates: [.init(name: "a", source: .canary)], duration: .minutes(1)))
      case 4 where routing != nil:
        .setCanaryScale(
          generator.chance(0.5)
            ? .matchTrafficWeight : .replicas(Int.random(in: 0...5, using: &generator)))
      case 5 where routes:
        .setMirrorRoute(
          MirrorRoute(
            name: "copy", matches: generator.chance(0.7) ? [.init(path: .prefix("/"))] : []))
      case 6 where routes:
        .setHeaderRoute(
          HeaderRoute(
            name: "beta",
            matches: generator.chance(0.7) ? [.init(header: "x", value: .exact("1"))] : []))
      default: .setWeight(Int.random(in: 0...100, using: &generator))
      }
    }
  }

  private static func blueGreen(using generator: inout SeededGenerator) -> BlueGreenPlan {
    var plan = BlueGreenPlan(
      activeService: "active", previewService: generator.chance(0.5) ? "preview" : nil)
    plan.previewReplicaCount = generator.chance(0.3) ? 1 : nil
    plan.promotesItself = generator.chance(0.7)
    plan.promotesAfter = generator.chance(0.4) ? .seconds(45) : nil
    plan.prePromotion = generator.chance(0.4) ? use : nil
    plan.postPromotion = generator.chance(0.4) ? use : nil
    plan.scaleDown.revisionLimit = generator.chance(0.3) ? 1 : nil
    if generator.chance(0.2) { plan.scaleDown.abortDelay = nil }
    return plan
  }
}

extension SeededGenerator {
  /// Whether something of this probability happens now.
  mutating func chance(_ probability: Double) -> Bool { nextUnit() < probability }
}
