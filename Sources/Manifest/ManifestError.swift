/// What is wrong with a manifest, where, and what would be right.
package struct ManifestError: Error, Equatable, Sendable, CustomStringConvertible {
  /// From 1; 0 when the place isn't known.
  package var line: Int
  package var column: Int
  /// The field, as `spec.metrics[0].interval`; "" for the document.
  package var path: String
  /// What was found and what would be accepted.
  package var message: String

  package init(line: Int, column: Int, path: String, message: String) {
    self.line = line
    self.column = column
    self.path = path
    self.message = message
  }

  package init(_ message: String, at node: ManifestNode, path: String) {
    self.init(line: node.line, column: node.column, path: path, message: message)
  }

  /// `12:5: spec.metrics[0].interval: found a list, expected a text`.
  package var description: String {
    let place = line > 0 ? "\(line):\(column): " : ""
    return place + (path.isEmpty ? "" : "\(path): ") + message
  }
}
