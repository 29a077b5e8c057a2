/// Go's spelling of strings, which Prometheus' texts and formats are made of.
package enum GoText {
  /// `strconv.Quote`: double quotes, with escapes for what isn't printable.
  package static func quoted(_ text: String) -> String {
    "\"\(escaped(text))\""
  }

  /// The same of bytes; those that aren't UTF-8 are escaped one by one.
  package static func quoted(_ bytes: [UInt8]) -> String {
    var result = "\""
    var rest = bytes[...]
    while let first = rest.first {
      let scalar = (1...4).lazy.map { rest.prefix($0) }
        .compactMap { String(validating: $0, as: UTF8.self) }.first
      if let scalar {
        result += escaped(scalar)
        rest = rest.dropFirst(scalar.utf8.count)
      } else {
        result += "\\x" + hexadecimal(UInt32(first), digits: 2)
        rest = rest.dropFirst()
      }
    }
    return result + "\""
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{07}": result += "\\a"
      case "\u{08}": result += "\\b"
      case "\u{0b}": result += "\\v"
      case "\u{0c}": result += "\\f"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f:
        result += "\\x" + hexadecimal(scalar.value, digits: 2)
      case _ where isPrintable(scalar): result.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x10000: result += "\\u" + hexadecimal(scalar.value, digits: 4)
      default: result += "\\U" + hexadecimal(scalar.value, digits: 8)
      }
    }
    return result
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x7f { return true }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator, .spaceSeparator:
      return false
    default:
      return true
    }
  }

  private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
