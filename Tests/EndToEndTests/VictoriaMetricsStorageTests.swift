import Exposition
import Foundation
import FoundationNetworking
import MetricModel
import Testing

/// `--storage remote:URL` over Debian's VictoriaMetrics, which has no remote read: what it holds is
/// answered as from a store of ours that holds the same.
@Suite(.serialized) struct VictoriaMetricsStorageTests {
  private static let comment: Comment = "victoria-metrics could not be had"

  private func send(_ batch: SampleBatch, to server: Server) async throws {
    var request = try server.request(
      "/api/v1/write", method: "POST", body: Foundation.Data(RemoteWrite.encode(batch)))
    request.setValue("snappy", forHTTPHeaderField: "Content-Encoding")
    request.setValue("application/x-protobuf", forHTTPHeaderField: "Content-Type")
    let answer = try await server.send(request)
    #expect(answer.status == 204, "\(answer.text)")
  }

  /// Counters, and buckets of a classic histogram, as short decimals that VictoriaMetrics keeps.
  private func fleet(from start: Int64) -> SampleBatch {
    var batch = SampleBatch()
    for pod in 0..<4 {
      for (place, bound) in ["0.1", "0.5", "1", "+Inf"].enumerated() {
        let number = batch.addSeries(
          Labels([
            ("__name__", "latency_bucket"), ("le", bound), ("pod", "pod-\(pod)"),
            ("version", pod < 2 ? "stable" : "canary"),
          ]))
        for index in 0..<120 as Range<Int64> {
          batch.append(
            series: number, Timestamp(milliseconds: start + index * 15_000 + Int64(pod)),
            Double(index * Int64(place + 1) * Int64(pod + 2)))
        }
      }
      let number = batch.addSeries(
        Labels([
          ("__name__", "requests_total"), ("pod", "pod-\(pod)"),
          ("version", pod < 2 ? "stable" : "canary"), ("note", "é \"quoted\" \\ & more"),
        ]))
      for index in 0..<120 as Range<Int64> {
        batch.append(
          series: number, Timestamp(milliseconds: start + index * 15_000 + Int64(pod)),
          Double((index % 50) * Int64(pod + 1)) + 0.25)
      }
    }
    return batch
  }

  private func data(_ path: String, of server: Server) async throws -> NSObject {
    let answer = try await server.send(server.request(path))
    #expect(answer.status == 200, "\(path): \(answer.text)")
    let json = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any]
    return try #require(json?["data"] as? NSObject, "\(path)")
  }

  private func escaped(_ query: String) -> String {
    query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? query
  }

  private func serve(_ folder: TemporaryFolder, _ name: String, _ more: [String]) async throws
    -> Server
  {
    try await Server(.assay, log: folder.file("\(name).log")) { port in
      ["serve", "--data", folder.file(name), "--listen", "127.0.0.1:\(port)"] + more
    }
  }

  @Test(.enabled(if: Program.victoriaMetrics != nil, comment))
  func `what VictoriaMetrics holds is answered as from a store of ours`() async throws {
    let folder = try TemporaryFolder()
    let program = try #require(Program.victoriaMetrics)
    let holder = try await Server(program, readyPath: "/health", log: folder.file("holder.log")) {
      ["-storageDataPath=\(folder.file("holder"))", "-httpListenAddr=127.0.0.1:\($0)"]
    }
    let remote = try await serve(folder, "remote", ["--storage", "remote:\(holder.address)"])
    let own = try await serve(folder, "own", [])
    let end = Int64(Date().timeIntervalSince1970) * 1000
    let start = end - 40 * 60_000
    for server in [holder, own] { try await send(fleet(from: start), to: server) }
    _ = try await holder.send(holder.request("/internal/force_flush"))
    let range = "start=\(start / 1000)&end=\(end / 1000)"
    for query in [
      "requests_total", "requests_total[10m]", "sum by (version) (rate(requests_total[5m]))",
      "histogram_quantile(0.9, sum by (le, version) (rate(latency_bucket[5m])))",
      "rate(requests_total[5m]) / on (pod) group_left (version) "
        + "sum by (pod, version) (rate(latency_bucket{le=\"+Inf\"}[5m]))",
      "max_over_time(deriv(requests_total[2m])[10m:30s])", "requests_total{note=~\".*quoted.*\"}",
      "absent(requests_total{pod=\"none\"})", "resets(requests_total[30m])",
    ] {
      var paths = ["query?query=\(escaped(query))&time=\(start / 1000 + 1500)"]
      if !query.hasSuffix("[10m]") {
        paths.append("query_range?query=\(escaped(query))&step=15&\(range)")
      }
      for path in paths {
        #expect(
          try await data("/api/v1/\(path)", of: remote) == data("/api/v1/\(path)", of: own),
          "\(query)")
      }
    }
    for path in [
      "labels?\(range)", "label/pod/values?\(range)", "label/note/values?\(range)",
      "series?match%5B%5D=requests_total%7Bversion%3D%22canary%22%7D&\(range)",
      "label/pod/values?match%5B%5D=requests_total%7Bversion%3D%22canary%22%7D&\(range)",
    ] {
      #expect(
        try await data("/api/v1/\(path)", of: remote) == data("/api/v1/\(path)", of: own), "\(path)"
      )
    }
    try await handsOn(to: holder, folder, range)
    #expect(remote.stop() == 0 && own.stop() == 0)
    _ = holder.stop()
  }

  /// With `all`, the answers are VictoriaMetrics' own.
  private func handsOn(to holder: Server, _ folder: TemporaryFolder, _ range: String) async throws {
    let all = try await serve(
      folder, "all", ["--storage", "remote:\(holder.address)", "--storage.pushdown", "all"])
    for query in ["sum by (version) (rate(requests_total[5m]))", "max(requests_total)"] {
      let path = "/api/v1/query_range?query=\(escaped(query))&step=15&\(range)"
      #expect(
        try await data(path, of: all) == data(path + "&nocache=1", of: holder), "\(query)")
    }
    #expect(all.stop() == 0)
  }
}
