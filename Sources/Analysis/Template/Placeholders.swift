internal import Manifest

/// Filling in of `{{args.name}}` as Argo does it: in every text of a metric, keys and conditions
/// included; what can't be resolved is an error.
enum Placeholders {
  static func occur(in text: String) -> Bool {
    guard let open = TextSearch.first(Array("{{".utf8), in: Array(text.utf8)) else { return false }
    return TextSearch.first(Array("}}".utf8), in: Array(text.utf8), from: open) != nil
  }

  /// The names between the braces, trimmed, in the order of the text.
  static func names(in text: String) -> [String] {
    var names: [String] = []
    _ = try? replaced(in: text) { name in
      names.append(name)
      return ""
    }
    return names
  }

  /// The names in all texts of a node.
  static func names(in node: ManifestNode) -> [String] {
    switch node.content {
    case .text(let text): names(in: text)
    case .list(let items): items.flatMap { names(in: $0) }
    case .map(let entries): entries.flatMap { names(in: $0.key) + names(in: $0.value) }
    default: []
    }
  }

  /// A copy of the node with all placeholders filled in.
  ///
  /// - Throws: `ManifestError` at the first text with a name that `values` lacks.
  static func filled(
    _ node: ManifestNode, path: String, values: [String: String]
  ) throws(ManifestError) -> ManifestNode {
    var result = node
    switch node.content {
    case .text(let text):
      result.content = .text(try filled(text, node, path: path, values: values))
    case .list(let items):
      var filledItems: [ManifestNode] = []
      for (index, item) in items.enumerated() {
        filledItems.append(try filled(item, path: "\(path)[\(index)]", values: values))
      }
      result.content = .list(filledItems)
    case .map(let entries):
      var filledEntries: [ManifestEntry] = []
      for var entry in entries {
        let inner = path.isEmpty ? entry.key : "\(path).\(entry.key)"
        entry.key = try filled(entry.key, node, path: path, values: values)
        entry.value = try filled(entry.value, path: inner, values: values)
        filledEntries.append(entry)
      }
      result.content = .map(filledEntries)
    default: break
    }
    return result
  }

  private static func filled(
    _ text: String, _ node: ManifestNode, path: String, values: [String: String]
  ) throws(ManifestError) -> String {
    do {
      return try replaced(in: text) { name in values[name] }
    } catch {
      throw ManifestError("failed to resolve {{\(error.name)}}", at: node, path: path)
    }
  }

  struct Unresolved: Error { var name: String }

  static func replaced(
    in text: String, _ value: (String) -> String?
  ) throws(Unresolved) -> String {
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var position = 0
    while let open = TextSearch.first(Array("{{".utf8), in: bytes, from: position),
      let close = TextSearch.first(Array("}}".utf8), in: bytes, from: open + 2)
    {
      result += bytes[position..<open]
      let inner = String(decoding: bytes[(open + 2)..<close], as: UTF8.self)
      let name = String(inner.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      guard let filled = value(name) else { throw Unresolved(name: name) }
      result += Array(filled.utf8)
      position = close + 2
    }
    result += bytes[position...]
    return String(decoding: result, as: UTF8.self)
  }
}
