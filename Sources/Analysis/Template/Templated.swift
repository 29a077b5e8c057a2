internal import Manifest

/// A field that may hold a placeholder such as `{{args.count}}` until arguments are filled in.
package struct Templated<Value: Equatable & Sendable>: Equatable, Sendable {
  /// As written.
  package var text: String
  /// Nil while a placeholder stands in the text.
  package var value: Value?

  package init(text: String, value: Value?) {
    self.text = text
    self.value = value
  }
}

extension ManifestObject {
  /// An integer, or a text that holds one or a placeholder: Kubernetes' `IntOrString`.
  mutating func optionalTemplatedInteger(
    _ field: String
  ) throws(ManifestError) -> Templated<Int64>? {
    guard let node = optional(field) else { return nil }
    let text = try node.integerOrText(at: path(of: field))
    if Placeholders.occur(in: text) { return Templated(text: text, value: nil) }
    guard let value = Int64(text) else {
      throw ManifestError(
        "found \"\(text)\", expected a whole number or a placeholder such as {{args.count}}",
        at: node, path: path(of: field))
    }
    return Templated(text: text, value: value)
  }

  /// A duration as Argo spells it.
  mutating func optionalTemplatedDuration(
    _ field: String
  ) throws(ManifestError) -> Templated<GoDuration>? {
    guard let node = optional(field) else { return nil }
    let text = try node.text(at: path(of: field))
    if Placeholders.occur(in: text) { return Templated(text: text, value: nil) }
    guard let value = GoDuration(parsing: text) else {
      throw ManifestError(
        "found \"\(text)\", expected a duration such as 30s or 1m30s (units h, m, s, ms)",
        at: node, path: path(of: field))
    }
    return Templated(text: text, value: value)
  }
}
