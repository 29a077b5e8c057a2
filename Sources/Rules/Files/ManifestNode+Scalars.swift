internal import Manifest
internal import MetricModel

// Rule files are laxer than Kubernetes' manifests: `severity: 1` is the text "1".
extension ManifestNode {
  /// A text, or a number or boolean as it would be written.
  func scalarText(at path: String) throws(ManifestError) -> String {
    switch content {
    case .text(let text): return text
    case .integer(let integer): return String(integer)
    case .number(let number): return NumberText.plain(number)
    case .bool(let truth): return String(truth)
    case .null: return ""
    case .list, .map:
      throw ManifestError("found \(kindName), expected a text", at: self, path: path)
    }
  }

  /// A whole number.
  func scalarInteger(at path: String) throws(ManifestError) -> Int {
    let text = try scalarText(at: path)
    guard let integer = Int(text) else {
      throw ManifestError(
        "found \(GoText.quoted(text)), expected an integer", at: self, path: path)
    }
    return integer
  }

  func scalarBool(at path: String) throws(ManifestError) -> Bool {
    switch try scalarText(at: path).lowercased() {
    case "true", "yes", "on", "y": return true
    case "false", "no", "off", "n": return false
    case let text:
      throw ManifestError(
        "found \(GoText.quoted(text)), expected true or false", at: self, path: path)
    }
  }

  /// `1h30m`, or `0`.
  func duration(at path: String) throws(ManifestError) -> Milliseconds {
    let text = try scalarText(at: path)
    if text == "0" || text.isEmpty { return .zero }
    guard let duration = Milliseconds(parsing: text) else {
      throw ManifestError(
        "not a valid duration string: \(GoText.quoted(text)), expected one such as 5m", at: self,
        path: path)
    }
    return duration
  }

  /// A map of scalars, sorted by name.
  func scalarMap(at path: String) throws(ManifestError) -> [LabelPair] {
    var pairs: [LabelPair] = []
    let object = try object(at: path)
    for field in object.fields.sorted() {
      let value = try self[field]?.scalarText(at: object.path(of: field)) ?? ""
      pairs.append(LabelPair(name: field, value: value))
    }
    return pairs
  }
}
