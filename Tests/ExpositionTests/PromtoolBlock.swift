import Foundation

/// A block that the real `promtool` has made from OpenMetrics text, and its own dump of it.
struct PromtoolBlock {
  var index: [UInt8]
  var segments: [[UInt8]]
  var tombstones: [UInt8]?
  /// Lines `{labels} value milliseconds`, in promtool's order.
  var dump: [Substring]

  /// Debian's `promtool`: unpacked by `make test`, or installed.
  static let promtool: String = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let unpacked = root.appending(path: ".build/peers/usr/bin/promtool").path
    return FileManager.default.isExecutableFile(atPath: unpacked) ? unpacked : "/usr/bin/promtool"
  }()
  static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: promtool) }

  init(openMetrics text: String) throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "exposition-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let blocks = folder.appending(path: "blocks")
    try FileManager.default.createDirectory(at: blocks, withIntermediateDirectories: true)
    let input = folder.appending(path: "input.om")
    try Data(text.utf8).write(to: input)
    _ = try Self.run([
      "tsdb", "create-blocks-from", "openmetrics", "--quiet", input.path, blocks.path,
    ])
    let names = try FileManager.default.contentsOfDirectory(atPath: blocks.path)
    guard names.count == 1, let name = names.first else {
      throw UnexpectedBlocks(names: names)
    }
    let block = blocks.appending(path: name)
    index = try Self.bytes(block.appending(path: "index"))
    let chunks = block.appending(path: "chunks")
    segments = try FileManager.default.contentsOfDirectory(atPath: chunks.path).sorted()
      .map { try Self.bytes(chunks.appending(path: $0)) }
    tombstones = try Self.bytes(block.appending(path: "tombstones"))
    // The dump opens a whole database, which has a log.
    try FileManager.default.createDirectory(
      at: blocks.appending(path: "wal"), withIntermediateDirectories: false)
    dump = try Self.run(["tsdb", "dump", blocks.path]).split(separator: "\n")
  }

  /// A block that a Prometheus server wrote, read where it lies; the dump is made from a copy.
  init(at block: URL) throws {
    index = try Self.bytes(block.appending(path: "index"))
    let chunks = block.appending(path: "chunks")
    segments = try FileManager.default.contentsOfDirectory(atPath: chunks.path).sorted()
      .map { try Self.bytes(chunks.appending(path: $0)) }
    tombstones = try? Self.bytes(block.appending(path: "tombstones"))
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "exposition-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(
      at: folder.appending(path: "wal"), withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: block, to: folder.appending(path: block.lastPathComponent))
    dump = try Self.run(["tsdb", "dump", folder.path]).split(separator: "\n")
  }

  /// The blocks among the recordings of the project, each in `queries/recordings/NAME/ULID`.
  static var recorded: [URL] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let recordings = root.appending(path: "queries/recordings")
    guard
      let found = FileManager.default.enumerator(at: recordings, includingPropertiesForKeys: nil)
    else { return [] }
    return found.compactMap { $0 as? URL }.filter { $0.lastPathComponent == "index" }
      .map { $0.deletingLastPathComponent() }.sorted { $0.path < $1.path }
  }

  struct UnexpectedBlocks: Error {
    var names: [String]
  }

  private static func bytes(_ file: URL) throws -> [UInt8] { [UInt8](try Data(contentsOf: file)) }

  private static func run(_ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: promtool)
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw UnexpectedBlocks(names: arguments + [String(decoding: data, as: UTF8.self)])
    }
    return String(decoding: data, as: UTF8.self)
  }
}
