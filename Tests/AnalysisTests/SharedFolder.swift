import Foundation
import Testing

/// Data beside the package that tests read when it is there.
enum SharedFolder {
  /// The folder of a conformance set, nil where it isn't on this machine.
  static func found(_ path: String, from file: String = #filePath) -> URL? {
    let package = URL(fileURLWithPath: file).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let folder = package.deletingLastPathComponent()
      .appendingPathComponent("shared/conformance").appendingPathComponent(path)
    if FileManager.default.fileExists(atPath: folder.path) { return folder }
    print("skipped: no shared/conformance/\(path) beside the package")
    return nil
  }

  static func json(_ path: String) throws -> [String: Any]? {
    guard let file = found(path) else { return nil }
    return try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
  }
}
