package import Analysis
internal import FoundationEssentials

/// Secrets as Kubernetes mounts them: a folder for each secret, a file for each key.
///
///     let secrets = SecretFiles(directory: "/var/run/secrets/assay")
///     secrets.value("influx", "authToken")       // the text of …/influx/authToken
///
/// Read whenever they are asked for, so that a renewed secret counts at once.
package struct SecretFiles: Sendable {
  private let directory: URL
  private static let bytesMax = 1 << 20

  package init(directory: String) {
    self.directory = URL(filePath: directory)
  }

  /// Nil where there is none, or the name would lead out of the folder.
  package func value(_ name: String, _ key: String) -> String? {
    guard Self.isPlain(name), Self.isPlain(key),
      let bytes = try? FoundationEssentials.Data(
        contentsOf: directory.appending(path: name).appending(path: key)),
      bytes.count <= Self.bytesMax
    else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  /// The values of all secrets that the arguments of a spec refer to.
  package func values(for spec: AnalysisSpec) -> [Argument.Origin: String] {
    var values: [Argument.Origin: String] = [:]
    for argument in spec.arguments {
      guard let origin = argument.origin, case .secret(let name, let key) = origin else { continue }
      values[origin] = value(name, key)
    }
    return values
  }

  /// Kubernetes' own rule for names and keys, which is none of a path's.
  private static func isPlain(_ name: String) -> Bool {
    !name.isEmpty && !name.hasPrefix(".")
      && name.utf8.allSatisfy { byte in
        (0x61...0x7a).contains(byte | 0x20) && byte >= 0x41 || (0x30...0x39).contains(byte)
          || "-_.".utf8.contains(byte)
      }
  }
}
