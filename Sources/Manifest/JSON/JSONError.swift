/// Why bytes are no JSON.
package struct JSONError: Error, Equatable, CustomStringConvertible {
  /// What was found and what would be right.
  package var message: String
  /// Bytes from the start of the text.
  package var offset: Int

  package init(_ message: String, offset: Int) {
    self.message = message
    self.offset = offset
  }

  package var description: String { "JSON, byte \(offset): \(message)" }
}
