/// Texts in XML: plots, and reports for CI systems.
package enum XMLText {
  /// What may stand between tags and in attributes; what XML 1.0 can't hold becomes a replacement
  /// character.
  package static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\n": result += "&#10;"
      case "\t": result += "&#9;"
      case "\r": result += "&#13;"
      default:
        let isLegal = scalar.value >= 0x20 && scalar.value != 0xfffe && scalar.value != 0xffff
        result.unicodeScalars.append(isLegal ? scalar : "\u{fffd}")
      }
    }
    return result
  }
}
