import FoundationEssentials
import Manifest
import MetricModel
import YAMLReader

/// What `recording.json` says about a recording of a rollout.
struct RecordingDescription {
  /// When the canary got its first traffic.
  let rolloutStart: Timestamp
  /// The labels that tell the versions apart, such as `rollouts_pod_template_hash`.
  let stable: [String: String]
  let canary: [String: String]
  /// Whether the canary was bad; nil where nobody said.
  let isBad: Bool?
  /// A few words for people.
  let text: String

  /// The label by which Argo Rollouts tells pods of two revisions apart.
  private static let hashLabel = "rollouts_pod_template_hash"

  var stableHash: String { stable[Self.hashLabel] ?? "stable" }
  var canaryHash: String { canary[Self.hashLabel] ?? "canary" }

  init(path: String) throws {
    let bytes = try Files.read(path)
    do {
      guard let node = try YAMLReader.documents(in: String(decoding: bytes, as: UTF8.self)).first
      else {
        throw CommandError("\(path): is empty")
      }
      var object = try node.object(at: "")
      let start = try object.required("rolloutStart").number(at: "rolloutStart")
      guard let time = Timestamp(seconds: start) else {
        throw CommandError("\(path): rolloutStart: found \(start), expected seconds since 1970")
      }
      rolloutStart = time
      stable = try object.textMap("stable")
      canary = try object.textMap("canary")
      isBad = try object.optionalBool("bad")
      text = try object.optionalText("description") ?? ""
    } catch let error as ManifestError {
      throw CommandError("\(path):\(error)")
    }
  }
}
