import Foundation

/// Debian's Prometheus with an empty data directory, driven over HTTP; stopped when let go.
final class PrometheusServer {
  let folder: URL
  let address: String
  private let process: Process

  static let isInstalled = FileManager.default.isExecutableFile(atPath: program("prometheus"))

  /// Unpacked by `make test`, or installed.
  static func program(_ name: String) -> String {
    let unpacked = packageRoot.appending(path: ".build/peers/usr/bin/\(name)").path
    return FileManager.default.isExecutableFile(atPath: unpacked) ? unpacked : "/usr/bin/\(name)"
  }

  static let packageRoot = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  struct Failure: Error {
    var message: String
  }

  /// - Parameter data: writes what the data directory holds at the start.
  init(
    configuration: String = """
    global: {scrape_interval: 1h}
    storage: {tsdb: {out_of_order_time_window: 1h}}
    """, _ data: (URL) throws -> Void = { _ in }
  ) throws {
    folder = FileManager.default.temporaryDirectory
      .appending(path: "interchange-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let config = folder.appending(path: "prometheus.yml")
    try Data(configuration.utf8).write(to: config)
    let files = folder.appending(path: "data")
    try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
    try data(files)
    // A port of a range that nothing else here uses; a taken one ends the server at once.
    address = "127.0.0.1:\(Int.random(in: 20_000..<30_000))"
    process = Process()
    process.executableURL = URL(filePath: Self.program("prometheus"))
    process.arguments = [
      "--config.file=\(config.path)", "--storage.tsdb.path=\(folder.path)/data",
      "--web.listen-address=\(address)", "--web.enable-remote-write-receiver",
      "--web.enable-admin-api", "--storage.tsdb.retention.time=100y",
      "--enable-feature=native-histograms,exemplar-storage", "--log.level=error",
    ]
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    for _ in 0..<200 {
      if try request("/-/ready").status == 200 { return }
      guard process.isRunning else { throw Failure(message: "prometheus ended at once") }
      Thread.sleep(forTimeInterval: 0.05)
    }
    throw Failure(message: "prometheus did not become ready")
  }

  deinit {
    process.terminate()
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: folder)
  }

  /// A request by curl: GET, or POST when there is a body.
  func request(
    _ path: String, headers: [String] = [], body: [UInt8]? = nil
  ) throws -> (status: Int, body: [UInt8]) {
    let output = folder.appending(path: "answer")
    var arguments = ["-s", "-o", output.path, "-w", "%{http_code}"]
    for header in headers { arguments += ["-H", header] }
    if let body {
      let input = folder.appending(path: "request")
      try Data(body).write(to: input)
      arguments += ["--data-binary", "@\(input.path)"]
    }
    let status = try Self.run("/usr/bin/curl", arguments + ["http://\(address)\(path)"]).output
    let answer = (try? Data(contentsOf: output)) ?? Data()
    return (Int(status) ?? 0, [UInt8](answer))
  }

  /// A copy of the data directory while the server runs.
  func copyOfData() throws -> URL {
    let copy = folder.appending(path: "copy-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: folder.appending(path: "data"), to: copy)
    try? FileManager.default.removeItem(at: copy.appending(path: "lock"))
    return copy
  }

  static func run(
    _ program: String, _ arguments: [String]
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
  }
}

/// Reads the files of a folder whose names are numbers, in their order.
func numberedFiles(_ folder: URL) throws -> [[UInt8]] {
  guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
    return []
  }
  return try names.filter { Int($0) != nil }.sorted()
    .map { [UInt8](try Data(contentsOf: folder.appending(path: $0))) }
}
