/// An object of a manifest being read: gives fields by type, and remembers which were asked for, so
/// that `finish()` can name the ones nobody knows.
///
///     var metric = try node.object(at: "spec.metrics[0]")
///     let name = try metric.text("name")
///     let count = try metric.optionalInteger("count")
///     try metric.finish()          // refuses fields that were never asked for
package struct ManifestObject {
  package let node: ManifestNode
  /// The field this object is the value of, as in messages.
  package let path: String
  private let entries: [ManifestEntry]
  private var asked: Set<String> = []

  init(node: ManifestNode, entries: [ManifestEntry], path: String) {
    self.node = node
    self.entries = entries
    self.path = path
  }

  package func path(of field: String) -> String { path.isEmpty ? field : "\(path).\(field)" }

  /// The names of all fields, in the order of the text.
  package var fields: [String] { entries.map(\.key) }

  /// A field; nil when absent or null.
  package mutating func optional(_ field: String) -> ManifestNode? {
    asked.insert(field)
    guard let entry = entries.first(where: { $0.key == field }) else { return nil }
    if case .null = entry.value.content { return nil }
    return entry.value
  }

  /// A field that must be there.
  package mutating func required(_ field: String) throws(ManifestError) -> ManifestNode {
    if let value = optional(field) { return value }
    throw ManifestError("required field is missing", at: node, path: path(of: field))
  }

  package mutating func text(_ field: String) throws(ManifestError) -> String {
    try required(field).text(at: path(of: field))
  }

  package mutating func optionalText(_ field: String) throws(ManifestError) -> String? {
    guard let value = optional(field) else { return nil }
    return try value.text(at: path(of: field))
  }

  package mutating func optionalBool(_ field: String) throws(ManifestError) -> Bool? {
    guard let value = optional(field) else { return nil }
    return try value.bool(at: path(of: field))
  }

  package mutating func optionalInteger(_ field: String) throws(ManifestError) -> Int64? {
    guard let value = optional(field) else { return nil }
    return try value.integer(at: path(of: field))
  }

  package mutating func optionalNumber(_ field: String) throws(ManifestError) -> Double? {
    guard let value = optional(field) else { return nil }
    return try value.number(at: path(of: field))
  }

  /// An object that must be there.
  package mutating func object(_ field: String) throws(ManifestError) -> ManifestObject {
    try required(field).object(at: path(of: field))
  }

  package mutating func optionalObject(_ field: String) throws(ManifestError) -> ManifestObject? {
    guard let value = optional(field) else { return nil }
    return try value.object(at: path(of: field))
  }

  /// The elements of a list with their paths; none when the field is absent.
  package mutating func list(
    _ field: String
  ) throws(ManifestError) -> [(node: ManifestNode, path: String)] {
    guard let value = optional(field) else { return [] }
    let path = path(of: field)
    return try value.list(at: path).enumerated().map { ($1, "\(path)[\($0)]") }
  }

  /// A map of texts, such as labels; numbers and booleans are refused as Kubernetes does.
  package mutating func textMap(_ field: String) throws(ManifestError) -> [String: String] {
    guard let value = try optionalObject(field) else { return [:] }
    var result: [String: String] = [:]
    for entry in value.entries {
      result[entry.key] = try entry.value.text(at: value.path(of: entry.key))
    }
    return result
  }

  /// Fields whose content is of no interest here, but which are legal.
  package mutating func ignore(_ fields: String...) { asked.formUnion(fields) }

  /// The fields nobody asked for.
  package var unknownFields: [ManifestError] {
    entries.filter { !asked.contains($0.key) }.map { entry in
      let known = asked.sorted()
      let near = known.first { $0.lowercased() == entry.key.lowercased() }
      let hint =
        near.map { "did you mean \"\($0)\"?" }
        ?? "known here: \(known.joined(separator: ", "))"
      return ManifestError(
        line: entry.line, column: entry.column, path: path(of: entry.key),
        message: "unknown field, \(hint)")
    }
  }

  /// Refuses the first unknown field.
  package func finish() throws(ManifestError) {
    if let first = unknownFields.first { throw first }
  }
}

extension ManifestNode {
  private func mismatch(_ expected: String, at path: String) -> ManifestError {
    ManifestError("found \(kindName), expected \(expected)", at: self, path: path)
  }

  /// This node as an object; `path` is where it stands, for messages.
  package func object(at path: String) throws(ManifestError) -> ManifestObject {
    guard case .map(let entries) = content else { throw mismatch("an object", at: path) }
    return ManifestObject(node: self, entries: entries, path: path)
  }

  package func list(at path: String) throws(ManifestError) -> [ManifestNode] {
    guard case .list(let elements) = content else { throw mismatch("a list", at: path) }
    return elements
  }

  package func text(at path: String) throws(ManifestError) -> String {
    guard case .text(let text) = content else {
      throw mismatch("a text (in quotes if it looks like a number)", at: path)
    }
    return text
  }

  package func bool(at path: String) throws(ManifestError) -> Bool {
    guard case .bool(let value) = content else { throw mismatch("true or false", at: path) }
    return value
  }

  package func integer(at path: String) throws(ManifestError) -> Int64 {
    guard case .integer(let value) = content else { throw mismatch("an integer", at: path) }
    return value
  }

  package func number(at path: String) throws(ManifestError) -> Double {
    switch content {
    case .integer(let value): return Double(value)
    case .number(let value): return value
    default: throw mismatch("a number", at: path)
    }
  }

  /// An integer or a text, as Kubernetes' `IntOrString` fields take.
  package func integerOrText(at path: String) throws(ManifestError) -> String {
    switch content {
    case .integer(let value): return String(value)
    case .text(let text): return text
    default: throw mismatch("an integer or a text", at: path)
    }
  }
}
