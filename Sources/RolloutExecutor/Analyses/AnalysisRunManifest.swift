internal import Analysis
internal import KubernetesClient
internal import Manifest
internal import Rollouts

/// AnalysisRuns made for Rollouts and Experiments.
enum AnalysisRunManifest {
  /// The object of a run.
  ///
  /// - Parameters:
  ///   - spec: merged of its templates.
  ///   - owner: the Rollout or Experiment.
  static func new(
    _ name: String, spec: AnalysisSpec, owner: JSONValue, labels: [String: String],
    annotations: [String: String] = [:]
  ) -> JSONValue {
    [
      "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
      "metadata": [
        "name": .string(name), "namespace": .string(owner.namespace), "labels": JSONValue(labels),
        "annotations": JSONValue(annotations), "ownerReferences": [owner.asControllerOwner],
      ],
      "spec": AnalysisRun(name: name, spec: spec).json["spec"] ?? [:],
    ]
  }

  /// The labels by which Argo's tools find a run's place.
  static func labels(
    of placement: AnalysisPlacement, podHash: String, owner: JSONValue
  ) -> [String: String] {
    var labels = [RolloutLabel.podHash: podHash]
    switch placement {
    case .background: labels[RolloutLabel.runType] = "Background"
    case .step(let step):
      labels[RolloutLabel.runType] = "Step"
      labels[RolloutLabel.stepIndex] = String(step)
    case .prePromotion: labels[RolloutLabel.runType] = "PrePromotion"
    case .postPromotion: labels[RolloutLabel.runType] = "PostPromotion"
    case .experiment: labels[RolloutLabel.runType] = "Experiment"
    }
    labels[RolloutLabel.instance] = owner.label(RolloutLabel.instance)
    return labels
  }
}
