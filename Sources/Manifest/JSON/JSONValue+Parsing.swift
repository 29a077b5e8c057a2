extension JSONValue {
  /// Deeper nesting is refused, so that no text can exhaust the stack.
  package static let depthMax = 200

  /// The value that a whole text of UTF-8 spells (RFC 8259).
  ///
  /// - Throws: `JSONError` with the offset of what can't be read.
  package init(parsing bytes: [UInt8]) throws(JSONError) {
    var reader = JSONReader(bytes: bytes)
    self = try reader.value()
    try reader.end()
  }

  package init(parsing text: String) throws(JSONError) {
    try self.init(parsing: Array(text.utf8))
  }
}
