import Admission
import Exposition
import Foundation
import Logging
import MetricModel
import TimeSeriesStore

@testable import HTTPService

/// A server on a real socket, and the programs that ask it.
struct RunningService {
  let port: Int
  let scheme: String
  /// Programs are waited for on threads of their own, since the server needs the common ones.
  private let programs: WorkerPool

  /// Runs `body` against a server over an empty store in memory, and ends the server.
  static func with(
    _ configure: (inout ServiceOptions) -> Void = { _ in }, analyses: AnalysisEndpoints? = nil,
    access: ServiceAccess? = nil,
    _ body: (RunningService) async throws -> Void
  ) async throws {
    let store = try Store.open("data", on: MemoryFiles())
    var options = ServiceOptions(dataDirectory: "data")
    options.isAdminEnabled = true
    configure(&options)
    var logger = Logger(label: "test") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .critical
    let service = Service(
      store: store, options: options, logger: logger, analyses: analyses, access: access)
    let (ports, announce) = AsyncStream<Int>.makeStream()
    let running = Task {
      try await service.run(at: ListenAddress(host: "127.0.0.1", port: 0)) { announce.yield($0) }
      announce.finish()
    }
    var iterator = ports.makeAsyncIterator()
    guard let port = await iterator.next() else {
      try await running.value
      return
    }
    let programs = WorkerPool(threads: 1)
    let result: Result<Void, any Error>
    do {
      let scheme = access?.admission.usesTLS == true ? "https" : "http"
      result = .success(
        try await body(RunningService(port: port, scheme: scheme, programs: programs)))
    } catch {
      result = .failure(error)
    }
    running.cancel()
    try await running.value
    programs.close()
    try result.get()
  }

  var address: String { "\(scheme)://127.0.0.1:\(port)" }

  /// What a program prints; standard input is `input`.
  func run(_ program: String, _ arguments: [String], input: [UInt8] = []) async -> String {
    await programs.run {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: program)
      process.arguments = arguments
      let (output, source) = (Pipe(), Pipe())
      process.standardOutput = output
      process.standardError = output
      process.standardInput = source
      do {
        try process.run()
        try source.fileHandleForWriting.write(contentsOf: Data(input))
        try source.fileHandleForWriting.close()
      } catch {
        return "\(error)"
      }
      let data = output.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      return String(decoding: data, as: UTF8.self)
    }
  }

  /// `STATUS CONTENT-TYPE BODY` of a request that curl makes.
  func curl(_ path: String, _ arguments: String..., input: [UInt8] = []) async -> String {
    await curl(path, arguments, input: input)
  }

  func curl(_ path: String, _ arguments: [String], input: [UInt8] = []) async -> String {
    await run(
      "/usr/bin/curl",
      ["-s", "-g", "-w", "\n%{http_code} %{content_type}"] + arguments + [address + path],
      input: input)
  }

  func write(_ batch: SampleBatch, _ arguments: String...) async -> String {
    await curl(
      "/api/v1/write",
      arguments + [
        "--data-binary", "@-", "-H", "Content-Encoding: snappy", "-H",
        "Content-Type: application/x-protobuf",
      ], input: RemoteWrite.encode(batch))
  }
}
