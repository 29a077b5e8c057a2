/// Why a template can't be read or filled in, in the words of Go's `text/template`.
package struct TemplateError: Error, Equatable, CustomStringConvertible {
  package var description: String

  init(_ description: String) {
    self.description = description
  }

  /// A fault of the text, which a checker can report without any data.
  static func syntax(_ message: String, name: String, line: Int) -> TemplateError {
    TemplateError("template: \(name):\(line): \(message)")
  }

  /// A fault met while filling in; `piece` is the source of the operand.
  static func execution(
    _ message: String, name: String, place: TemplatePlace, piece: String
  ) -> TemplateError {
    TemplateError(
      "template: \(name):\(place.line):\(place.column): executing \"\(name)\" at <\(piece)>: "
        + message)
  }
}

/// Where something stands in the text of a template.
struct TemplatePlace: Equatable, Sendable {
  /// From 1.
  var line: Int
  /// Bytes from the start of the line.
  var column: Int
}
