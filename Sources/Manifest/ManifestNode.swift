/// A piece of a Kubernetes manifest with its place in the text, whatever notation it was read from.
///
///     let document = try YAMLReader.documents(in: text)[0]
///     let name = try document.object(at: "").object("metadata").text("name")
///
/// Keeps what a decoder into plain structs would lose: where each value stands, which of the fields
/// were never asked for, and whether `1` was a number or a text.
package struct ManifestNode: Equatable, Sendable {
  package indirect enum Content: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    case list([ManifestNode])
    /// In the order of the text; keys are unique.
    case map([ManifestEntry])
  }

  package var content: Content
  /// From 1; 0 for values that stand in no text.
  package var line: Int
  /// From 1; 0 for values that stand in no text.
  package var column: Int

  package init(_ content: Content, line: Int = 0, column: Int = 0) {
    self.content = content
    self.line = line
    self.column = column
  }

  /// How messages call the kind of value.
  package var kindName: String {
    switch content {
    case .null: "nothing"
    case .bool: "a boolean"
    case .integer: "an integer"
    case .number: "a number"
    case .text: "a text"
    case .list: "a list"
    case .map: "an object"
    }
  }

  /// The value of a field, nil when this isn't an object or lacks it.
  package subscript(field: String) -> ManifestNode? {
    guard case .map(let entries) = content else { return nil }
    return entries.first { $0.key == field }?.value
  }

  /// The node at the end of a chain of fields.
  package subscript(path first: String, rest: String...) -> ManifestNode? {
    rest.reduce(self[first]) { $0?[$1] }
  }

  /// The text, nil for other kinds.
  package var asText: String? {
    guard case .text(let text) = content else { return nil }
    return text
  }

  /// The elements, nil for other kinds.
  package var asList: [ManifestNode]? {
    guard case .list(let elements) = content else { return nil }
    return elements
  }
}

/// A field of an object.
package struct ManifestEntry: Equatable, Sendable {
  package var key: String
  package var value: ManifestNode
  /// Where the key stands, from 1.
  package var line: Int
  package var column: Int

  package init(key: String, value: ManifestNode, line: Int = 0, column: Int = 0) {
    self.key = key
    self.value = value
    self.line = line
    self.column = column
  }
}
