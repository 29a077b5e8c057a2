package import Manifest

extension ExperimentStart {
  /// The pod template of one of its templates: the source's with other labels.
  ///
  /// The values of the Rollout's selector are replaced unless the step gives them, so that no
  /// Service of the Rollout sends the experiment's pods what is meant for the rollout.
  ///
  /// - Parameters:
  ///   - source: the pod template of the ReplicaSet that `specRef` means.
  ///   - selector: the Rollout's.
  package func podTemplate(
    of template: ExperimentUse.Template, from source: ManifestNode, selector: [String: String]
  ) -> (template: ManifestNode, selector: [String: String]) {
    var labels = source[path: "metadata", "labels"]?.texts ?? [:]
    labels["rollouts-pod-template-hash"] = nil
    var own = template.selector
    for (key, value) in selector {
      own[key] = template.metadata.labels[key] ?? template.selector[key] ?? apart(value, template)
    }
    labels.merge(own) { $1 }
    labels.merge(template.metadata.labels) { $1 }
    var annotations = source[path: "metadata", "annotations"]?.texts ?? [:]
    annotations.merge(template.metadata.annotations) { $1 }
    var metadata = [ManifestEntry(key: "labels", value: ManifestNode(labels))]
    if !annotations.isEmpty {
      metadata.append(ManifestEntry(key: "annotations", value: ManifestNode(annotations)))
    }
    var entries = [ManifestEntry(key: "metadata", value: ManifestNode(.map(metadata)))]
    if let spec = source["spec"] { entries.append(ManifestEntry(key: "spec", value: spec)) }
    return (ManifestNode(.map(entries)), own)
  }

  /// A label's value that nobody selects: at most 63 characters.
  private func apart(_ value: String, _ template: ExperimentUse.Template) -> String {
    let suffix = "-\(template.name.prefix(20))-\(step)"
    return value.prefix(63 - suffix.count) + suffix
  }
}

extension ManifestNode {
  fileprivate init(_ texts: [String: String]) {
    self.init(
      .map(
        texts.sorted { $0.key < $1.key }.map {
          ManifestEntry(key: $0.key, value: ManifestNode(.text($0.value)))
        }))
  }

  fileprivate var texts: [String: String] {
    guard case .map(let entries) = content else { return [:] }
    return Dictionary(
      entries.compactMap { entry in entry.value.asText.map { (entry.key, $0) } },
      uniquingKeysWith: { $1 })
  }
}
