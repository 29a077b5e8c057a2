package import Manifest
internal import Yams

/// Reads YAML, and so JSON, into manifest trees.
package enum YAMLReader {
  /// What scalars without quotes become.
  package enum Scalars: Sendable {
    /// Numbers, booleans and texts by YAML's rules, as Kubernetes reads manifests.
    case typed
    /// Texts, letter by letter, as readers need them that know the type of each field:
    /// `values: 0x3` is three zeros and not 3.
    case asWritten
  }

  /// The documents of a file, empty ones left out.
  ///
  /// - Throws: `ManifestError` with the place of the first syntax error or duplicate key, or when
  ///   aliases make the document grow past a bound.
  package static func documents(
    in text: String, scalars: Scalars = .typed
  ) throws(ManifestError) -> [ManifestNode] {
    var result: [ManifestNode] = []
    var budget = nodeCountMax
    do {
      var documents = try Yams.compose_all(yaml: text)
      while let node = documents.next() {
        let converted = try convert(node, depth: 0, budget: &budget, scalars: scalars)
        if case .null = converted.content { continue }
        result.append(converted)
      }
      if let error = documents.error { throw error }
    } catch let error as ManifestError {
      throw error
    } catch let error as YamlError {
      throw located(error)
    } catch {
      throw ManifestError(line: 0, column: 0, path: "", message: "\(error)")
    }
    return result
  }

  private static let depthMax = 100
  private static let nodeCountMax = 1_000_000

  private static func convert(
    _ node: Node, depth: Int, budget: inout Int, scalars: Scalars
  ) throws(ManifestError) -> ManifestNode {
    let (line, column) = (node.mark?.line ?? 0, node.mark?.column ?? 0)
    budget -= 1
    guard budget > 0 else {
      throw ManifestError(
        line: line, column: column, path: "", message: "more than \(nodeCountMax) values")
    }
    guard depth < depthMax else {
      throw ManifestError(
        line: line, column: column, path: "", message: "nested deeper than \(depthMax) levels")
    }
    switch node {
    case .scalar(let scalar):
      return ManifestNode(content(of: scalar, node, scalars), line: line, column: column)
    case .sequence(let sequence):
      var elements: [ManifestNode] = []
      for element in sequence {
        elements.append(try convert(element, depth: depth + 1, budget: &budget, scalars: scalars))
      }
      return ManifestNode(.list(elements), line: line, column: column)
    case .mapping(let mapping):
      var entries: [ManifestEntry] = []
      var merged: [ManifestEntry] = []
      for (key, value) in mapping {
        if key.scalar?.string == "<<", key.tag.description == Tag.Name.merge.rawValue {
          merged += try mergedEntries(
            convert(value, depth: depth + 1, budget: &budget, scalars: scalars))
          continue
        }
        guard let name = key.scalar?.string else {
          throw ManifestError(
            line: key.mark?.line ?? line, column: key.mark?.column ?? column, path: "",
            message: "found a structured key, expected a text")
        }
        entries.append(
          ManifestEntry(
            key: name,
            value: try convert(value, depth: depth + 1, budget: &budget, scalars: scalars),
            line: key.mark?.line ?? 0,
            column: key.mark?.column ?? 0))
      }
      // What a mapping says itself counts before what it merges in, and that in its order.
      for entry in merged where !entries.contains(where: { $0.key == entry.key }) {
        entries.append(entry)
      }
      return ManifestNode(.map(entries), line: line, column: column)
    case .alias:
      throw ManifestError(
        line: line, column: column, path: "", message: "found an alias to nothing")
    }
  }

  /// The entries of what stands behind `<<:`, an object or a list of them.
  private static func mergedEntries(
    _ node: ManifestNode
  ) throws(ManifestError) -> [ManifestEntry] {
    switch node.content {
    case .map(let entries): return entries
    case .list(let nodes):
      var entries: [ManifestEntry] = []
      for node in nodes { entries += try mergedEntries(node) }
      return entries
    default:
      throw ManifestError(
        "found \(node.kindName), expected an object to merge", at: node, path: "<<")
    }
  }

  private static func content(
    of scalar: Node.Scalar, _ node: Node, _ scalars: Scalars
  ) -> ManifestNode.Content {
    let tag = node.tag.description
    if scalars == .asWritten, tag != Tag.Name.null.rawValue { return .text(scalar.string) }
    switch tag {
    case Tag.Name.null.rawValue: return .null
    case Tag.Name.bool.rawValue:
      // YAML 1.2, as Kubernetes reads it: yes, no, on and off are texts.
      let lowered = scalar.string.lowercased()
      return lowered == "true" || lowered == "false"
        ? .bool(lowered == "true") : .text(scalar.string)
    case Tag.Name.int.rawValue:
      if let value = Int64(scalar.string.replacing("_", with: "")) { return .integer(value) }
      return node.int.map { .integer(Int64($0)) } ?? .text(scalar.string)
    case Tag.Name.float.rawValue:
      return node.float.map { .number($0) } ?? .text(scalar.string)
    default: return .text(scalar.string)
    }
  }

  private static func located(_ error: YamlError) -> ManifestError {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return ManifestError(line: mark.line, column: mark.column, path: "", message: problem)
    case .duplicatedKeysInMapping(let duplicates, _):
      let keys = duplicates.map { "\"\($0)\"" }.joined(separator: ", ")
      return ManifestError(
        line: 0, column: 0, path: "", message: "the same key twice in one object: \(keys)")
    default:
      return ManifestError(line: 0, column: 0, path: "", message: "\(error)")
    }
  }
}
