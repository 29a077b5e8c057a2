import Foundation
import Testing

/// Data beside the package that tests read when it is there.
enum SharedFolder {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "../shared/conformance/rollouts").standardizedFileURL
  static var isThere: Bool { FileManager.default.fileExists(atPath: folder.path) }
  static let skipReason: Comment = "../shared/conformance/rollouts is not there"
}
