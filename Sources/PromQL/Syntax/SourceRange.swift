/// A stretch of the user's own query text, in UTF-8 bytes.
package struct SourceRange: Hashable, Sendable {
  /// The first byte.
  package var start: Int
  /// One past the last byte.
  package var end: Int

  package init(_ start: Int, _ end: Int) {
    self.start = start
    self.end = end
  }

  /// The smallest range that holds both.
  package func union(_ other: SourceRange) -> SourceRange {
    SourceRange(min(start, other.start), max(end, other.end))
  }

  /// `line:column` of the start in `text`, both from 1, columns in bytes, as Prometheus counts.
  package func position(in text: String) -> (line: Int, column: Int) {
    var line = 1
    var column = 1
    for byte in text.utf8.prefix(start) {
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else {
        column += 1
      }
    }
    return (line, column)
  }
}
