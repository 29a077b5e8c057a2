import Exposition
import Foundation
import FoundationNetworking
import MetricModel
import Testing

/// Samples handed on to the real Prometheus, over restarts of either side: all, bit for bit.
@Suite(.serialized) struct RemoteWriteOutTests {
  private static let comment: Comment = "prometheus could not be had"

  /// A receiver on a port that stays the same over restarts.
  private func receiver(_ folder: TemporaryFolder, port: Int?) async throws -> Server {
    let program = try #require(Program.prometheus)
    let config = try folder.write("receiver.yml", "global: {scrape_interval: 1h}\n")
    return try await Server(program, port: port, log: folder.file("receiver.log")) { port in
      [
        "--config.file=\(config)", "--storage.tsdb.path=\(folder.file("receiver"))",
        "--web.listen-address=127.0.0.1:\(port)", "--web.enable-remote-write-receiver",
      ]
    }
  }

  private func send(_ batch: SampleBatch, to server: Server) async throws {
    var request = try server.request(
      "/api/v1/write", method: "POST", body: Foundation.Data(RemoteWrite.encode(batch)))
    request.setValue("snappy", forHTTPHeaderField: "Content-Encoding")
    request.setValue("application/x-protobuf", forHTTPHeaderField: "Content-Type")
    let answer = try await server.send(request)
    #expect(answer.status == 204, "\(answer.text)")
  }

  /// Numbers that show a change of a single bit.
  private func value(_ index: Int64, _ series: Int) -> Double {
    sin(Double(index) * 0.1 + Double(series)) * 1e6
  }

  private func batch(_ index: Int64, from start: Int64) -> SampleBatch {
    var batch = SampleBatch()
    for series in 0..<20 {
      let number = batch.addSeries(Labels([("__name__", "handed"), ("n", "\(series)")]))
      let time = Timestamp(milliseconds: start + index * 1000)
      batch.append(series: number, time, value(index, series))
    }
    return batch
  }

  /// What the receiver has of a series, by time.
  private func stored(_ series: Int, _ server: Server) async throws -> [Int64: UInt64] {
    let query = "handed%7Bn%3D%22\(series)%22%7D%5B1h%5D"
    let answer = try await server.send(server.request("/api/v1/query?query=\(query)"))
    let json = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any]
    let rows = (json?["data"] as? [String: Any])?["result"] as? [[String: Any]]
    var found: [Int64: UInt64] = [:]
    for row in rows ?? [] {
      #expect((row["metric"] as? [String: String])?["origin"] == "assay")
      for pair in row["values"] as? [[Any]] ?? [] {
        let time = try #require(pair.first as? Double)
        let text = try #require(pair.last as? String)
        found[Int64((time * 1000).rounded())] = try #require(Double(text)).bitPattern
      }
    }
    return found
  }

  @Test(.enabled(if: Program.prometheus != nil, comment), arguments: [1, 2])
  func `nothing is lost over restarts of the receiver and of ours`(seed: Int) async throws {
    let folder = try TemporaryFolder()
    var receiver = try await receiver(folder, port: nil)
    let receiverPort = receiver.port
    let config = try folder.write(
      "assay.yml",
      """
      global: {external_labels: {origin: assay}}
      remote_write:
        - url: http://127.0.0.1:\(receiverPort)/api/v1/write
          queue_config: {max_samples_per_send: 50, batch_send_deadline: 100ms, max_backoff: 200ms}
      """)
    func serve() async throws -> Server {
      try await Server(.assay, log: folder.file("log")) { port in
        [
          "serve", "--data", folder.file("data"), "--listen", "127.0.0.1:\(port)", "--config.file",
          config,
        ]
      }
    }
    var own = try await serve()
    let start = (Int64(Date().timeIntervalSince1970) - 1000) * 1000
    let total: Int64 = 400
    for index in 0..<total {
      try await send(batch(index, from: start), to: own)
      switch index {
      case 100:
        receiver.kill()
      case 180:
        own.kill()
        own = try await serve()
      case 220:
        receiver = try await self.receiver(folder, port: receiverPort)
      case 300:
        #expect(own.stop() == 0)
        own = try await serve()
      default: continue
      }
    }
    let deadline = ContinuousClock.now + .seconds(60)
    while try await stored(19, receiver).count < Int(total), ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(100))
    }
    for series in 0..<20 {
      let found = try await stored(series, receiver)
      #expect(found.count == Int(total), "series \(series), run \(seed)")
      for index in 0..<total {
        #expect(found[start + index * 1000] == value(index, series).bitPattern)
      }
    }
    let metrics = try await own.send(own.request("/metrics"))
    #expect(metrics.text.contains("prometheus_remote_storage_samples_failed_total{"))
    _ = own.stop()
    _ = receiver.stop()
  }
}
