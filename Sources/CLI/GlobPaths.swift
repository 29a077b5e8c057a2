import FoundationEssentials
import MetricModel

/// File names with `*`, `?` and `[a-z]`, as Go's `filepath.Glob` takes them.
enum GlobPaths {
  /// The files that a pattern means, sorted; relative ones are looked for from `folder`.
  static func matching(_ pattern: String, from folder: String) throws -> [String] {
    let base = folder.isEmpty ? "." : folder
    let whole = pattern.hasPrefix("/") || base == "." ? pattern : base + "/" + pattern
    let components = whole.split(separator: "/")
    var found = [whole.hasPrefix("/") ? "/" : ""]
    for component in components {
      found = try found.flatMap { try entries(of: $0, matching: String(component)) }
    }
    return found.filter { FileManager.default.fileExists(atPath: $0) }.sorted()
  }

  private static func entries(of folder: String, matching component: String) throws -> [String] {
    let prefix = folder.isEmpty || folder.hasSuffix("/") ? folder : folder + "/"
    guard component.contains(where: { "*?[".contains($0) }) else { return [prefix + component] }
    let matcher = try RegexMatcher(expression(component))
    let names =
      (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
    return names.sorted().filter { name in
      matcher.matches(name.utf8) && (component.hasPrefix(".") || !name.hasPrefix("."))
    }.map { prefix + $0 }
  }

  private static func expression(_ glob: String) -> String {
    var expression = ""
    for character in glob {
      switch character {
      case "*": expression += "[^/]*"
      case "?": expression += "[^/]"
      case "[", "]", "-", "^": expression.append(character)
      default:
        expression += character.isLetter || character.isNumber ? "\(character)" : "\\\(character)"
      }
    }
    return expression
  }
}
