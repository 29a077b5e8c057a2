internal import KubernetesClient
internal import Manifest
internal import Rollouts

/// Whether a ReplicaSet runs a Rollout's template, whoever made it.
///
/// The API server fills defaults into ReplicaSets but not into Rollouts, and Argo's controller
/// computes other hashes than ours. So templates are compared without what the API server, the
/// hash and the roles add: taking over a cluster must not start any rollout.
enum TemplateMatch {
  static func matches(_ template: JSONValue, _ replicaSet: JSONValue) -> Bool {
    var theirs = replicaSet[path: "spec", "template"] ?? [:]
    let added =
      replicaSet.annotation(RolloutAnnotation.ephemeralMetadata)
      .map { PodMetadata(spelled: $0) } ?? PodMetadata()
    for key in added.labels.keys { theirs[path: "metadata", "labels", .field(key)] = nil }
    for key in added.annotations.keys { theirs[path: "metadata", "annotations", .field(key)] = nil }
    theirs[path: "metadata", "labels", .field(RolloutLabel.podHash)] = nil
    return bare(template) == bare(theirs)
  }

  /// Defaults of `v1.PodTemplateSpec` by field (k8s.io/kubernetes, pkg/apis/core/v1/defaults.go).
  private static let defaults: [String: [JSONValue]] = [
    "restartPolicy": ["Always"], "dnsPolicy": ["ClusterFirst"],
    "schedulerName": ["default-scheduler"], "terminationGracePeriodSeconds": [30],
    "enableServiceLinks": [true], "terminationMessagePath": ["/dev/termination-log"],
    "terminationMessagePolicy": ["File"], "imagePullPolicy": ["Always", "IfNotPresent"],
    "protocol": ["TCP"], "scheme": ["HTTP"], "timeoutSeconds": [1], "periodSeconds": [10],
    "successThreshold": [1], "failureThreshold": [3], "defaultMode": [420],
    "hostNetwork": [false], "hostPID": [false], "hostIPC": [false],
  ]

  /// Without defaults, nulls and empty objects and lists. A quantity's other spellings aren't
  /// known here; a template that uses them counts as changed.
  private static func bare(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(let fields):
      var result: [String: JSONValue] = [:]
      for (key, field) in fields {
        let field = bare(field)
        if field.isNull || field == [:] || field == [] { continue }
        if defaults[key]?.contains(field) ?? false { continue }
        // The API server keeps an old name of this field beside the new one.
        if key == "serviceAccount" { continue }
        if key == "apiVersion", field == "v1" { continue }
        result[key] = field
      }
      return .object(result)
    case .array(let elements): return .array(elements.map { bare($0) })
    case .number(let number): return Int64(exactly: number).map { .integer($0) } ?? value
    default: return value
    }
  }
}
