extension JSONValue {
  /// A manifest's tree without its places.
  package init(_ node: ManifestNode) {
    switch node.content {
    case .null: self = .null
    case .bool(let truth): self = .bool(truth)
    case .integer(let integer): self = .integer(integer)
    case .number(let number): self = .number(number)
    case .text(let text): self = .string(text)
    case .list(let elements): self = .array(elements.map(JSONValue.init))
    case .map(let entries):
      self = .object(
        Dictionary(entries.map { ($0.key, JSONValue($0.value)) }) { _, last in last })
    }
  }

  /// The same value for those who read manifests; its places are line 0, column 0.
  package var manifestNode: ManifestNode {
    switch self {
    case .null: ManifestNode(.null)
    case .bool(let truth): ManifestNode(.bool(truth))
    case .integer(let integer): ManifestNode(.integer(integer))
    case .number(let number): ManifestNode(.number(number))
    case .string(let text): ManifestNode(.text(text))
    case .array(let elements): ManifestNode(.list(elements.map(\.manifestNode)))
    case .object(let fields):
      ManifestNode(
        .map(
          fields.sorted { $0.key < $1.key }.map {
            ManifestEntry(key: $0.key, value: $0.value.manifestNode)
          }))
    }
  }
}
