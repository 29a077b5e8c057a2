internal import KubernetesClient
internal import Manifest

/// What the controller keeps of the cluster: one informer for each kind it decides by.
final class ClusterCaches: Sendable {
  let rollouts: Informer
  let replicaSets: Informer
  let services: Informer
  let deployments: Informer
  let analysisRuns: Informer
  let experiments: Informer
  let templates: Informer
  let clusterTemplates: Informer

  init(_ client: ClusterClient, namespace: String?, instance: String?) {
    func informer(_ kind: ResourceKind, labels: String? = nil) -> Informer {
      Informer(
        kind, client: client, namespace: kind.isNamespaced ? namespace : nil, labels: labels)
    }
    // Without an instance only objects of no instance are ours, as for Argo's controller.
    let ours = instance.map { "\(RolloutLabel.instance)=\($0)" } ?? "!\(RolloutLabel.instance)"
    rollouts = informer(.rollouts, labels: ours)
    experiments = informer(.experiments, labels: ours)
    analysisRuns = informer(.analysisRuns, labels: ours)
    replicaSets = informer(.replicaSets, labels: RolloutLabel.podHash)
    services = informer(.services)
    deployments = informer(.deployments)
    templates = informer(.analysisTemplates)
    clusterTemplates = informer(.clusterAnalysisTemplates)
  }

  var all: [Informer] {
    [
      rollouts, replicaSets, services, deployments, analysisRuns, experiments, templates,
      clusterTemplates,
    ]
  }

  var areFilled: Bool { all.allSatisfy { $0.cache.isFilled } }

  /// Takes in the answer to a write.
  func absorb(_ object: JSONValue, _ kind: ResourceKind) {
    all.first { $0.cache.kind == kind }?.cache.absorb(object)
  }

  /// The Rollouts that name an object which they don't own: a Service, or the Deployment of
  /// `workloadRef`.
  func rollouts(naming object: JSONValue) -> [JSONValue] {
    let isNamed: (JSONValue) -> Bool
    switch object.text("kind") {
    case "Deployment":
      isNamed = { $0[path: "spec", "workloadRef"]?.text("name") == object.name }
    case "Service":
      isNamed = { rollout in
        let strategy = rollout[path: "spec", "strategy"]?.asObject ?? [:]
        return strategy.values.contains { settings in
          settings.asObject?.contains { field, value in
            field.hasSuffix("Service") && value.asString == object.name
              || field == "pingPong" && value.texts.values.contains(object.name)
          } ?? false
        }
      }
    default: return []
    }
    return rollouts.cache.objects(in: object.namespace).filter(isNamed)
  }

  /// What an object manages, of one kind.
  func owned(by owner: JSONValue, _ informer: Informer) -> [JSONValue] {
    informer.cache.objects(ownedBy: owner)
  }
}
