internal import Manifest

/// A ConfigMap or a Secret under a name of its content, which no edit of the original changes.
package struct ConfigCopy: Hashable, Sendable {
  package var source: ConfigReference
  /// `ConfigReference.contentHash` of the source when the decision was made.
  package var contentHash: String

  package init(source: ConfigReference, contentHash: String) {
    self.source = source
    self.contentHash = contentHash
  }

  /// `<name>-<hash>`, of the source's kind.
  package var reference: ConfigReference {
    ConfigReference(source.kind, "\(source.name)-\(contentHash)")
  }
}

/// What stands behind a reference of the pod template.
package enum ObservedConfig: Hashable, Sendable {
  case content(hash: String)
  /// A copy made for this Rollout: a template that was rolled back names it itself.
  case copy
}

/// Config as a part of the revision: where the Rollout asks for it, its pods read copies that are
/// named by their content, so that an edit of a ConfigMap is a new revision with all of its steps,
/// and going back to a revision goes back to its config.
///
///     let shop = ConfigReference(.configMap, "shop")
///     let plan = manifestPlan.versioned(by: [shop: .content(hash: "h")])
///     plan.template             // reads ConfigMap/shop-h
///     plan.configCopies         // what must exist for it
extension RolloutPlan {
  /// The annotation of a Rollout that asks for it; only `true` does.
  package static let tracksConfigAnnotation = "rollouts.assay.dev/track-config"

  /// What the pod template reads, where the Rollout asks for it to be versioned; in order.
  package var trackedConfigs: [ConfigReference] {
    tracksConfig ? ConfigReference.all(in: JSONValue(template)).sorted() : []
  }

  /// The plan whose template reads copies. What isn't there keeps its name: pods wait for it, or do
  /// without it, as for any other template, and once it is there that is a new revision.
  package func versioned(by configs: [ConfigReference: ObservedConfig]) -> RolloutPlan {
    guard tracksConfig else { return self }
    var copies: [ConfigCopy] = []
    let renamed = ConfigReference.renaming(in: JSONValue(template)) { reference in
      guard case .content(let hash)? = configs[reference] else { return reference.name }
      let copy = ConfigCopy(source: reference, contentHash: hash)
      if !copies.contains(copy) { copies.append(copy) }
      return copy.reference.name
    }
    guard !copies.isEmpty else { return self }
    var plan = self
    plan.template = renamed.manifestNode
    plan.configCopies = copies.sorted { $0.source < $1.source }
    return plan
  }
}
