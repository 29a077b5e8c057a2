import FoundationEssentials

/// Whole files, with messages that name them.
enum Files {
  static func read(_ path: String) throws -> [UInt8] {
    do {
      return try [UInt8](FoundationEssentials.Data(contentsOf: URL(filePath: path)))
    } catch {
      var isDirectory = false
      let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
      let reason =
        !exists ? "no such file" : isDirectory ? "is a folder, expected a file" : "\(error)"
      throw CommandError("\(path): \(reason)")
    }
  }

  static func readText(_ path: String) throws -> String {
    let bytes = try read(path)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CommandError("\(path): is not UTF-8 text")
    }
    return text
  }
}
