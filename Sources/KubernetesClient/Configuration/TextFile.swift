internal import FoundationEssentials

/// Small files of the configuration.
enum TextFile {
  static func read(_ path: String) throws(ClusterError) -> String {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .configuration("\(path): can't be read")
    }
    return String(decoding: data, as: UTF8.self)
  }

  /// The bytes that base 64 stands for.
  static func decoded(base64 text: String, of field: String) throws(ClusterError) -> [UInt8] {
    guard let data = Data(base64Encoded: text) else {
      throw .configuration("kubeconfig: \(field): found no base 64")
    }
    return [UInt8](data)
  }
}
