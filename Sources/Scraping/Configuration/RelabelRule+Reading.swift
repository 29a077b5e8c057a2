import Manifest
import MetricModel

extension RelabelRule {
  /// Reads an entry of `relabel_configs`, with the checks of Prometheus.
  init(_ node: ManifestNode, _ path: String) throws(ManifestError) {
    var object = try node.object(at: path)
    func text(_ object: inout ManifestObject, _ field: String) throws(ManifestError) -> String? {
      try object.optional(field)?.scalarText(at: object.path(of: field))
    }
    func failure(_ message: String) -> ManifestError {
      ManifestError(message, at: node, path: path)
    }
    let pattern = try text(&object, "regex") ?? Self.defaultRegex
    do throws(RegexError) {
      try self.init()
      regex = try RegexMatcher(pattern)
    } catch {
      throw ManifestError(
        "\(error)", at: node["regex"] ?? node, path: object.path(of: "regex"))
    }
    if let value = object.optional("action") {
      let word = try value.scalarText(at: object.path(of: "action"))
      guard let action = Action(rawValue: word.lowercased()) else {
        let known = Action.allCases.map(\.rawValue).joined(separator: ", ")
        throw ManifestError(
          "unknown relabel action \(GoText.quoted(word)), expected one of \(known)", at: value,
          path: object.path(of: "action"))
      }
      self.action = action
    }
    for (node, path) in try object.list("source_labels") {
      sourceLabels.append(try node.scalarText(at: path))
    }
    separator = try text(&object, "separator") ?? separator
    targetLabel = try text(&object, "target_label") ?? targetLabel
    replacement = try text(&object, "replacement") ?? replacement
    if let value = object.optional("modulus") {
      modulus = UInt64(try value.count(at: object.path(of: "modulus")))
    }
    try object.finish()
    let given = Set(object.fields)
    switch action {
    case .replace, .hashMod, .lowercase, .uppercase, .keepEqual, .dropEqual:
      guard !targetLabel.isEmpty else {
        throw failure(
          "relabel configuration for \(action.rawValue) action requires 'target_label' value")
      }
      if action == .hashMod && modulus == 0 {
        throw failure("relabel configuration for hashmod requires non-zero modulus")
      }
      let only: Set<String> = ["action", "source_labels", "target_label"]
      if action == .keepEqual || action == .dropEqual, !given.isSubset(of: only) {
        throw failure(
          "\(action.rawValue) action requires only 'source_labels' and `target_label`, and no "
            + "other fields")
      }
      if action == .lowercase || action == .uppercase, given.contains("replacement") {
        throw failure("'replacement' can not be set for \(action.rawValue) action")
      }
    case .labelDrop, .labelKeep:
      guard given.isSubset(of: ["action", "regex"]) else {
        throw failure("\(action.rawValue) action requires only 'regex', and no other fields")
      }
    case .keep, .drop, .labelMap: break
    }
  }
}
