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

extension ClusterCaches {
  func template(_ reference: AnalysisSpec.TemplateReference, namespace: String) -> JSONValue? {
    reference.isClusterScoped
      ? clusterTemplates.cache.object("", reference.name)
      : templates.cache.object(namespace, reference.name)
  }

  /// The spec of the run that a use of templates stands for.
  func analysisSpec(
    for use: AnalysisUse, arguments: [ResolvedArgument], owner: JSONValue, stableHash: String,
    latestHash: String
  ) throws(TemplateMergeError) -> AnalysisSpec {
    let namespace = owner.namespace
    func find(_ reference: AnalysisSpec.TemplateReference) -> AnalysisTemplate? {
      template(reference, namespace: namespace)
        .flatMap { try? AnalysisTemplate($0.manifestNode) }
    }
    let templates = use.templates.compactMap { find($0) }
    var spec = try AnalysisSpec.merging(
      templates, arguments: arguments.map { Argument($0.name, value: $0.value) },
      dryRun: use.dryRun.map { AnalysisSpec.MetricRule(metricName: $0) },
      measurementRetention: use.retention.map {
        AnalysisSpec.MetricRule(metricName: $0.metricName, limit: Int64($0.limit))
      }, find: find)
    for index in spec.arguments.indices {
      switch spec.arguments[index].origin {
      case .field(let path):
        guard let value = owner.field(at: path) else { continue }
        spec.arguments[index].value = value
        spec.arguments[index].origin = nil
      case .podTemplateHash(let revision):
        spec.arguments[index].value = revision == .stable ? stableHash : latestHash
        spec.arguments[index].origin = nil
      case .secret, nil: continue
      }
    }
    return spec
  }
}

extension JSONValue {
  /// The text of a field named as in `fieldRef`: `metadata.labels['region']`, `spec.replicas`.
  func field(at path: String) -> String? {
    var steps: [Step] = []
    var rest = path[...]
    while !rest.isEmpty {
      if rest.hasPrefix("['") {
        let inner = rest.dropFirst(2)
        guard let end = inner.firstRange(of: "']") else { return nil }
        steps.append(.field(String(inner[..<end.lowerBound])))
        rest = inner[end.upperBound...]
      } else {
        if rest.hasPrefix(".") { rest = rest.dropFirst() }
        let name = rest.prefix { $0 != "." && $0 != "[" }
        guard !name.isEmpty else { return nil }
        steps.append(.field(String(name)))
        rest = rest[name.endIndex...]
      }
    }
    switch self[path: steps] {
    case .string(let text): return text
    case .integer(let number): return String(number)
    case .bool(let truth): return String(truth)
    default: return nil
    }
  }
}
