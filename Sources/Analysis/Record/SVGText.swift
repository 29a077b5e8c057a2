/// Texts as plots show them.
package enum SVGText {
  /// What may stand between tags: `&`, `<` and `>` as entities.
  package static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      default: result.append(character)
      }
    }
  }
}
