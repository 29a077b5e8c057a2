import Foundation
import MetricModel
import Testing

/// Queries that the real Prometheus answers whole, instead of handing over samples.
extension RemoteStorageTests {
  private func server(
    _ folder: TemporaryFolder, over holder: Server, _ mode: String
  ) async throws -> Server {
    try await Server.assay(
      folder, mode, "--storage", "remote:\(holder.address)", "--storage.pushdown", mode)
  }

  /// The elements of an answer, whose order is that of some storage.
  private func elements(_ path: String, of server: Server) async throws -> Set<NSObject> {
    let data = try #require(try await server.data(path) as? [String: Any])
    let elements = try #require(data["result"] as? [NSObject])
    #expect(Set(elements).count == elements.count)
    return Set(elements)
  }

  /// What version 2.42 answers as it is answered here.
  private static let equal = [
    "max by (version) (max_over_time(requests_total[5m]))",
    "count by (version) (requests_total > 300)",
    "min_over_time(requests_total[2m]) * 3 - 1", "changes(requests_total[1m15s])",
    "last_over_time(requests_total[45s])", "absent(nothing{a=\"b\"})",
    "count_over_time(requests_total[1m] offset 30s)",
    "max_over_time(abs(requests_total)[10m:])",
    "requests_total unless on (pod) "
      + "requests_total{pod=~\"pod-[12].*\"}",
    "requests_total / on (pod) group_left (note) max by (pod, note) (requests_total)",
    "timestamp(requests_total) - time()", "group without (pod) (requests_total @ end())",
    "count(requests_total{note=~\"é.+\"}) or vector(0)",
  ]

  @Test(.enabled(if: Program.prometheus != nil, comment))
  func `what goes to Prometheus comes back as it is evaluated here`() async throws {
    let folder = try TemporaryFolder()
    let holder = try await Server.prometheus(folder)
    let (here, there) = (
      try await server(folder, over: holder, "off"), try await server(folder, over: holder, "safe")
    )
    let end = Int64(Date().timeIntervalSince1970) * 1000
    let start = end - 50 * 60_000
    try await holder.write(fleet(from: start))
    // Steps that meet samples exactly, where windows closed and open at their start differ.
    let times = "start=\(start / 1000)&end=\(end / 1000)&step=15"
    for query in Self.equal {
      for path in [
        "query_range?query=\(Server.escaped(query))&\(times)",
        "query?query=\(Server.escaped(query))&time=\(start / 1000 + 1500)",
      ] {
        #expect(
          try await elements("/api/v1/\(path)", of: there)
            == elements("/api/v1/\(path)", of: here), "\(query)")
      }
      let plan = try await there.send(
        there.request("/api/v1/explain?query=\(Server.escaped(query))"))
      #expect(plan.text.contains("asked of \(holder.address): "), "\(query): \(plan.text)")
    }
    // Sums and rates were computed otherwise in version 2; parts of them go.
    let rest = "sum by (version) (rate(requests_total[5m])) / max(requests_total)"
    let plan = try await there.send(there.request("/api/v1/explain?query=\(Server.escaped(rest))"))
    #expect(plan.text.contains("asked of \(holder.address): max(requests_total)"))
    #expect(plan.text.contains("rate [5m]"))
    let path = "/api/v1/query_range?query=\(Server.escaped(rest))&\(times)"
    #expect(try await there.data(path) == here.data(path))
    // Once this server has such series itself, the other alone can't answer.
    var mine = SampleBatch()
    let series = mine.addSeries(Labels([("__name__", "requests_total"), ("pod", "mine")]))
    mine.append(series: series, Timestamp(milliseconds: end - 1000), 1e9)
    try await there.write(mine)
    let top = "/api/v1/query?query=\(Server.escaped("max(requests_total)"))&time=\(end / 1000)"
    #expect(try await "\(there.data(top))".contains("1000000000"))
    #expect(here.stop() == 0 && there.stop() == 0)
    _ = holder.stop()
  }

  @Test(.enabled(if: Program.prometheus != nil, comment))
  func `with all handed on, answers and refusals are those of Prometheus`() async throws {
    let folder = try TemporaryFolder()
    let holder = try await Server.prometheus(
      folder, "prometheus", "--query.max-samples=2000")
    let own = try await server(folder, over: holder, "all")
    let end = Int64(Date().timeIntervalSince1970) * 1000
    let start = end - 50 * 60_000
    try await holder.write(fleet(from: start))
    let times = "start=\(start / 1000)&end=\(end / 1000)&step=150"
    for query in [
      "sum by (version) (rate(requests_total[5m]))", "requests_total", "topk(2, requests_total)",
      "avg(requests_total) * stddev(requests_total)", "quantile(0.3, increase(requests_total[1h]))",
    ] {
      let path = "/api/v1/query_range?query=\(Server.escaped(query))&\(times)"
      #expect(try await own.data(path) == holder.data(path), "\(query)")
    }
    // It knows no such function, so what it does know goes.
    let newer = "/api/v1/query?query=\(Server.escaped("first_over_time(requests_total[50m])"))"
    #expect(try await "\(own.data(newer + "&time=\(end / 1000)"))".contains("pod-5"))
    let large = "query=requests_total&start=\(start / 1000)&end=\(end / 1000)&step=2"
    let refused = try await own.send(own.request("/api/v1/query_range?\(large)"))
    #expect(refused.status == 500 || refused.status == 422, "\(refused.status)")
    for part in [holder.address, "status 422", "too many samples"] {
      #expect(refused.text.contains(part), "\(refused.text)")
    }
    #expect(own.stop() == 0)
    _ = holder.stop()
  }
}
