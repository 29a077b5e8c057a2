import Foundation
import Testing

/// A Swift file of the project with its lines.
struct SourceFile: Sendable, CustomTestStringConvertible {
  /// Relative to the project's root.
  let path: String
  let lines: [Substring]

  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Every Swift file of the project.
  static let all = files(under: ["Sources", "Tests", "Benchmarks"])
  /// Those that end up in the program.
  static let products = files(under: ["Sources"])

  var testDescription: String { path }

  /// The file's name without folder and extension.
  var name: String {
    URL(filePath: path).deletingPathExtension().lastPathComponent
  }

  /// The folder below `Sources` or `Tests`.
  var target: String {
    let parts = path.split(separator: "/")
    return parts.count > 1 ? String(parts[1]) : ""
  }

  /// The lines with comments blanked out.
  var code: [Substring] {
    lines.map { line in
      line.drop { $0 == " " }.hasPrefix("//") ? "" : line
    }
  }

  private static func files(under folders: [String]) -> [SourceFile] {
    folders.flatMap { folder -> [SourceFile] in
      let start = root.appending(path: folder)
      guard let walk = FileManager.default.enumerator(at: start, includingPropertiesForKeys: nil)
      else { return [] }
      return walk.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
        .compactMap { url in
          guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
          let path = url.path.dropFirst(root.path.count).drop { $0 == "/" }
          return SourceFile(
            path: String(path), lines: text.split(separator: "\n", omittingEmptySubsequences: false)
          )
        }
    }.sorted { $0.path < $1.path }
  }
}
