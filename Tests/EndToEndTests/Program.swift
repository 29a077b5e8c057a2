import Foundation
import Testing

/// A program under test, or one to compare with, run as a user runs it.
struct Program: Sendable {
  let path: String

  /// The `assay` that was built together with these tests.
  static let assay = Program(path: buildFolder.appending(path: "assay").path)

  /// Debian's `prometheus` and `promtool`: unpacked by `make test`, or installed.
  static let prometheus = peer("prometheus")
  static let promtool = peer("promtool")
  static let victoriaMetrics = peer("victoria-metrics")
  /// Debian's Alertmanager, where it is installed: unpacked only, it lacks its template.
  static let alertmanager =
    FileManager.default.fileExists(atPath: "/usr/share/prometheus/alertmanager/default.tmpl")
    ? peer("prometheus-alertmanager") : nil

  static let projectRoot = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private static let buildFolder: URL = {
    // The test runner stands beside the products, whatever the configuration.
    let runner = URL(filePath: CommandLine.arguments.first ?? "")
    for folder in [runner.deletingLastPathComponent(), projectRoot.appending(path: ".build/debug")]
    where FileManager.default.isExecutableFile(atPath: folder.appending(path: "assay").path) {
      return folder
    }
    return projectRoot.appending(path: ".build/debug")
  }()

  private static func peer(_ name: String) -> Program? {
    let folders = [projectRoot.appending(path: ".build/peers/usr/bin").path, "/usr/bin"]
    let candidates = folders.map { "\($0)/\(name)" }
    return candidates.first(where: FileManager.default.isExecutableFile).map(Program.init(path:))
  }

  struct Outcome {
    var exitCode: Int32
    var output: String
    var errors: String
  }

  /// Runs to the end.
  func run(_ arguments: String..., input: String? = nil) throws -> Outcome {
    try run(arguments, input: input)
  }

  func run(_ arguments: [String], input: String? = nil) throws -> Outcome {
    let folder = try TemporaryFolder()
    let (output, errors) = (folder.file("out"), folder.file("err"))
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    // Through files: a full pipe would stop the program before it ends.
    process.standardOutput = try Self.emptyFile(output)
    process.standardError = try Self.emptyFile(errors)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return Outcome(
      exitCode: process.terminationStatus,
      output: try String(contentsOfFile: output, encoding: .utf8),
      errors: try String(contentsOfFile: errors, encoding: .utf8))
  }

  private static func emptyFile(_ path: String) throws -> FileHandle {
    try "".write(toFile: path, atomically: false, encoding: .utf8)
    return try FileHandle(forWritingTo: URL(filePath: path))
  }

  /// Starts in the background.
  func start(_ arguments: [String], log: String) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = try Self.emptyFile(log)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return process
  }
}

/// A folder of its own, gone with the value.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory
      .appending(path: "assay-test-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file and answers its path.
  func write(_ name: String, _ text: String) throws -> String {
    try text.write(toFile: file(name), atomically: true, encoding: .utf8)
    return file(name)
  }
}
