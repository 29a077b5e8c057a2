import Foundation
import HTTPTransport
import Synchronization
import TestSupport
import Testing

@Suite struct HTTPTransportTests {
  let transport = HTTPTransport()

  /// Echoes the request it got.
  private func echo() throws -> ScriptedServer {
    try ScriptedServer { request, connection in
      connection.answer(
        "\(request.connection) \(request.head)\n\(request.body)",
        fields: "X-Kind: a\r\nx-kind: b\r\n"
      )
    }
  }

  @Test func `an answer has status, header and body`() async throws {
    let server = try echo()
    let answer = try await transport.send(HTTPRequest(.get, server.url("/a?b=c")))
    #expect(answer.status == 200)
    #expect(answer.isSuccess)
    #expect(answer.headers["X-KIND"] == "a")
    #expect(
      answer.headers.fields.filter { $0.name.lowercased() == "x-kind" }.map(\.value) == ["a", "b"])
    #expect(answer.head.version == .http1)
    #expect(answer.text.hasPrefix("1 GET /a?b=c HTTP/1.1"))
  }

  @Test(arguments: [
    (HTTPRequest.Method.post, "x=1"), (.put, "{}"), (.patch, "[1]"), (.delete, ""),
    (.post, String(repeating: "z", count: 3_000_000)),
  ]) func `bodies and fields are sent as given`(method: HTTPRequest.Method, body: String)
    async throws
  {
    let server = try echo()
    let answer = try await transport.send(
      HTTPRequest(
        method, server.url("/"), headers: ["content-type": "text/x", "x-empty": ""],
        body: Array(body.utf8)))
    let lines = answer.text.split(separator: "\r\n").map { $0.lowercased() }
    #expect(lines.first == "1 \(method.rawValue.lowercased()) / http/1.1")
    #expect(lines.contains("content-type: text/x"))
    #expect(lines.contains { $0.hasPrefix("x-empty:") })
    #expect(!lines.contains { $0.hasPrefix("expect:") })
    #expect(answer.text.hasSuffix("\n" + body))
  }

  @Test func `a connection is used again`() async throws {
    let server = try echo()
    for _ in 0..<3 {
      let answer = try await transport.send(HTTPRequest(.get, server.url("/")))
      #expect(answer.text.hasPrefix("1 GET"))
    }
  }

  @Test func `many requests run at once`() async throws {
    let server = try echo()
    let url = server.url("/")
    let transport = transport
    let count = try await withThrowingTaskGroup(of: Int.self) { group in
      for index in 0..<200 {
        group.addTask {
          let answer = try await transport.send(HTTPRequest(.get, "\(url)\(index)"))
          return answer.text.contains("GET /\(index) HTTP") ? 1 : 0
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(count == 200)
  }

  @Test func `any status is an answer, a redirect too`() async throws {
    let server = try ScriptedServer { request, connection in
      if request.line.contains("/old") {
        connection.answer("moved", status: "302 Found", fields: "Location: /new\r\n")
      } else {
        connection.answer("here", status: "503 Service Unavailable")
      }
    }
    var request = HTTPRequest(.get, server.url("/old"))
    #expect(try await transport.send(request).status == 302)
    request.redirectsMax = 3
    let answer = try await transport.send(request)
    #expect(answer.status == 503)
    #expect(answer.text == "here")
  }

  @Test func `head has no body, whatever its length says`() async throws {
    let server = try ScriptedServer { _, connection in
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")
    }
    let answer = try await transport.send(HTTPRequest(.head, server.url("/")))
    #expect(answer.body.isEmpty)
    #expect(answer.headers["content-length"] == "99")
  }

  @Test func `a body past the limit is refused`() async throws {
    let server = try ScriptedServer { _, connection in
      connection.answer(String(repeating: "x", count: 100_001))
    }
    let error = await #expect(throws: TransportError.self) {
      try await transport.send(HTTPRequest(.get, server.url("/big")), bodyLimitBytes: 100_000)
    }
    #expect(error?.kind == .bodyTooLarge(limitBytes: 100_000))
    #expect(error?.description == "GET \(server.url("/big")): the body is larger than 100000 bytes")
  }

  @Test func `compressed bodies arrive unpacked`() async throws {
    // `printf hello | gzip -n`
    let packed: [UInt8] = [
      31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 203, 72, 205, 201, 201, 7, 0, 134, 166, 16, 54, 5, 0, 0, 0,
    ]
    let server = try ScriptedServer { _, connection in
      connection.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 25\r\n\r\n")
      connection.send(packed)
    }
    var request = HTTPRequest(.get, server.url("/"))
    request.acceptsCompression = true
    #expect(try await transport.send(request).text == "hello")
  }

  @Test func `pieces of a stream arrive when they are sent`() async throws {
    let mayGoOn = DispatchSemaphore(value: 0)
    let server = try ScriptedServer { _, connection in
      connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
      mayGoOn.wait()
      connection.send("3\r\none\r\n")
      mayGoOn.wait()
      connection.send("3\r\ntwo\r\n0\r\n\r\n")
    }
    let stream = try await transport.stream(HTTPRequest(.get, server.url("/watch")))
    #expect(stream.head.status == 200)
    mayGoOn.signal()
    #expect(try await stream.next() == Array("one".utf8))
    mayGoOn.signal()
    #expect(try await stream.next() == Array("two".utf8))
    #expect(try await stream.next() == nil)
  }

  @Test func `a stream nobody reads makes the server wait, and nothing is lost`() async throws {
    let isBlocked = DispatchSemaphore(value: 0)
    let total = 64 << 20
    let server = try ScriptedServer { _, connection in
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
      let piece = [UInt8](repeating: 7, count: 1 << 20)
      for _ in 0..<(total >> 20) { connection.send(piece) }
      isBlocked.signal()
    }
    let stream = try await transport.stream(HTTPRequest(.get, server.url("/")))
    #expect(isBlocked.wait(timeout: .now() + 0.2) == .timedOut)
    let body = try await stream.rest(limitBytes: total)
    #expect(body.count == total)
    #expect(body.allSatisfy { $0 == 7 })
  }

  @Test func `cancelling the task ends the transfer`() async throws {
    let (events, event) = AsyncStream.makeStream(of: String.self)
    let server = try ScriptedServer { request, connection in
      event.yield("asked")
      if request.line.contains("/started") {
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
      }
      connection.waitForEnd()
      event.yield("gone")
    }
    var seen = events.makeAsyncIterator()
    for path in ["/silent", "/started"] {
      let task = Task { [transport, url = server.url(path)] in
        try await transport.send(HTTPRequest(.get, url))
      }
      #expect(await seen.next() == "asked")
      task.cancel()
      let result = await task.result
      let error = #expect(throws: TransportError.self) { try result.get() }
      #expect(error?.kind == .cancelled)
      #expect(await seen.next() == "gone")
    }
  }

  @Test func `letting go of a stream ends the transfer`() async throws {
    let (events, event) = AsyncStream.makeStream(of: String.self)
    let server = try ScriptedServer { _, connection in
      connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
      connection.waitForEnd()
      event.yield("gone")
    }
    _ = try await transport.stream(HTTPRequest(.get, server.url("/")))
    var seen = events.makeAsyncIterator()
    #expect(await seen.next() == "gone")
  }

  @Test func `time limits end a request`() async throws {
    let server = try ScriptedServer { _, connection in connection.waitForEnd() }
    var request = HTTPRequest(.get, server.url("/slow"))
    request.timeouts.total = .milliseconds(50)
    let error = await #expect(throws: TransportError.self) { try await transport.send(request) }
    #expect(error?.kind == .timedOut)
    #expect(error?.isBeforeSending == false)
  }

  @Test func `a connection that breaks is an error, not a short answer`() async throws {
    let server = try ScriptedServer { _, connection in
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
      connection.close()
    }
    let error = await #expect(throws: TransportError.self) {
      try await transport.send(HTTPRequest(.get, server.url("/")))
    }
    #expect(error?.kind == .interrupted)
  }

  @Test func `what isn't HTTP is an error`() async throws {
    let server = try ScriptedServer { _, connection in
      connection.send("SSH-2.0-x\r\n")
      connection.close()
    }
    let error = await #expect(throws: TransportError.self) {
      try await transport.send(HTTPRequest(.get, server.url("/")))
    }
    #expect(error?.kind == .interrupted)
  }

  @Test(arguments: [
    ("http://127.0.0.1:1/", TransportError.Kind.notConnected),
    ("http://name.invalid/", .nameNotFound),
    ("file:///etc/passwd", .invalidRequest),
    ("relative/path", .invalidRequest),
    ("http://a b/", .invalidRequest),
    ("http://h/\r\nX: y", .invalidRequest),
    ("http:///path", .invalidRequest),
  ]) func `an impossible request says why`(url: String, kind: TransportError.Kind) async {
    let error = await #expect(throws: TransportError.self) {
      try await transport.send(HTTPRequest(.get, url))
    }
    #expect(error?.kind == kind, "\(String(describing: error))")
    #expect(error?.isBeforeSending == true)
  }

  @Test func `passwords in URLs stay out of messages`() async {
    let error = await #expect(throws: TransportError.self) {
      try await transport.send(HTTPRequest(.get, "http://user:secret@127.0.0.1:1/x"))
    }
    #expect(error?.description.contains("secret") == false)
    #expect(error?.url == "http://127.0.0.1:1/x")
  }

  @Test func `a field can't smuggle in another`() async {
    let error = await #expect(throws: TransportError.self) {
      try await transport.send(
        HTTPRequest(.get, "http://127.0.0.1:1/", headers: ["x": "y\r\nEvil: 1"]))
    }
    #expect(error?.kind == .invalidRequest)
  }
}
