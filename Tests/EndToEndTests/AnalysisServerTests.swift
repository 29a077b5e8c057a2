import Foundation
import FoundationNetworking
import Testing

/// Analyses of the built program: asked for over HTTP, killed, ended, seen as series.
@Suite(.serialized) struct AnalysisServerTests {
  private static let template = """
    {"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate", "metadata": {"name": "gate"},
     "spec": {"args": [{"name": "key", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
      "metrics": [{"name": "ok", "interval": "1h", "count": COUNT, "successCondition": "result > 0",
      "provider": {"prometheus": {"query": "scalar(vector({{args.key}}))"}}}]}}
    """

  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.file("secrets/s"), withIntermediateDirectories: true)
    _ = try folder.write("secrets/s/k", "7")
  }

  private func serve() async throws -> Server {
    try await Server(.assay, log: folder.file("log")) { port in
      [
        "serve", "--data", folder.file("data"), "--listen", "127.0.0.1:\(port)",
        "--analysis-secrets", folder.file("secrets"),
      ]
    }
  }

  private func start(_ name: String, count: Int, on server: Server) async throws -> Server.Answer {
    let template = Self.template.replacing("COUNT", with: "\(count)")
    let body = Foundation.Data("{\"name\": \"\(name)\", \"template\": \(template)}".utf8)
    return try await server.send(
      try server.request("/api/v1/analyses", method: "POST", body: body))
  }

  private func get(_ path: String, _ server: Server) async throws -> String {
    try await server.send(try server.request(path)).text
  }

  @Test func `verdicts are series, and runs outlive the process that kept them`() async throws {
    var server = try await serve()
    #expect(try await start("short", count: 1, on: server).status == 201)
    #expect(try await start("long", count: 3, on: server).status == 201)
    try await Self.until { try await get("/api/v1/analyses/short", server).contains("Successful") }
    try await Self.until {
      let found = try await get("/api/v1/query?query=assay_verdict", server)
      return found.contains(#""analysis":"short","metric":"ok","outcome":"pass""#)
        && found.contains(#""analysis":"long","metric":"ok","outcome":"running""#)
    }
    // The value of a secret is in no file, and needed again.
    let log = try String(
      contentsOfFile: folder.file("data/analyses/long.jsonl"), encoding: .utf8)
    #expect(log.contains("secretKeyRef") && !log.contains("vector(7)"))
    server.kill()
    server = try await serve()
    let before = try await get("/api/v1/analyses/long", server)
    #expect(before.contains(#""phase":"Running""#))
    #expect(try await get("/api/v1/analyses/short", server).contains(#""phase":"Successful""#))
    #expect(server.stop() == 0)
    server = try await serve()
    #expect(try await get("/api/v1/analyses/long", server) == before)
    #expect(server.stop() == 0)
  }

  @Test func `a server asked to end ends at once, though somebody watches a run`() async throws {
    let server = try await serve()
    #expect(try await start("long", count: 3, on: server).status == 201)
    let curl = Process()
    curl.executableURL = URL(filePath: "/usr/bin/curl")
    curl.arguments = ["-sN", server.address + "/api/v1/analyses/long/events"]
    let output = Pipe()
    curl.standardOutput = output
    try curl.run()
    // The first event has come: the stream is open.
    #expect(!output.fileHandleForReading.availableData.isEmpty)
    let start = ContinuousClock.now
    #expect(server.stop() == 0)
    #expect(ContinuousClock.now - start < .seconds(10))
    curl.waitUntilExit()
  }

  /// Asks again and again, for half a minute at most.
  private static func until(_ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while try await !condition() {
      guard ContinuousClock.now < deadline else {
        Issue.record("it never came to that")
        return
      }
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}
