package import Manifest
internal import MetricModel

/// An AnalysisTemplate, ClusterAnalysisTemplate or AnalysisRun as written.
///
///     let documents = try YAMLReader.documents(in: text)
///     let template = try AnalysisTemplate(documents[0])
///     template.spec.metrics[0].name            // "accuracy"
package struct AnalysisTemplate: Equatable, Sendable {
  /// The kinds of objects that hold metrics.
  package enum Kind: String, Sendable, CaseIterable {
    case template = "AnalysisTemplate"
    case clusterTemplate = "ClusterAnalysisTemplate"
    case run = "AnalysisRun"
  }

  package var kind: Kind
  /// "" when the object has a `generateName` only.
  package var name: String
  package var namespace: String?
  package var annotations: [String: String]
  package var spec: AnalysisSpec
  /// Fields that Argo's schema doesn't have, with their places.
  package var unknownFields: [ManifestError]

  package static let apiVersion = "argoproj.io/v1alpha1"

  /// Whether a document is one of ours to read.
  package static func isAnalysis(_ document: ManifestNode) -> Bool {
    document["apiVersion"]?.asText == apiVersion
      && document["kind"]?.asText.flatMap(Kind.init) != nil
  }

  /// - Throws: `ManifestError` for another kind of object, and for values of the wrong kind.
  package init(_ document: ManifestNode) throws(ManifestError) {
    var unknown: [ManifestError] = []
    var object = try document.object(at: "")
    let version = try object.text("apiVersion")
    guard version == Self.apiVersion else {
      throw ManifestError(
        "found \"\(version)\", expected \(Self.apiVersion)", at: try object.required("apiVersion"),
        path: "apiVersion")
    }
    let kindText = try object.text("kind")
    guard let kind = Kind(rawValue: kindText) else {
      let kinds = Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw ManifestError(
        "found \"\(kindText)\", expected one of \(kinds)", at: try object.required("kind"),
        path: "kind")
    }
    self.kind = kind
    var metadata = try object.object("metadata")
    name = try metadata.optionalText("name") ?? ""
    namespace = try metadata.optionalText("namespace")
    annotations = try metadata.textMap("annotations")
    var specObject = try object.object("spec")
    spec = try AnalysisSpec(&specObject, kind: kind, unknown: &unknown)
    let compatibility = try Self.compatibility(annotations, document) ?? spec.usualCompatibility
    for index in spec.metrics.indices { spec.metrics[index].compatibility = compatibility }
    spec.budgetShare = try Self.budgetShare(annotations, document)
    try Self.markCritical(in: &spec, annotations, document)
    object.ignore("status", AnalysisRun.extensionField)
    unknownFields = unknown + object.unknownFields
  }

  /// What the annotation says; nil without it.
  private static func compatibility(
    _ annotations: [String: String], _ document: ManifestNode
  ) throws(ManifestError) -> Compatibility? {
    guard let text = annotations[Compatibility.annotation] else { return nil }
    guard let compatibility = Compatibility(rawValue: text) else {
      throw ManifestError(
        "found \"\(text)\", expected argo or safe", at: document,
        path: "metadata.annotations[\"\(Compatibility.annotation)\"]")
    }
    return compatibility
  }
}

extension AnalysisTemplate {
  /// The names of metrics, with commas between them, that fail where they can't tell: a plain
  /// metric's `critical`, for which Argo's schema has no place.
  package static let criticalAnnotation = "assay.dev/critical"

  fileprivate static func markCritical(
    in spec: inout AnalysisSpec, _ annotations: [String: String], _ document: ManifestNode
  ) throws(ManifestError) {
    for part in (annotations[criticalAnnotation] ?? "").split(separator: ",") {
      var name = part
      while name.first == " " { name.removeFirst() }
      while name.last == " " { name.removeLast() }
      guard let index = spec.metrics.firstIndex(where: { $0.name == name }) else {
        let known = spec.metrics.map(\.name).joined(separator: ", ")
        throw ManifestError(
          "found \"\(name)\", expected names of metrics out of \(known)", at: document,
          path: "metadata.annotations[\"\(criticalAnnotation)\"]")
      }
      spec.metrics[index].isCritical = true
    }
  }

  /// The part of the rollout's error budget that a run may spend, on a template or run.
  package static let budgetAnnotation = "assay.dev/budget-share"

  fileprivate static func budgetShare(
    _ annotations: [String: String], _ document: ManifestNode
  ) throws(ManifestError) -> Double? {
    guard let text = annotations[budgetAnnotation] else { return nil }
    guard let share = NumberText.parseDecimal(text.utf8), share > 0, share <= 1 else {
      throw ManifestError(
        "found \"\(text)\", expected a part of the rollout's error budget such as 0.25",
        at: document, path: "metadata.annotations[\"\(budgetAnnotation)\"]")
    }
    return share
  }
}

/// The metrics of a template or run, and what belongs to them.
package struct AnalysisSpec: Equatable, Sendable {
  package var metrics: [MetricSpec]
  package var arguments: [Argument]
  /// Regular expressions on metric names.
  package var dryRun: [MetricRule]
  package var measurementRetention: [MetricRule]
  /// Other templates whose metrics are taken in.
  package var templates: [TemplateReference]
  /// Runs only: whether to stop.
  package var isTerminated: Bool
  /// What a run may spend of the error budgets of its metrics, which are for the whole rollout: one
  /// over the number of runs that the rollout will have, from whoever starts them, unless the
  /// annotation of a template says otherwise. Nil for all of it.
  package var budgetShare: Double?
  /// Runs only: how long to keep the finished run.
  package var timeToLive: TimeToLive?

  /// A rule for all metrics whose names match, unanchored as in Argo.
  package struct MetricRule: Equatable, Sendable {
    package var metricName: String
    /// The measurements to keep; 0 for dry runs.
    package var limit: Int64

    package init(metricName: String, limit: Int64 = 0) {
      self.metricName = metricName
      self.limit = limit
    }
  }

  /// A template by name.
  package struct TemplateReference: Equatable, Hashable, Sendable {
    package var name: String
    package var isClusterScoped: Bool

    package init(name: String, isClusterScoped: Bool = false) {
      self.name = name
      self.isClusterScoped = isClusterScoped
    }
  }

  /// Seconds after which a finished run may be deleted.
  package struct TimeToLive: Equatable, Sendable {
    package var afterCompletion: Int64?
    package var afterFailure: Int64?
    package var afterSuccess: Int64?
  }

  package init(
    metrics: [MetricSpec], arguments: [Argument] = [], dryRun: [MetricRule] = [],
    measurementRetention: [MetricRule] = []
  ) {
    self.metrics = metrics
    self.arguments = arguments
    self.dryRun = dryRun
    self.measurementRetention = measurementRetention
    templates = []
    isTerminated = false
  }

  /// The mode of a template without the annotation.
  var usualCompatibility: Compatibility {
    metrics.contains { $0.providers.contains(where: \.isExtension) } ? .safe : .argo
  }

  init(
    _ object: inout ManifestObject, kind: AnalysisTemplate.Kind, unknown: inout [ManifestError]
  ) throws(ManifestError) {
    self.init(metrics: [])
    for (node, path) in try object.list("metrics") {
      metrics.append(try MetricSpec(node, at: path, unknown: &unknown))
    }
    for (node, path) in try object.list("args") {
      arguments.append(try Argument(node, at: path, unknown: &unknown))
    }
    for (node, path) in try object.list("dryRun") {
      var rule = try node.object(at: path)
      dryRun.append(MetricRule(metricName: try rule.text("metricName")))
      unknown += rule.unknownFields
    }
    for (node, path) in try object.list("measurementRetention") {
      var rule = try node.object(at: path)
      let name = try rule.text("metricName")
      let limit = try rule.required("limit").integer(at: rule.path(of: "limit"))
      measurementRetention.append(MetricRule(metricName: name, limit: limit))
      unknown += rule.unknownFields
    }
    if kind == .run {
      isTerminated = try object.optionalBool("terminate") ?? false
      if var strategy = try object.optionalObject("ttlStrategy") {
        timeToLive = TimeToLive(
          afterCompletion: try strategy.optionalInteger("secondsAfterCompletion"),
          afterFailure: try strategy.optionalInteger("secondsAfterFailure"),
          afterSuccess: try strategy.optionalInteger("secondsAfterSuccess"))
        unknown += strategy.unknownFields
      }
    } else {
      for (node, path) in try object.list("templates") {
        var reference = try node.object(at: path)
        templates.append(
          TemplateReference(
            name: try reference.text("templateName"),
            isClusterScoped: try reference.optionalBool("clusterScope") ?? false))
        unknown += reference.unknownFields
      }
    }
    unknown += object.unknownFields
  }
}
