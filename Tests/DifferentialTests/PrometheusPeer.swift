import Exposition
import Foundation
import FoundationNetworking
import Glibc
import MetricModel

/// Which server is asked, and how it is started.
struct PeerProgram {
  var path: String
  /// Of the folder for its files and the port.
  var arguments: (_ folder: String, _ port: Int) -> [String]
  var ready: String
  /// Asked when all is written; "" where nothing has to be.
  var flush = ""

  /// Debian's package, or what `.ci/packages` has fetched.
  static func path(of name: String) -> String? {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let candidates = [
      root.appending(path: ".build/peers/usr/bin/\(name)").path, "/usr/bin/\(name)",
    ]
    return candidates.first(where: FileManager.default.isExecutableFile)
  }

  static func prometheus(_ path: String, lookback: String) -> PeerProgram {
    PeerProgram(
      path: path,
      arguments: { folder, port in
        [
          "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/data",
          "--web.listen-address=127.0.0.1:\(port)", "--web.enable-remote-write-receiver",
          "--query.lookback-delta=\(lookback)", "--storage.tsdb.retention.time=100y",
        ]
      }, ready: "/-/ready")
  }

  static func victoriaMetrics(_ path: String) -> PeerProgram {
    PeerProgram(
      path: path,
      arguments: { folder, port in
        [
          "-storageDataPath=\(folder)/data", "-httpListenAddr=127.0.0.1:\(port)",
          "-retentionPeriod=100y", "-search.latencyOffset=0s", "-search.disableCache",
        ]
      }, ready: "/health", flush: "/internal/force_flush")
  }
}

/// Debian's Prometheus, or another server, on loopback with the data of a test, ending with the
/// value.
final class PrometheusPeer: @unchecked Sendable {
  private let process: Process
  private let address: String
  private let folder: URL
  private let session = URLSession(configuration: .ephemeral)

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  static let path = PeerProgram.path(of: "prometheus")

  init(_ program: PeerProgram, _ batches: [SampleBatch]) async throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "peer-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let configuration = folder.appending(path: "prometheus.yml")
    try "global: {}\n".write(to: configuration, atomically: true, encoding: .utf8)
    let port = try Self.freePort()
    address = "http://127.0.0.1:\(port)"
    process = Process()
    process.executableURL = URL(filePath: program.path)
    process.arguments = program.arguments(folder.path, port)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let deadline = ContinuousClock.now + .seconds(60)
    while (try? await get(program.ready, [:]).status) != 200 {
      guard process.isRunning, ContinuousClock.now < deadline else {
        throw Failure(description: "\(program.path) did not become ready")
      }
      try await Task.sleep(for: .milliseconds(20))
    }
    for batch in batches { try await write(batch) }
    if !program.flush.isEmpty { _ = try await get(program.flush, [:]) }
  }

  deinit {
    process.terminate()
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: folder)
  }

  private func write(_ batch: SampleBatch) async throws {
    guard let url = URL(string: address + "/api/v1/write") else { return }
    var request = URLRequest(url: url)
    request.httpMethod = "POST"
    request.httpBody = Foundation.Data(RemoteWrite.encode(batch))
    request.setValue("snappy", forHTTPHeaderField: "Content-Encoding")
    request.setValue("application/x-protobuf", forHTTPHeaderField: "Content-Type")
    let (body, response) = try await session.data(for: request)
    let status = (response as? HTTPURLResponse)?.statusCode
    guard status == 204 else {
      throw Failure(
        description: "Prometheus refused samples: \(String(decoding: body, as: UTF8.self))")
    }
  }

  private func get(
    _ path: String, _ parameters: [String: String]
  ) async throws -> (status: Int, body: Foundation.Data) {
    var components = URLComponents(string: address + path)
    components?.queryItems = parameters.map { URLQueryItem(name: $0.key, value: $0.value) }
    // Foundation leaves a plus alone, which servers read as a blank.
    let encoded = components?.percentEncodedQuery?.replacingOccurrences(of: "+", with: "%2B")
    components?.percentEncodedQuery = encoded
    guard let url = components?.url else { throw Failure(description: "no address") }
    let (body, response) = try await session.data(from: url)
    return ((response as? HTTPURLResponse)?.statusCode ?? 0, body)
  }

  /// What a query answers, as `DifferentialAnswer` has it.
  func answer(_ query: String, _ evaluation: Evaluation) async throws -> DifferentialAnswer {
    func seconds(_ milliseconds: Int64) -> String {
      "\(milliseconds / 1000).\(String(milliseconds % 1000 + 1000).dropFirst())"
    }
    let (status, body) =
      switch evaluation {
      case .instant(let time):
        try await get("/api/v1/query", ["query": query, "time": seconds(time)])
      case .range(let start, let end, let step):
        try await get(
          "/api/v1/query_range",
          [
            "query": query, "start": seconds(start), "end": seconds(end),
            "step": "\(step / 1000)",
          ])
      }
    guard status == 200 else { return .failed(String(decoding: body, as: UTF8.self)) }
    return try DifferentialAnswer(json: body)
  }

  private static func freePort() throws -> Int {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
        unsafe bind(socket, raw, length) == 0 && getsockname(socket, raw, &length) == 0
      }
    }
    guard bound else { throw Failure(description: "no free port") }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}

/// When a query is evaluated, in milliseconds since the epoch.
enum Evaluation: Sendable {
  case instant(Int64)
  case range(start: Int64, end: Int64, step: Int64)
}
