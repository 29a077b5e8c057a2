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

  /// The Rollouts and Experiments that name an object which they don't own: a Service, the
  /// Deployment of `workloadRef`, a template, also through other templates.
  func dependents(of object: JSONValue) -> [JSONValue] {
    let isNamed: (JSONValue) -> Bool
    switch object.text("kind") {
    case "Deployment":
      isNamed = { $0[path: "spec", "workloadRef"]?.text("name") == object.name }
    case "AnalysisTemplate", "ClusterAnalysisTemplate": return users(ofTemplate: object)
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

  /// Who may start an analysis from a template. Names count whether they mean the template of the
  /// namespace or of the cluster: a pass too many does no harm.
  private func users(ofTemplate template: JSONValue) -> [JSONValue] {
    func among(_ informer: Informer) -> [JSONValue] {
      template.namespace.isEmpty
        ? informer.cache.all : informer.cache.objects(in: template.namespace)
    }
    var names: Set = [template.name]
    var others = among(templates) + clusterTemplates.cache.all
    while let index = others.firstIndex(where: { $0.refersToTemplate(in: names) }) {
      names.insert(others.remove(at: index).name)
    }
    return (among(rollouts) + among(experiments)).filter { $0.refersToTemplate(in: names) }
  }

  /// What an object manages, of one kind.
  func owned(by owner: JSONValue, _ informer: Informer) -> [JSONValue] {
    informer.cache.objects(ownedBy: owner)
  }
}

extension JSONValue {
  /// Whether a `templateName` anywhere below `spec` is one of `names`.
  fileprivate func refersToTemplate(in names: Set<String>) -> Bool {
    self["spec"]?.holdsTemplateName(in: names) ?? false
  }

  private func holdsTemplateName(in names: Set<String>) -> Bool {
    if let items = asArray { return items.contains { $0.holdsTemplateName(in: names) } }
    return asObject?.contains { field, value in
      field == "templateName" && value.asString.map(names.contains) ?? false
        || value.holdsTemplateName(in: names)
    } ?? false
  }
}
