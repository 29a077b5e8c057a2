/// The fields of a Rollout that need more than a sentence: those that are legal but not carried out
/// yet, and those that stand in the wrong place. Each says what to change.
enum PlanFields {
  static let specNotBuilt: [(field: String, remedy: String)] = [
    ("workloadRef", "workload references are not carried out yet, write the pod template here"),
    ("restartAt", "restarts are not carried out yet, remove it"),
  ]

  static let canaryNotBuilt: [(field: String, remedy: String)] = [
    (
      "trafficRouting",
      "traffic routing is not carried out yet; remove it to split traffic by the number of pods"
    ),
    ("canaryService", "services are not switched yet; remove it together with trafficRouting"),
    ("stableService", "services are not switched yet; remove it together with trafficRouting"),
    ("pingPong", "ping-pong services are not carried out yet, remove it"),
    ("antiAffinity", "anti-affinity is not carried out yet, remove it"),
    ("canaryMetadata", "ephemeral metadata is not carried out yet, remove it"),
    ("stableMetadata", "ephemeral metadata is not carried out yet, remove it"),
    ("dynamicStableScale", "needs trafficRouting, which is not carried out yet; remove it"),
    ("replicaProgressThreshold", "partial progress is not carried out yet, remove it"),
  ]

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

  static let stepsNotBuilt: [String: String] = [
    "experiment":
      "experiments are not carried out yet; compare canary and stable in an \"analysis\" step",
    "setCanaryScale":
      "needs trafficRouting, which is not carried out yet; use setWeight, which sets the pods",
    "setHeaderRoute": "header routes need trafficRouting, which is not carried out yet",
    "setMirrorRoute": "mirror routes need trafficRouting, which is not carried out yet",
    "plugin": "step plugins are not carried out",
  ]

  static let steps = ["setWeight", "pause", "analysis"] + stepsNotBuilt.keys.sorted()
}
