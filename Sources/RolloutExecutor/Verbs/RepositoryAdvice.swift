internal import KubernetesClient
package import Manifest

extension RolloutVerb {
  /// What the repository of a Rollout must change so that this verb lasts; nil where nobody is
  /// known to keep the object equal to one, or where nothing of it stands in a repository.
  ///
  ///     RolloutVerb.abort.repositoryAdvice(for: rollout)
  ///     // Argo CD keeps this Rollout as its repository has it, which still asks for shop:2: ...
  package func repositoryAdvice(for rollout: JSONValue) -> String? {
    guard let keeper = Self.repositoryKeeper(of: rollout) else { return nil }
    let start = "\(keeper) keeps this Rollout as its repository has it"
    func taken(_ what: String) -> String {
      "\(start): \(what) there too, or this is taken back with the next sync"
    }
    switch self {
    case .abort:
      let images = Self.images(of: rollout[path: "spec", "template"])
      let wanted = images.isEmpty ? "the aborted version" : images
      return "\(start), which still asks for \(wanted): revert that change there; until then the "
        + "Rollout stays Degraded, and `retry` would try it again"
    case .undo(let template):
      let images = Self.images(of: template)
      return taken("set spec.template" + (images.isEmpty ? "" : " (\(images))"))
    case .setImages: return taken("set the image")
    case .pause: return taken("set spec.paused")
    case .restart: return taken("leave spec.restartAt out of what is compared, or set it")
    case .promote:
      return rollout[path: "spec", "paused"]?.asBool == true ? taken("take spec.paused out") : nil
    case .retry, .promoteFully: return nil
    }
  }

  private static func images(of template: JSONValue?) -> String {
    (template?[path: "spec", "containers"]?.asArray ?? [])
      .map { $0.text("image") }.filter { !$0.isEmpty }.joined(separator: ", ")
  }
}
