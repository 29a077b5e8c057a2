internal import Analysis
internal import KubernetesClient
internal import Manifest
internal import MetricModel
internal import Rollouts

/// The objects of experiments, as Argo makes them.
enum ExperimentManifest {
  /// The Experiment of a Rollout's step.
  ///
  /// - Parameter sets: the Rollout's ReplicaSet of a hash.
  static func new(
    _ start: ExperimentStart, of rollout: JSONValue, _ plan: RolloutPlan,
    sets: (String) -> JSONValue?
  ) -> JSONValue {
    let use = start.use
    let templates = use.templates.map { template -> JSONValue in
      let hash = template.source == .stable ? start.stableHash : start.latestHash
      let source = sets(hash)?[path: "spec", "template"] ?? JSONValue(plan.template)
      let (pods, selector) = start.podTemplate(
        of: template, from: source.manifestNode, selector: plan.selector)
      // A weight needs a Service to send it to.
      let service = template.service ?? (template.weight == nil ? nil : "")
      return JSONValue(present: [
        "name": .string(template.name), "replicas": .integer(Int64(template.replicas)),
        "minReadySeconds": .integer(plan.minReady.count / 1000),
        "selector": ["matchLabels": JSONValue(selector)], "template": JSONValue(pods),
        "service": service.map { $0.isEmpty ? [:] : ["name": .string($0)] },
      ])
    }
    let labels = [RolloutLabel.podHash: start.latestHash]
    var annotations = [RolloutAnnotation.revision: ""]
    annotations[RolloutAnnotation.revision] = rollout.annotation(RolloutAnnotation.revision)
    return [
      "apiVersion": "argoproj.io/v1alpha1", "kind": "Experiment",
      "metadata": [
        "name": .string(start.name), "namespace": .string(plan.namespace),
        "labels": JSONValue(labels), "annotations": JSONValue(annotations),
        "ownerReferences": [rollout.asControllerOwner],
      ],
      "spec": JSONValue(present: [
        "templates": .array(templates),
        "duration": use.duration.map { .string("\($0.count / 1000)s") },
        "progressDeadlineSeconds": .integer(plan.progressDeadline.count / 1000),
        "scaleDownDelaySeconds": use.scaleDownDelay.map { .integer($0.count / 1000) },
        "analyses": use.analyses.isEmpty
          ? nil : .array(use.analyses.map { analysis($0, start) }),
        "dryRun": use.dryRun.isEmpty
          ? nil : .array(use.dryRun.map { ["metricName": .string($0)] }),
        "measurementRetention": use.retention.isEmpty
          ? nil
          : .array(
            use.retention.map {
              ["metricName": .string($0.metricName), "limit": .integer(Int64($0.limit))]
            }),
        "analysisRunMetadata": use.runMetadata.isEmpty
          ? nil
          : [
            "labels": JSONValue(use.runMetadata.labels),
            "annotations": JSONValue(use.runMetadata.annotations),
          ],
      ]),
    ]
  }

  private static func analysis(
    _ analysis: ExperimentAnalysis, _ start: ExperimentStart
  ) -> JSONValue {
    JSONValue(present: [
      "name": .string(analysis.name), "templateName": .string(analysis.template.name),
      "clusterScope": analysis.template.isClusterScoped ? true : nil,
      "requiredForCompletion": analysis.isRequired ? true : nil,
      "args": .array(
        start.arguments(of: analysis).map {
          ["name": .string($0.name), "value": .string($0.value)]
        }),
    ])
  }

  /// The ReplicaSet of a template, without pods.
  static func replicaSet(
    _ template: ExperimentPlan.Template, of experiment: JSONValue, podHash: String
  ) -> JSONValue {
    let hash = [RolloutLabel.podHash: podHash]
    var pods = JSONValue(template.template)
    let labels = (pods[path: "metadata", "labels"] ?? [:]).texts.merging(hash) { $1 }
    pods[path: "metadata", "labels"] = JSONValue(labels)
    return [
      "apiVersion": "apps/v1", "kind": "ReplicaSet",
      "metadata": [
        "name": .string("\(experiment.name)-\(template.name)"),
        "namespace": .string(experiment.namespace), "labels": JSONValue(labels),
        "annotations": [RolloutAnnotation.experimentTemplate: .string(template.name)],
        "ownerReferences": [experiment.asControllerOwner],
      ],
      "spec": [
        "replicas": 0, "minReadySeconds": .integer(template.minReady.count / 1000),
        "selector": ["matchLabels": JSONValue(template.selector.merging(hash) { $1 })],
        "template": pods,
      ],
    ]
  }

  static func service(
    _ name: String, of experiment: JSONValue, podHash: String, ports: [JSONValue]
  ) -> JSONValue {
    [
      "apiVersion": "v1", "kind": "Service",
      "metadata": [
        "name": .string(name), "namespace": .string(experiment.namespace),
        "ownerReferences": [experiment.asControllerOwner],
      ],
      "spec": ["selector": [RolloutLabel.podHash: .string(podHash)], "ports": .array(ports)],
    ]
  }

  /// The ports of a template's containers; 80 where none is named, as in Argo.
  static func ports(of template: ManifestNode) -> [JSONValue] {
    let containers = JSONValue(template)[path: "spec", "containers"]?.asArray ?? []
    let ports = containers.flatMap { $0["ports"]?.asArray ?? [] }.enumerated().map { index, port in
      JSONValue(present: [
        "name": .string(port["name"]?.asString ?? "port-\(index)"), "port": port["containerPort"],
        "protocol": port["protocol"] ?? "TCP", "targetPort": port["containerPort"],
      ])
    }
    return ports.isEmpty ? [["port": 80, "protocol": "TCP"]] : ports
  }
}

extension ExperimentState {
  init(experiment object: JSONValue) {
    self.init()
    let status = object["status"] ?? [:]
    phase = AnalysisPhase(rawValue: status.text("phase"))
    message = status.text("message")
    availableAt = status.time("availableAt")
    templates = (status["templateStatuses"]?.asArray ?? []).map { json in
      var template = TemplateStatus(
        name: json.text("name"), podHash: json.text("podTemplateHash"),
        changed: json.time("lastTransitionTime") ?? object.created)
      template.phase = TemplatePhase(rawValue: json.text("status")) ?? .progressing
      template.message = json.text("message")
      template.serviceName = json.text("serviceName")
      template.replicas = json.whole("replicas") ?? 0
      template.ready = json.whole("readyReplicas") ?? 0
      template.available = json.whole("availableReplicas") ?? 0
      return template
    }
    runs = (status["analysisRuns"]?.asArray ?? []).map { json in
      RunStatus(
        name: json.text("name"), run: json.text("analysisRun"),
        phase: AnalysisPhase(rawValue: json.text("phase")) ?? .pending,
        message: json.text("message"))
    }
  }

  /// As Argo writes it.
  var status: JSONValue {
    JSONValue(present: [
      "phase": phase.map { .string($0.rawValue) }, "message": .text(message),
      "availableAt": .time(availableAt),
      "templateStatuses": .array(
        templates.map { template in
          JSONValue(present: [
            "name": .string(template.name), "status": .string(template.phase.rawValue),
            "message": .text(template.message), "podTemplateHash": .string(template.podHash),
            "serviceName": .text(template.serviceName),
            "replicas": .integer(Int64(template.replicas)),
            "updatedReplicas": .integer(Int64(template.replicas)),
            "readyReplicas": .integer(Int64(template.ready)),
            "availableReplicas": .integer(Int64(template.available)),
            "lastTransitionTime": .time(template.changed),
          ])
        }),
      "analysisRuns": runs.isEmpty
        ? nil
        : .array(
          runs.map { run in
            JSONValue(present: [
              "name": .string(run.name), "analysisRun": .string(run.run),
              "phase": .string(run.phase.rawValue), "message": .text(run.message),
            ])
          }),
    ])
  }
}
