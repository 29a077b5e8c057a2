// Prometheus' files are laxer than Kubernetes' manifests: `severity: 1` is the text "1".
extension ManifestNode {
  /// A text, or a number or boolean as it would be written; "" for nothing.
  package func scalarText(at path: String) throws(ManifestError) -> String {
    switch content {
    case .text(let text): return text
    case .integer(let integer): return String(integer)
    case .number(let number): return JSONValue.number(number).spelled
    case .bool(let truth): return String(truth)
    case .null: return ""
    case .list, .map:
      throw ManifestError("found \(kindName), expected a text", at: self, path: path)
    }
  }

  /// A boolean in any of YAML 1.1's spellings, as Go's reader takes them.
  package func scalarBool(at path: String) throws(ManifestError) -> Bool {
    switch try scalarText(at: path).lowercased() {
    case "true", "yes", "on", "y": return true
    case "false", "no", "off", "n": return false
    case let text:
      throw ManifestError(
        "found \(JSONValue.quoted(text)), expected true or false", at: self, path: path)
    }
  }
}
