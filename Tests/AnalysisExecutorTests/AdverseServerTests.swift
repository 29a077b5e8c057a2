import Analysis
import AnalysisExecutor
import Foundation
import HTTPTransport
import Manifest
import MetricModel
import TestSupport
import Testing

/// Real servers on loopback that do harm: each gets a clear error instead of waiting for ever, and
/// another run goes on as if nothing were.
@Suite(.serialized, .timeLimit(.minutes(5))) struct AdverseServerTests {
  /// Runs one metric against the address, beside a healthy run; the first one's message.
  private func message(
    _ provider: String, condition: String = "result[0] > 0",
    settings change: (inout RemoteSource.Settings) -> Void = { _ in }
  ) async throws -> String {
    var settings = RemoteSource.Settings()
    change(&settings)
    let healthy = ScriptedSource { _, now in ScriptedSource.number(1, at: now) }
    let runner = AnalysisRunner(
      source: RoutedSource(
        local: healthy, remote: RemoteSource(sending: HTTPTransport(), settings: settings)))
    try await runner.start(
      "bad",
      spec: try Specs.spec(
        "[{name: m, consecutiveErrorLimit: 0, successCondition: '\(condition)', "
          + "provider: {\(provider)}}]"))
    try await runner.start("good", spec: try Specs.threshold(count: 1))
    for name in ["good", "bad"] {
      for await run in try #require(await runner.updates(of: name)) where run.phase.isCompleted {
        #expect(run.phase == (name == "good" ? .successful : .error), "\(name): \(run.message)")
      }
    }
    let run = try #require(await runner.run("bad"))
    await runner.close()
    return run.results.first?.measurements.last?.message ?? run.message
  }

  private func prometheus(_ address: String, _ more: String = "") -> String {
    "prometheus: {address: '\(address)', query: up\(more)}"
  }

  @Test func `nobody listens`() async throws {
    let text = try await message(prometheus("http://127.0.0.1:1"))
    #expect(text.contains("127.0.0.1") && text.lowercased().contains("connect"), "\(text)")
  }

  @Test func `a name nobody knows`() async throws {
    let text = try await message(prometheus("http://no-such-host.invalid"))
    #expect(text.contains("no-such-host.invalid"), "\(text)")
  }

  @Test func `a server never answers`() async throws {
    let server = try ScriptedServer { _, connection in connection.waitForEnd() }
    let text = try await message(prometheus(server.url(""), ", timeout: 1"))
    #expect(text.lowercased().contains("time"), "\(text)")
  }

  @Test func `a server drips for ever`() async throws {
    let server = try ScriptedServer { _, connection in
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{")
      while connection.send(" ") { Thread.sleep(forTimeInterval: 0.05) }
    }
    let text = try await message(prometheus(server.url(""), ", timeout: 1"))
    #expect(text.lowercased().contains("time"), "\(text)")
  }

  @Test(arguments: [
    // What a server says; what is told of it.
    ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{}", "127.0.0.1"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "isn't readable"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "no status"),
    ("nonsense\r\n\r\n", "127.0.0.1"),
    ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "302"),
    ("HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n", "server_error: server error: 503"),
    (
      "HTTP/1.1 200 OK\r\nContent-Length: 67\r\n\r\n"
        + #"{"status":"success","data":{"resultType":"vector","result":["x"]}} "#,
      "can't read \"x\""
    ),
  ])
  func `a server lies`(answer: String, told: String) async throws {
    let server = try ScriptedServer { _, connection in
      connection.send(answer)
      connection.close()
    }
    let text = try await message(prometheus(server.url("")))
    #expect(text.contains(told), "\(text)")
  }

  @Test func `brackets without end`() async throws {
    let body = String(repeating: "[", count: 1_000_000)
    let server = try ScriptedServer { _, connection in connection.answer(body) }
    let text = try await message(prometheus(server.url("")))
    #expect(text.contains("isn't readable"), "\(text)")
  }

  @Test func `a hundred megabytes`() async throws {
    let server = try ScriptedServer { _, connection in
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n")
      let piece = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20)
      for _ in 0..<100 where connection.send(piece) {}
    }
    let text = try await message(prometheus(server.url("")))
    #expect(text.contains("67108864"), "\(text)")
    let web = try await message("web: {url: '\(server.url(""))'}")
    #expect(web.contains("1048576"), "\(web)")
  }

  @Test func `a condition that explodes`() async throws {
    let server = try ScriptedServer { _, connection in
      connection.answer(#"{"n": 1}"#)
    }
    for bomb in [
      "len(map(1..100000, {map(1..100000, {1})})) > 0",
      "len(repeat(repeat(repeat(\"xxxxxxxxxx\", 1000), 1000), 1000)) > 0",
    ] {
      let text = try await message(
        "web: {url: '\(server.url(""))', jsonPath: '{$}'}",
        condition: bomb.replacing("'", with: "''"))
      #expect(text.contains("takes too much") || text.contains("too"), "\(text)")
    }
  }

  @Test func `credentials get a token once, and a new one when it is refused`() async throws {
    let tokens = Counter()
    let issuer = try ScriptedServer { request, connection in
      // client:secret, as the header wants it.
      let isRight = request.head.contains("Basic Y2xpZW50OnNlY3JldA==")
      guard isRight, request.body.contains("grant_type=client_credentials") else {
        return connection.answer("{}", status: "401 Unauthorized")
      }
      connection.answer(
        #"{"access_token":"t\#(tokens.next())","token_type":"Bearer","expires_in":3600}"#)
    }
    let server = try ScriptedServer { request, connection in
      // The first token was withdrawn.
      guard request.head.contains("Bearer t2") else {
        return connection.answer("no", status: "401 Unauthorized")
      }
      connection.answer(
        #"{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}"#)
    }
    let runner = AnalysisRunner(source: RemoteSource(sending: HTTPTransport()))
    for name in ["first", "second"] {
      try await runner.start(
        name,
        spec: try Specs.spec(
          "[{name: m, successCondition: result > 0, provider: {prometheus: {address: "
            + "'\(server.url(""))', query: up, authentication: {oauth2: {clientId: client, "
            + "clientSecret: secret, tokenUrl: '\(issuer.url("/token"))'}}}}}]"))
      for await run in try #require(await runner.updates(of: name)) where run.phase.isCompleted {
        #expect(run.phase == .successful, "\(run.results.first?.measurements.last?.message ?? "")")
      }
    }
    #expect(tokens.count == 2)
    await runner.close()
  }
}

/// Counts over threads.
private final class Counter: @unchecked Sendable {
  private let lock = NSLock()
  private var value = 0

  var count: Int { lock.withLock { value } }

  func next() -> Int {
    lock.withLock {
      value += 1
      return value
    }
  }
}
