import Foundation
import MetricModel
import Testing

/// Samples handed on to the real Prometheus and VictoriaMetrics, over restarts of either side: all,
/// bit for bit where the receiver keeps them so.
@Suite(.serialized) struct RemoteWriteOutTests {
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
  private func stored(_ series: Int, _ server: Server) async throws -> [Int64: Double] {
    let query = "handed%7Bn%3D%22\(series)%22%7D%5B1h%5D"
    let answer = try await server.send(server.request("/api/v1/query?query=\(query)&nocache=1"))
    let json = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any]
    let rows = (json?["data"] as? [String: Any])?["result"] as? [[String: Any]]
    var found: [Int64: Double] = [:]
    for row in rows ?? [] {
      #expect((row["metric"] as? [String: String])?["origin"] == "assay")
      for pair in row["values"] as? [[Any]] ?? [] {
        let time = try #require(pair.first as? Double)
        let text = try #require(pair.last as? String)
        let kept: Double = try #require(Double(text))
        found[Int64((time * 1000).rounded())] = kept
      }
    }
    return found
  }

  /// The receiver's place: the same over its restarts.
  private func configuration(_ folder: TemporaryFolder, _ receiver: Server) throws -> String {
    try folder.write(
      "assay.yml",
      """
      global: {external_labels: {origin: assay}}
      remote_write:
        - url: \(receiver.address)/api/v1/write
          queue_config: {max_samples_per_send: 50, batch_send_deadline: 100ms, max_backoff: 200ms}
      """)
  }

  /// Waits for the last sample of the last series, a minute at most.
  private func arrival(of total: Int64, at receiver: Server, flushed: Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try await stored(19, receiver).count < Int(total), ContinuousClock.now < deadline {
      if flushed { try await receiver.flush() }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  /// What happens to either side behind a sample.
  private enum Event {
    case receiverEnds, receiverIsKilled, receiverReturns, ownIsKilled, ownEnds
  }

  /// Sends samples to a server of ours, which hands them on; answers when the last one arrived, or
  /// a minute after, with the time of the first and what the receiver has of each series.
  private func handOn(
    _ total: Int64, _ events: [Int64: Event], flushed: Bool = false,
    to start: (TemporaryFolder, _ port: Int?) async throws -> Server
  ) async throws -> (first: Int64, stored: [[Int64: Double]]) {
    let folder = try TemporaryFolder()
    var receiver = try await start(folder, nil)
    let config = try configuration(folder, receiver)
    var own = try await Server.assay(folder, "data", "--config.file", config)
    let first = (Int64(Date().timeIntervalSince1970) - 1000) * 1000
    for index in 0..<total {
      try await own.write(batch(index, from: first))
      switch events[index] {
      case .receiverEnds: #expect(receiver.stop() == 0)
      case .receiverIsKilled: receiver.kill()
      case .receiverReturns: receiver = try await start(folder, receiver.port)
      case .ownIsKilled, .ownEnds:
        if events[index] == .ownIsKilled { own.kill() } else { #expect(own.stop() == 0) }
        own = try await Server.assay(folder, "data", "--config.file", config)
      case nil: continue
      }
    }
    try await arrival(of: total, at: receiver, flushed: flushed)
    var found: [[Int64: Double]] = []
    for series in 0..<20 {
      found.append(try await stored(series, receiver))
      #expect(found[series].count == Int(total), "series \(series)")
    }
    let metrics = try await own.send(own.request("/metrics"))
    #expect(metrics.text.contains("prometheus_remote_storage_samples_failed_total{"))
    _ = own.stop()
    _ = receiver.stop()
    return (first, found)
  }

  @Test(
    .enabled(if: Program.prometheus != nil, "prometheus could not be had"), arguments: [1, 2])
  func `nothing is lost over restarts of the receiver and of ours`(run: Int) async throws {
    let (first, stored) = try await handOn(
      400, [100: .receiverIsKilled, 180: .ownIsKilled, 220: .receiverReturns, 300: .ownEnds]
    ) { try await Server.prometheus($0, "receiver", port: $1) }
    for (series, found) in stored.enumerated() {
      for index in 0..<Int64(400) {
        #expect(
          found[first + index * 1000]?.bitPattern == value(index, series).bitPattern, "run \(run)")
      }
    }
  }

  /// What VictoriaMetrics may change of a value as it stores it, as a part of the value.
  private static let victoriaTolerance = 1e-12

  /// VictoriaMetrics has no log, so it is ended and not killed.
  @Test(.enabled(if: Program.victoriaMetrics != nil, "victoria-metrics could not be had"))
  func `VictoriaMetrics gets all too, over restarts of it and of ours`() async throws {
    let (first, stored) = try await handOn(
      200, [40: .receiverEnds, 70: .ownIsKilled, 100: .receiverReturns, 150: .ownEnds],
      flushed: true
    ) { try await Server.victoriaMetrics($0, "receiver", port: $1) }
    for (series, found) in stored.enumerated() {
      for index in 0..<Int64(200) {
        let sent = value(index, series)
        let kept = found[first + index * 1000] ?? .nan
        #expect(abs(kept - sent) <= abs(sent) * Self.victoriaTolerance, "\(kept) for \(sent)")
      }
    }
  }
}
