import Manifest
import MetricModel

// Kinds of fields that only Prometheus' configuration has.
extension ManifestNode {
  /// A whole number from 0 on.
  func count(at path: String) throws(ManifestError) -> Int {
    let text = try scalarText(at: path)
    guard let count = Int(text), count >= 0 else {
      throw ManifestError(
        "found \(GoText.quoted(text)), expected a whole number from 0 on", at: self, path: path)
    }
    return count
  }

  /// A duration above zero.
  func duration(at path: String) throws(ManifestError) -> Milliseconds {
    let text = try scalarText(at: path)
    guard let duration = Milliseconds(parsing: text), duration.count > 0 else {
      throw ManifestError(
        "found \(GoText.quoted(text)), expected a duration such as 15s", at: self, path: path)
    }
    return duration
  }

  /// A number of bytes, `10MB`; units are powers of 1024, as Prometheus has them.
  func byteCount(at path: String) throws(ManifestError) -> Int {
    let text = try scalarText(at: path)
    let digits = text.prefix { $0.isNumber || $0 == "." }
    let units = ["": 0, "B": 0, "KB": 1, "KIB": 1, "MB": 2, "MIB": 2, "GB": 3, "GIB": 3]
    guard let number = Double(digits), let power = units[text.dropFirst(digits.count).uppercased()],
      number >= 0, number < 1e15
    else {
      throw ManifestError(
        "found \(GoText.quoted(text)), expected a number of bytes such as 10MB", at: self,
        path: path)
    }
    return Int(number * [1, 0x1p10, 0x1p20, 0x1p30][power])
  }

  /// A map of scalars as labels.
  func labels(at path: String) throws(ManifestError) -> Labels {
    var builder = LabelsBuilder()
    let object = try object(at: path)
    for field in object.fields {
      builder.set(field, try self[field]?.scalarText(at: object.path(of: field)) ?? "")
    }
    return builder.labels
  }
}

extension ManifestObject {
  /// A scalar of any kind as text; nil when absent.
  mutating func scalar(_ field: String) throws(ManifestError) -> String? {
    try optional(field)?.scalarText(at: path(of: field))
  }

  mutating func truth(_ field: String) throws(ManifestError) -> Bool? {
    try optional(field)?.scalarBool(at: path(of: field))
  }

  /// A whole number from 0 on.
  mutating func count(_ field: String) throws(ManifestError) -> Int? {
    try optional(field)?.count(at: path(of: field))
  }

  /// A duration above zero.
  mutating func duration(_ field: String) throws(ManifestError) -> Milliseconds? {
    try optional(field)?.duration(at: path(of: field))
  }
}
