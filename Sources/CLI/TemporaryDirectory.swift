import FoundationEssentials

/// A directory that is gone with the value.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "assay-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.path
  }

  deinit {
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      Terminal.complain("assay: could not remove the temporary directory \(path): \(error)")
    }
  }
}
