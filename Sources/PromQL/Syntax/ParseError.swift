/// Why a text is not a query.
package struct ParseError: Error, Equatable, CustomStringConvertible {
  /// From 1.
  package var line: Int
  /// In bytes, from 1.
  package var column: Int
  /// What was found and what would be accepted.
  package var message: String

  package init(line: Int, column: Int, message: String) {
    self.line = line
    self.column = column
    self.message = message
  }

  /// Places the start of `range` in `text`.
  package init(_ message: String, at range: SourceRange, in text: String) {
    let position = range.position(in: text)
    self.init(line: position.line, column: position.column, message: message)
  }

  /// `1:15: parse error: ...`, as Prometheus reports it.
  package var description: String { "\(line):\(column): parse error: \(message)" }
}
