import Foundation
import MetricModel
import Testing

/// `--storage remote:URL` over Debian's VictoriaMetrics, which has no remote read: what it holds is
/// answered as from a store of ours that holds the same.
@Suite(.serialized) struct VictoriaMetricsStorageTests {
  private static let comment: Comment = "victoria-metrics could not be had"

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

  @Test(.enabled(if: Program.victoriaMetrics != nil, comment))
  func `what VictoriaMetrics holds is answered as from a store of ours`() async throws {
    let folder = try TemporaryFolder()
    let holder = try await Server.victoriaMetrics(folder)
    let remote = try await Server.assay(
      folder, "remote", "--storage", "remote:\(holder.address)")
    let own = try await Server.assay(folder, "own")
    let end = Int64(Date().timeIntervalSince1970) * 1000
    let start = end - 40 * 60_000
    for server in [holder, own] { try await server.write(fleet(from: start)) }
    try await holder.flush()
    let range = "start=\(start / 1000)&end=\(end / 1000)"
    for query in [
      "requests_total", "requests_total[10m]", "sum by (version) (rate(requests_total[5m]))",
      "histogram_quantile(0.9, sum by (le, version) (rate(latency_bucket[5m])))",
      "rate(requests_total[5m]) / on (pod) group_left (version) "
        + "sum by (pod, version) (rate(latency_bucket{le=\"+Inf\"}[5m]))",
      "max_over_time(deriv(requests_total[2m])[10m:30s])", "requests_total{note=~\".*quoted.*\"}",
      "absent(requests_total{pod=\"none\"})", "resets(requests_total[30m])",
    ] {
      var paths = ["query?query=\(Server.escaped(query))&time=\(start / 1000 + 1500)"]
      if !query.hasSuffix("[10m]") {
        paths.append("query_range?query=\(Server.escaped(query))&step=15&\(range)")
      }
      for path in paths {
        #expect(
          try await remote.data("/api/v1/\(path)") == own.data("/api/v1/\(path)"),
          "\(query)")
      }
    }
    for path in [
      "labels?\(range)", "label/pod/values?\(range)", "label/note/values?\(range)",
      "series?match%5B%5D=requests_total%7Bversion%3D%22canary%22%7D&\(range)",
      "label/pod/values?match%5B%5D=requests_total%7Bversion%3D%22canary%22%7D&\(range)",
    ] {
      #expect(
        try await remote.data("/api/v1/\(path)") == own.data("/api/v1/\(path)"), "\(path)"
      )
    }
    try await handsOn(to: holder, folder, range)
    #expect(remote.stop() == 0 && own.stop() == 0)
    _ = holder.stop()
  }

  /// With `all`, the answers are VictoriaMetrics' own.
  private func handsOn(to holder: Server, _ folder: TemporaryFolder, _ range: String) async throws {
    let all = try await Server.assay(
      folder, "all", "--storage", "remote:\(holder.address)", "--storage.pushdown", "all")
    for query in ["sum by (version) (rate(requests_total[5m]))", "max(requests_total)"] {
      let path = "/api/v1/query_range?query=\(Server.escaped(query))&step=15&\(range)"
      #expect(
        try await all.data(path) == holder.data(path + "&nocache=1"), "\(query)")
    }
    #expect(all.stop() == 0)
  }
}
