import Foundation
import Manifest
import Testing
import YAMLReader

/// The conformance data on rollouts, which stands beside a checkout and may be absent.
enum ConformanceTable {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "../shared/conformance/rollouts").standardizedFileURL
  static var isThere: Bool { FileManager.default.fileExists(atPath: folder.path) }
  static let skipReason: Comment = "../shared/conformance/rollouts is not there"

  static func read(_ file: String) throws -> ManifestNode {
    let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
    return try #require(YAMLReader.documents(in: text).first)
  }
}

extension ManifestNode {
  var asInteger: Int? {
    guard case .integer(let value) = content else { return nil }
    return Int(value)
  }

  var asBool: Bool? {
    guard case .bool(let value) = content else { return nil }
    return value
  }
}
