extension JSONValue: CustomStringConvertible {
  /// Compact JSON, the fields of objects in the order of their names, so equal values have equal
  /// texts. NaN and infinities, which JSON lacks, become `null`.
  package var spelled: String {
    var text = ""
    write(to: &text, indent: nil)
    return text
  }

  /// The same with two blanks of indent a level, for people.
  package var indented: String {
    var text = ""
    write(to: &text, indent: 0)
    return text
  }

  package var description: String { spelled }

  /// A JSON string with its quotes.
  package static func quoted(_ text: String) -> String {
    var result = ""
    appendQuoted(text, to: &result)
    return result
  }

  private func write(to text: inout String, indent: Int?) {
    switch self {
    case .null: text += "null"
    case .bool(let truth): text += truth ? "true" : "false"
    case .integer(let integer): text += String(integer)
    case .number(let number): text += number.isFinite ? Self.spelling(of: number) : "null"
    case .string(let string): Self.appendQuoted(string, to: &text)
    case .array(let elements):
      Self.writeList("[", "]", elements, to: &text, indent: indent) { element, text, indent in
        element.write(to: &text, indent: indent)
      }
    case .object(let fields):
      let sorted = fields.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      Self.writeList("{", "}", sorted, to: &text, indent: indent) { entry, text, indent in
        Self.appendQuoted(entry.key, to: &text)
        text += indent == nil ? ":" : ": "
        entry.value.write(to: &text, indent: indent)
      }
    }
  }

  private static func writeList<Element>(
    _ open: String, _ close: String, _ elements: [Element], to text: inout String, indent: Int?,
    write: (Element, inout String, Int?) -> Void
  ) {
    text += open
    let inner = indent.map { $0 + 1 }
    for (index, element) in elements.enumerated() {
      if index > 0 { text += "," }
      if let inner { text += "\n" + String(repeating: "  ", count: inner) }
      write(element, &text, inner)
    }
    if let indent, !elements.isEmpty { text += "\n" + String(repeating: "  ", count: indent) }
    text += close
  }

  /// The shortest text that reads back as the same double, whole numbers without ".0".
  private static func spelling(of number: Double) -> String {
    let text = number.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  private static func appendQuoted(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
