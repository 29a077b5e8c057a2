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

  /// Replaces the file.
  static func write(_ text: String, to path: String) throws {
    do {
      try FoundationEssentials.Data(text.utf8).write(to: URL(filePath: path))
    } catch let error as CocoaError {
      throw CommandError("\(path): can't be written: \(Self.reason(error))")
    } catch {
      throw CommandError("\(path): can't be written: \(error)")
    }
  }

  /// With those it lies in, unless it is there.
  static func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch let error as CocoaError {
      throw CommandError("\(path): can't be made: \(Self.reason(error))")
    }
  }

  /// In words, of what goes wrong with folders and disks.
  private static func reason(_ error: CocoaError) -> String {
    switch error.code {
    case .fileNoSuchFile, .fileReadNoSuchFile: "there is no such folder"
    case .fileWriteNoPermission: "permission denied"
    case .fileWriteOutOfSpace: "the disk is full"
    case .fileWriteVolumeReadOnly: "the disk is read-only"
    case .fileWriteFileExists: "a file of that name is there"
    default: "\(error)"
    }
  }
}
