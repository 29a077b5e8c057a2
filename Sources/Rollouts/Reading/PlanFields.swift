/// The fields of a Rollout that need more than a sentence: those that stand in the wrong place, and
/// those that aren't carried out. Each says what to change.
enum PlanFields {
  static let canaryIdleWithoutRouting = [
    "abortScaleDownDelaySeconds", "scaleDownDelaySeconds", "scaleDownDelayRevisionLimit",
    "minPodsPerReplicaSet",
  ]

  /// Fields of `strategy.blueGreen` that turn up under `strategy.canary`.
  static let blueGreenOnly: [String: String] = [
    "autoPromotionEnabled":
      "belongs to blueGreen and is dropped under canary; remove it, and where a person should "
      + "decide add the step \"pause: {}\"",
    "autoPromotionSeconds":
      "belongs to blueGreen; under canary use the step \"pause: {duration: ...}\"",
    "activeService": "belongs to blueGreen; under canary it is called stableService",
    "previewService": "belongs to blueGreen; under canary it is called canaryService",
    "previewReplicaCount": "belongs to blueGreen; under canary use steps with setWeight",
    "prePromotionAnalysis": "belongs to blueGreen; under canary use the step \"analysis\"",
    "postPromotionAnalysis":
      "belongs to blueGreen; under canary use \"analysis\" as the last step",
  ]

  /// Fields of `strategy.canary` that turn up under `strategy.blueGreen`.
  static let canaryOnly: [String: String] = [
    "steps": "belongs to canary; under blueGreen use autoPromotionSeconds and the analyses",
    "canaryService": "belongs to canary; under blueGreen it is called previewService",
    "stableService": "belongs to canary; under blueGreen it is called activeService",
    "trafficRouting": "belongs to canary; under blueGreen the active Service is switched",
    "analysis": "belongs to canary; under blueGreen use prePromotionAnalysis",
    "maxSurge": "belongs to canary; blueGreen always runs both revisions",
  ]

  static let routersNotBuilt = ["alb", "ambassador", "apisix", "appMesh", "smi", "traefik"]

  static let steps = [
    "setWeight", "pause", "analysis", "experiment", "plugin", "setCanaryScale", "setHeaderRoute",
    "setMirrorRoute",
  ]
}
