/// Why a condition can't be read or has no answer.
///
///     result[0 >= 0.95
///              ^
package struct ConditionError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was found and what would be accepted.
  package var message: String
  /// The condition as written; "" when the place isn't known.
  package var source: String
  /// The place in `source` as an offset in UTF-8; nil for errors of the whole condition.
  package var offset: Int?

  package init(_ message: String, source: String = "", offset: Int? = nil) {
    self.message = message
    self.source = source
    self.offset = offset
  }

  /// Line and column of the place, from 1, columns in characters.
  package var place: (line: Int, column: Int)? {
    guard let offset, !source.isEmpty else { return nil }
    let before = String(decoding: source.utf8.prefix(offset), as: UTF8.self)
    let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
    return (lines.count, (lines.last?.count ?? 0) + 1)
  }

  /// `1:9: found ">=", expected "]"`.
  package var description: String {
    guard let place else { return message }
    return "\(place.line):\(place.column): \(message)"
  }

  /// The message, the line it is about, and a caret under the place.
  package var illustrated: String {
    guard let place else { return message }
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    guard place.line <= lines.count else { return description }
    let indent = String(repeating: " ", count: place.column - 1)
    return "\(description)\n  \(lines[place.line - 1])\n  \(indent)^"
  }

  /// The same error with its place, where it had none.
  func located(at offset: Int, in source: String) -> ConditionError {
    if self.offset != nil { return self }
    return ConditionError(message, source: source, offset: offset)
  }
}
