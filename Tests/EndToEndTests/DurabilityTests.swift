import Exposition
import Foundation
import FoundationNetworking
import MetricModel
import Testing

/// kill -9 while samples arrive: what was acknowledged must be there after a restart.
@Suite(.serialized) struct DurabilityTests {
  @Test func `an acknowledged sample survives kill -9`() async throws {
    let folder = try TemporaryFolder()
    let data = folder.file("data")
    func serve() async throws -> Server {
      try await Server(.assay, log: folder.file("log")) { port in
        ["serve", "--data", data, "--listen", "127.0.0.1:\(port)"]
      }
    }
    var acknowledged: Int64 = 0
    for round in 1...3 {
      let server = try await serve()
      let target = acknowledged + Int64(40 * round)
      let first = acknowledged
      let writer = Task { try await Self.write(after: first, to: server) }
      // The kill falls somewhere into the stream of writes: after the target was reached.
      while await Self.progress.reached < target { await Task.yield() }
      server.kill()
      acknowledged = try await writer.value
      let reopened = try await serve()
      let stored = try await Self.count(in: reopened)
      #expect(
        stored >= acknowledged, "round \(round): acknowledged \(acknowledged), found \(stored)")
      // At most the one batch under way may be there without having been acknowledged.
      #expect(stored <= acknowledged + 1)
      acknowledged = stored
      #expect(reopened.stop() == 0)
    }
  }

  private static let progress = Progress()

  private actor Progress {
    var reached: Int64 = 0
    func set(_ value: Int64) { reached = value }
  }

  /// One batch after the other, ten series each, until the server is gone; answers the number of
  /// acknowledged batches.
  private static func write(after first: Int64, to server: Server) async throws -> Int64 {
    var acknowledged = first
    while true {
      var batch = SampleBatch()
      for series in 0..<10 {
        let index = batch.addSeries(Labels([("__name__", "durable"), ("n", String(series))]))
        let time = Timestamp(milliseconds: 1_700_000_000_000 + (acknowledged + 1) * 1000)
        batch.append(series: index, time, Double(acknowledged + 1))
      }
      var request = try server.request(
        "/api/v1/write", method: "POST", body: Foundation.Data(RemoteWrite.encode(batch)))
      request.setValue("snappy", forHTTPHeaderField: "Content-Encoding")
      request.setValue("application/x-protobuf", forHTTPHeaderField: "Content-Type")
      guard let answer = try? await server.send(request) else { return acknowledged }
      guard answer.status == 204 || answer.status == 200 else {
        Issue.record("write answered \(answer.status): \(answer.text)")
        return acknowledged
      }
      acknowledged += 1
      await progress.set(acknowledged)
    }
  }

  /// The number of batches that all ten series hold.
  private static func count(in server: Server) async throws -> Int64 {
    let query = "min(count_over_time(durable[10y]))&time=1900000000"
    let encoded = query.replacingOccurrences(of: "[", with: "%5B")
      .replacingOccurrences(of: "]", with: "%5D")
    let answer = try await server.send(server.request("/api/v1/query?query=\(encoded)"))
    let json = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any]
    let result = (json?["data"] as? [String: Any])?["result"] as? [[String: Any]]
    let value = (result?.first?["value"] as? [Any])?.last as? String
    return Int64(try #require(value, "\(answer.text)")) ?? -1
  }
}
