internal import Manifest
internal import MetricModel

extension PlanReader {
  mutating func read(canary: inout ManifestObject) -> CanaryPlan {
    for field in PlanFields.canaryIdleWithoutRouting {
      if let value = canary.optional(field), canary.optional("trafficRouting") == nil {
        advise(
          "has no effect without trafficRouting: an aborted or replaced canary is scaled down at "
            + "once; remove it", at: value, path: canary.path(of: field))
      }
    }
    var plan = CanaryPlan()
    plan.routing = routing(of: &canary)
    weightMax = plan.routing?.maxWeight ?? 100
    plan.maxSurge = quantity("maxSurge", of: &canary) ?? plan.maxSurge
    plan.maxUnavailable = quantity("maxUnavailable", of: &canary) ?? plan.maxUnavailable
    plan.canaryService = text("canaryService", of: &canary)
    plan.stableService = text("stableService", of: &canary)
    plan.pingPong = pingPong(of: &canary)
    plan.isStableScaleDynamic = flag("dynamicStableScale", of: &canary)
    plan.podsMin = whole("minPodsPerReplicaSet", of: &canary) ?? 0
    plan.progressThreshold = progressThreshold(of: &canary)
    plan.scaleDown = scaleDown(
      of: &canary, delay: plan.isStableScaleDynamic ? .zero : .seconds(30),
      abortDelay: plan.isStableScaleDynamic ? .zero : .seconds(30))
    plan.canaryMetadata = podMetadata("canaryMetadata", of: &canary)
    plan.stableMetadata = podMetadata("stableMetadata", of: &canary)
    plan.antiAffinity = antiAffinity(of: &canary)
    plan.steps = list("steps", of: &canary) { $0.step(in: $1, path: $2) }
    plan.background = background(of: &canary)
    gatherUnknown(of: canary, elsewhere: PlanFields.blueGreenOnly)
    return plan
  }

  private mutating func pingPong(of canary: inout ManifestObject) -> PingPong? {
    guard var object = part("pingPong", of: &canary) else { return nil }
    let ping = requiredText("pingService", of: &object)
    let pong = requiredText("pongService", of: &object)
    gatherUnknown(of: object)
    guard let ping, let pong else { return nil }
    return PingPong(ping: ping, pong: pong)
  }

  private mutating func progressThreshold(
    of canary: inout ManifestObject
  ) -> ReplicaQuantity? {
    guard var object = part("replicaProgressThreshold", of: &canary) else { return nil }
    let type = requiredText("type", of: &object)
    let value = whole("value", of: &object)
    gatherUnknown(of: object)
    guard let type, let value else { return nil }
    if type == "Pod" { return .count(value) }
    if type == "Percent", value <= 100 { return .percent(value) }
    refuse(
      "found type \"\(type)\" and value \(value), expected Pod or Percent up to 100",
      at: object.node, path: object.path)
    return nil
  }

  private mutating func scaleDown(
    of strategy: inout ManifestObject, delay: Milliseconds, abortDelay: Milliseconds
  ) -> ScaleDownPlan {
    var plan = ScaleDownPlan(delay: delay, abortDelay: abortDelay)
    plan.delay = seconds("scaleDownDelaySeconds", of: &strategy) ?? delay
    plan.revisionLimit = whole("scaleDownDelayRevisionLimit", of: &strategy)
    if let delay = seconds("abortScaleDownDelaySeconds", of: &strategy) {
      plan.abortDelay = delay == .zero ? nil : delay
    }
    return plan
  }

  mutating func read(blueGreen object: inout ManifestObject) -> BlueGreenPlan? {
    let active = requiredText("activeService", of: &object)
    var plan = BlueGreenPlan(
      activeService: active ?? "", previewService: text("previewService", of: &object))
    plan.previewReplicaCount = whole("previewReplicaCount", of: &object)
    plan.promotesItself = optionalFlag("autoPromotionEnabled", of: &object) ?? true
    if let wait = seconds("autoPromotionSeconds", of: &object), wait > .zero {
      plan.promotesAfter = wait
      if !plan.promotesItself {
        advise(
          "has no effect with \"autoPromotionEnabled: false\", which waits for a person",
          at: object.optional("autoPromotionSeconds") ?? object.node,
          path: object.path(of: "autoPromotionSeconds"))
      }
    }
    plan.maxUnavailable = quantity("maxUnavailable", of: &object) ?? plan.maxUnavailable
    plan.scaleDown = scaleDown(of: &object, delay: .seconds(30), abortDelay: .seconds(30))
    plan.activeMetadata = podMetadata("activeMetadata", of: &object)
    plan.previewMetadata = podMetadata("previewMetadata", of: &object)
    plan.antiAffinity = antiAffinity(of: &object)
    plan.prePromotion = promotionUse("prePromotionAnalysis", of: &object)
    plan.postPromotion = promotionUse("postPromotionAnalysis", of: &object)
    gatherUnknown(of: object, elsewhere: PlanFields.canaryOnly)
    return active == nil ? nil : plan
  }

  private mutating func promotionUse(
    _ field: String, of object: inout ManifestObject
  ) -> AnalysisUse? {
    guard let value = object.optional(field) else { return nil }
    return analysisUse(value, path: object.path(of: field), extraFields: [])?.use
  }
}
