/// Why a text is not in an exposition format.
///
///     3:14: unexpected "}" in a label set, expected "="
package struct TextFormatError: Error, Equatable, CustomStringConvertible {
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

  package var description: String { "\(line):\(column): \(message)" }
}
