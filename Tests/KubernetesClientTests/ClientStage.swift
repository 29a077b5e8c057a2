import HTTPTransport
import KubernetesClient
import Manifest
import Synchronization
import TestSupport

/// A client beside a server that answers by a script: what was asked, in order, and how long the
/// client meant to wait. It never really waits.
///
///     let stage = try ClientStage(["200 {}", "409 Conflict"])
final class ClientStage: Sendable {
  /// What to answer a request.
  enum Answer: Sendable {
    case status(Int, String, fields: String = "")
    /// The lines of a watch, which then ends, breaks, or stays open.
    case watch([String], WatchEnd)
  }

  enum WatchEnd: Sendable { case ends, breaks, stays }

  struct Asked: Sendable {
    /// `GET /api/v1/…?…`.
    var line: String
    var body: String
  }

  private struct State {
    var answers: [Answer]
    var asked: [Asked] = []
    var waits: [Duration] = []
  }

  private let state: Mutex<State>

  init(_ answers: [Answer]) { state = Mutex(State(answers: answers)) }

  var asked: [Asked] { state.withLock { $0.asked } }
  var waits: [Duration] { state.withLock { $0.waits } }

  /// The next answer; the last one is for all that comes after it.
  private func next(for request: ScriptedServer.Request) -> Answer {
    state.withLock { state in
      let line = request.line.split(separator: " ").prefix(2).joined(separator: " ")
      state.asked.append(Asked(line: line, body: request.body))
      return state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
    }
  }

  /// Gives a client to `work`; the server is there as long.
  func play<Result: Sendable>(
    permission: @escaping WritePermission = { .granted },
    _ work: (ClusterClient) async throws -> Result
  ) async throws -> Result {
    let server = try ScriptedServer { [self] request, connection in
      switch next(for: request) {
      case .status(let code, let body, let fields):
        connection.answer(body, status: "\(code) Said", fields: fields)
      case .watch(let lines, let end):
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for line in lines.map({ $0 + "\n" }) {
          connection.send("\(String(line.utf8.count, radix: 16))\r\n\(line)\r\n")
        }
        switch end {
        case .ends: connection.send("0\r\n\r\n")
        case .breaks: connection.close()
        case .stays: connection.waitForEnd()
        }
      }
    }
    let client = ClusterClient(
      ClusterConfiguration(server: server.url("")), transport: HTTPTransport(),
      permission: permission, pause: { [self] wait in state.withLock { $0.waits.append(wait) } })
    let result = try await work(client)
    withExtendedLifetime(server) {}
    return result
  }

  static func object(_ name: String, version: Int, uid: String? = nil) -> String {
    """
    {"metadata":{"name":"\(name)","namespace":"n","uid":"\(uid ?? name)",\
    "resourceVersion":"\(version)"}}
    """
  }

  static func list(_ objects: String..., at version: Int, next: String = "") -> Answer {
    .status(
      200,
      """
      {"metadata":{"resourceVersion":"\(version)","continue":"\(next)"},\
      "items":[\(objects.joined(separator: ","))]}
      """)
  }

  static func event(_ type: String, _ object: String) -> String {
    #"{"type":"\#(type)","object":\#(object)}"#
  }

  static let expired =
    #"{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version"}"#
}
