/// The line of a text with a caret under the place that a message is about.
enum Caret {
  /// - Parameters:
  ///   - line: from 1.
  ///   - column: in bytes, from 1.
  static func lines(_ text: String, line: Int, column: Int) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.indices.contains(line - 1), column >= 1 else { return "" }
    let shown = lines[line - 1]
    // Bytes are not columns on a screen: what stands before the caret counts in characters.
    let before = String(decoding: shown.utf8.prefix(column - 1), as: UTF8.self)
    return "  \(shown)\n  \(String(repeating: " ", count: before.count))^"
  }
}
