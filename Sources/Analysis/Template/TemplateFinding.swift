package import Manifest

/// Something to change in a template: what, where, why, and how.
package struct TemplateFinding: Equatable, Sendable, CustomStringConvertible {
  package enum Severity: String, Sendable, Hashable {
    /// Argo, or Assay, refuses the template.
    case error
    /// Legal, and not what one wants.
    case warning
  }

  package var severity: Severity
  /// A stable name of the rule: `inline-without-count`.
  package var rule: String
  /// From 1; 0 when the template stands in no text.
  package var line: Int
  package var column: Int
  /// As `spec.metrics[0].count`.
  package var path: String
  /// What is wrong, in Argo's words where Argo has some.
  package var message: String
  /// What to write instead.
  package var remedy: String

  package init(
    _ severity: Severity, _ rule: String, at place: (node: ManifestNode, path: String),
    _ message: String, remedy: String
  ) {
    self.severity = severity
    self.rule = rule
    line = place.node.line
    column = place.node.column
    path = place.path
    self.message = message
    self.remedy = remedy
  }

  init(unknown field: ManifestError) {
    severity = .error
    rule = "unknown-field"
    (line, column, path) = (field.line, field.column, field.path)
    message = field.message
    remedy = "remove the field or correct its spelling; Argo would ignore it or refuse the object"
  }

  package var isError: Bool { severity == .error }

  /// `31:5: spec.metrics[0]: <message>. <Remedy>. [rule]`
  package var description: String {
    let place = line > 0 ? "\(line):\(column): " : ""
    let subject = path.isEmpty ? "" : "\(path): "
    return "\(place)\(severity.rawValue): \(subject)\(message); \(remedy) [\(rule)]"
  }
}

/// Where a template is used, which decides what it must have.
package enum TemplateUse: String, Sendable, Hashable, CaseIterable {
  /// An `analysis` step of a canary.
  case step
  case prePromotion
  case postPromotion
  /// Along the whole update.
  case background
  /// By itself, or unknown.
  case standalone

  /// Whether the run must come to an end by itself.
  package var needsEnd: Bool {
    switch self {
    case .step, .prePromotion, .postPromotion: true
    case .background, .standalone: false
    }
  }

  var text: String {
    switch self {
    case .step: "an analysis step"
    case .prePromotion: "pre-promotion analysis"
    case .postPromotion: "post-promotion analysis"
    case .background: "background analysis"
    case .standalone: "a run by itself"
    }
  }
}
