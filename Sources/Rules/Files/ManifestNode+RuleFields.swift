internal import Manifest
internal import MetricModel

// Kinds of fields that only rule files have.
extension ManifestNode {
  /// A whole number.
  func scalarInteger(at path: String) throws(ManifestError) -> Int {
    let text = try scalarText(at: path)
    guard let integer = Int(text) else {
      throw ManifestError(
        "found \(GoText.quoted(text)), expected an integer", at: self, path: path)
    }
    return integer
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
