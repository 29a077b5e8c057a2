import Foundation
import FoundationNetworking
import Glibc
import Testing

/// A server on loopback that ends with the value.
final class Server: @unchecked Sendable {
  let port: Int
  private let process: Process
  private let log: String

  struct NotReady: Error, CustomStringConvertible {
    let description: String
  }

  /// Starts `program` and returns once `readyPath` answers 200.
  ///
  /// - Parameter wanted: where it listens; a free port when left out.
  init(
    _ program: Program, readyPath: String = "/-/ready", port wanted: Int? = nil, log: String,
    arguments: (_ port: Int) -> [String]
  ) async throws {
    port = try wanted ?? Self.freePort()
    self.log = log
    process = try program.start(arguments(port), log: log)
    let deadline = ContinuousClock.now + .seconds(120)
    while await status(of: readyPath) != 200 {
      guard process.isRunning, ContinuousClock.now < deadline else {
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        throw NotReady(description: "\(program.path) did not become ready: \(text)")
      }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  deinit { if process.isRunning { process.terminate() } }

  var address: String { "http://127.0.0.1:\(port)" }

  /// SIGKILL, as a machine that dies.
  func kill() {
    Glibc.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// SIGTERM, and waits; answers the exit code.
  func stop() -> Int32 {
    process.terminate()
    process.waitUntilExit()
    return process.terminationStatus
  }

  private func status(of path: String) async -> Int? {
    try? await send(request(path)).status
  }

  struct Answer {
    var status: Int
    var body: Foundation.Data
    var text: String { String(decoding: body, as: UTF8.self) }
  }

  func request(_ path: String, method: String = "GET", body: Foundation.Data? = nil) throws
    -> URLRequest
  {
    var request = URLRequest(url: try #require(URL(string: address + path)))
    request.httpMethod = method
    request.httpBody = body
    request.timeoutInterval = 30
    return request
  }

  func send(_ request: URLRequest) async throws -> Answer {
    let (data, response) = try await URLSession.shared.data(for: request)
    return Answer(status: (response as? HTTPURLResponse)?.statusCode ?? 0, body: data)
  }

  /// A port that nobody listens on at the moment.
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
    guard bound else { throw NotReady(description: "no free port") }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}
