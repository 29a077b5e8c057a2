import Foundation
import MetricModel
import Testing

/// `serve --storage remote:URL`: the real Prometheus holds the samples, Assay evaluates.
@Suite(.serialized) struct RemoteStorageTests {
  static let comment: Comment = "prometheus could not be had"

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

  @Test(.enabled(if: Program.prometheus != nil, comment))
  func `what Prometheus holds is answered as Prometheus answers it`() async throws {
    let folder = try TemporaryFolder()
    let holder = try await Server.prometheus(folder)
    let own = try await Server.assay(folder, "data", "--storage", "remote:\(holder.address)")
    let end = Int64(Date().timeIntervalSince1970) * 1000
    let start = end - 50 * 60_000
    try await holder.write(fleet(from: start))
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
        try await own.data("/api/v1/\(path)") == holder.data("/api/v1/\(path)"),
        "\(path)")
    }
    // What is written here is found beside it, and isn't handed on.
    var mine = SampleBatch()
    let labels = Labels([("__name__", "requests_total"), ("pod", "mine"), ("version", "stable")])
    let series = mine.addSeries(labels)
    mine.append(series: series, Timestamp(milliseconds: end - 1000), 5)
    try await own.write(mine)
    let count = "/api/v1/query?query=count(requests_total)&time=\(end / 1000)"
    #expect(try await "\(own.data(count))".contains("4"))
    #expect(try await "\(holder.data(count))".contains("3"))
    let pods = try await own.data("/api/v1/label/pod/values") as? [String]
    #expect(pods == ["mine"] + (0..<6).map { "pod-\($0)" })
    _ = holder.stop()
    let refused = try await own.send(own.request(count))
    #expect(refused.status == 500 || refused.status == 422, "\(refused.status): \(refused.text)")
    #expect(refused.text.contains(holder.address))
    #expect(own.stop() == 0)
  }
}
