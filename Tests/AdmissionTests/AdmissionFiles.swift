import Foundation

/// A folder that goes away with the test.
final class AdmissionFiles {
  let root = FileManager.default.temporaryDirectory
    .appending(path: "admission-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  func path(_ name: String) -> String { root.appending(path: name).path }

  /// Writes a file in place of the one of that name, as an editor does, and gives its path.
  @discardableResult
  func write(_ text: String, to name: String) throws -> String {
    let path = path(name)
    try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
    return path
  }

  /// Runs a program of the system; its output.
  @discardableResult
  func run(_ program: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.currentDirectoryURL = root
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let text = String(decoding: bytes, as: UTF8.self)
    guard process.terminationStatus == 0 else { throw Failed(text: text) }
    return text
  }

  struct Failed: Error {
    var text: String
  }

  /// `NAME.pem` and `NAME.key`, self-signed for the host.
  func makeCertificate(_ name: String, host: String = "localhost") throws {
    try run(
      "/usr/bin/openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-keyout", "\(name).key", "-out", "\(name).pem", "-subj", "/CN=\(host)", "-addext",
        "subjectAltName=DNS:\(host),IP:127.0.0.1",
      ])
  }
}
