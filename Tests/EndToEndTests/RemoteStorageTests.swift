import Exposition
import Foundation
import FoundationNetworking
import MetricModel
import Testing

/// `serve --storage remote:URL`: the real Prometheus holds the samples, Assay evaluates.
@Suite(.serialized) struct RemoteStorageTests {
  static let comment: Comment = "prometheus could not be had"

  func holder(_ folder: TemporaryFolder, _ options: [String] = []) async throws -> Server {
    let program = try #require(Program.prometheus)
    let config = try folder.write("holder.yml", "global: {scrape_interval: 1h}\n")
    return try await Server(program, log: folder.file("holder.log")) { port in
      [
        "--config.file=\(config)", "--storage.tsdb.path=\(folder.file("holder"))",
        "--web.listen-address=127.0.0.1:\(port)", "--web.enable-remote-write-receiver",
      ] + options
    }
  }

  func send(_ batch: SampleBatch, to server: Server) async throws {
    var request = try server.request(
      "/api/v1/write", method: "POST", body: Foundation.Data(RemoteWrite.encode(batch)))
    request.setValue("snappy", forHTTPHeaderField: "Content-Encoding")
    request.setValue("application/x-protobuf", forHTTPHeaderField: "Content-Type")
    let answer = try await server.send(request)
    #expect(answer.status == 204, "\(answer.text)")
  }

  /// Counters of six pods, half of which end with a marker of staleness.
  func fleet(from start: Int64) -> SampleBatch {
    var batch = SampleBatch()
    for pod in 0..<6 {
      let number = batch.addSeries(
        Labels([
          ("__name__", "requests_total"), ("pod", "pod-\(pod)"),
          ("version", pod < 3 ? "stable" : "canary"), ("note", "é \"quoted\" \\ & more"),
        ]))
      for index in 0..<200 as Range<Int64> {
        let isLast = index == 150 && pod % 2 == 0
        let value = isLast ? StaleMarker.value : Double(index * Int64(pod + 1)) + 0.1
        batch.append(
          series: number, Timestamp(milliseconds: start + index * 15_000 + Int64(pod)), value)
        if isLast { break }
      }
    }
    return batch
  }

  func data(_ path: String, of server: Server) async throws -> NSObject {
    let answer = try await server.send(server.request(path))
    #expect(answer.status == 200, "\(path): \(answer.text)")
    let json = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any]
    return try #require(json?["data"] as? NSObject, "\(path)")
  }

  @Test(.enabled(if: Program.prometheus != nil, comment))
  func `what Prometheus holds is answered as Prometheus answers it`() async throws {
    let folder = try TemporaryFolder()
    let holder = try await holder(folder)
    let own = try await Server(.assay, log: folder.file("log")) { port in
      [
        "serve", "--data", folder.file("data"), "--listen", "127.0.0.1:\(port)", "--storage",
        "remote:\(holder.address)",
      ]
    }
    let end = Int64(Date().timeIntervalSince1970) * 1000
    let start = end - 50 * 60_000
    try await send(fleet(from: start), to: holder)
    let range = "start=\(start / 1000)&end=\(end / 1000)"
    let paths = [
      "query_range?query=requests_total&step=30&\(range)",
      "query_range?query=max%20by%20(version)(max_over_time(requests_total%5B5m%5D))&step=30&"
        + range,
      "query?query=requests_total%7Bpod%3D~%22pod-%5B12%5D%22%7D%5B10m%5D&time=\(end / 1000)",
      "query?query=count(requests_total)&time=\(end / 1000)",
      "labels?\(range)", "label/pod/values?\(range)", "label/note/values",
      "label/pod/values?match%5B%5D=requests_total%7Bversion%3D%22canary%22%7D&\(range)",
      "series?match%5B%5D=requests_total%7Bversion%3D%22canary%22%7D&\(range)",
      "series?match%5B%5D=absent",
    ]
    for path in paths {
      #expect(
        try await data("/api/v1/\(path)", of: own) == data("/api/v1/\(path)", of: holder),
        "\(path)")
    }
    // What is written here is found beside it, and isn't handed on.
    var mine = SampleBatch()
    let labels = Labels([("__name__", "requests_total"), ("pod", "mine"), ("version", "stable")])
    let series = mine.addSeries(labels)
    mine.append(series: series, Timestamp(milliseconds: end - 1000), 5)
    try await send(mine, to: own)
    let count = "/api/v1/query?query=count(requests_total)&time=\(end / 1000)"
    #expect(try await "\(data(count, of: own))".contains("4"))
    #expect(try await "\(data(count, of: holder))".contains("3"))
    let pods = try await data("/api/v1/label/pod/values", of: own) as? [String]
    #expect(pods == ["mine"] + (0..<6).map { "pod-\($0)" })
    _ = holder.stop()
    let refused = try await own.send(own.request(count))
    #expect(refused.status == 500 || refused.status == 422, "\(refused.status): \(refused.text)")
    #expect(refused.text.contains(holder.address))
    #expect(own.stop() == 0)
  }
}
