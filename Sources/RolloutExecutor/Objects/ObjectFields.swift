internal import Manifest
internal import MetricModel

/// Names that Argo's controller and ours write on objects.
enum RolloutAnnotation {
  static let revision = "rollout.argoproj.io/revision"
  static let desiredReplicas = "rollout.argoproj.io/desired-replicas"
  static let ephemeralMetadata = "rollout.argoproj.io/ephemeral-metadata"
  static let scaleDownDeadline = "scale-down-deadline"
  static let managedBy = "argo-rollouts.argoproj.io/managed-by-rollouts"
  static let experimentTemplate = "experiment.argoproj.io/template-name"
  static let rejected = "rollouts.assay.dev/rejected"
  /// On AnalysisRuns: what Argo's schema has no field for.
  static let analysisRecord = "rollouts.assay.dev/analysis"
}

enum RolloutLabel {
  static let podHash = "rollouts-pod-template-hash"
  static let runType = "rollout-type"
  static let stepIndex = "step-index"
  static let instance = "argo-rollouts.argoproj.io/controller-instance-id"
}

/// Reading and writing fields that may be absent.
extension JSONValue {
  /// "" when absent or no text.
  func text(_ field: String) -> String { self[field]?.asString ?? "" }

  func whole(_ field: String) -> Int? {
    self[field]?.asInteger.map { Int(clamping: $0) }
  }

  func time(_ field: String) -> Timestamp? {
    self[field]?.asString.flatMap { Timestamp(parsing: $0) }
  }

  var texts: [String: String] { asObject?.compactMapValues(\.asString) ?? [:] }

  var created: Timestamp {
    self[path: "metadata", "creationTimestamp"]?.asString.flatMap { Timestamp(parsing: $0) }
      ?? Timestamp(milliseconds: 0)
  }

  init(_ texts: [String: String]) { self = .object(texts.mapValues { .string($0) }) }

  /// An object of the fields that have a value.
  init(present fields: [String: JSONValue?]) { self = .object(fields.compactMapValues { $0 }) }

  /// nil for the empty text.
  static func text(_ text: String) -> JSONValue? { text.isEmpty ? nil : .string(text) }

  static func time(_ time: Timestamp?) -> JSONValue? { time.map { .string($0.rfc3339) } }
}
