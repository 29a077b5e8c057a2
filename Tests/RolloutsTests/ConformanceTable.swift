import Foundation
import Manifest
import YAMLReader

/// A table of the conformance data, which stands beside a checkout and may be absent.
enum ConformanceTable {
  static func read(_ file: String) throws -> ManifestNode? {
    let root = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let path = root.appending(path: "../shared/conformance/rollouts/\(file)")
    if let text = try? String(contentsOf: path, encoding: .utf8) {
      return try YAMLReader.documents(in: text).first
    }
    print("skipped: no conformance data at ../shared/conformance/rollouts/\(file)")
    return nil
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
