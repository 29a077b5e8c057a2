import Foundation
import Testing

/// The queries of github.com/prometheus/compliance, asked of the real Prometheus and of
/// `assay serve` over the same blocks: every answer is equal, but for what Prometheus has changed
/// since.
///
/// The queries aren't part of the project; where they stand beside it, they are run.
@Suite struct ComplianceTests {
  /// What Debian's Prometheus (2.42) answers otherwise than Prometheus 3, which is what we follow.
  private static let changes: [String: String] = [
    #"label_replace(demo_num_cpus, "~invalid", "", "src", "(.*)")"#:
      "any UTF-8 names a label since 3.0",
    #"label_join(demo_num_cpus, "~invalid", "-", "instance")"#:
      "any UTF-8 names a label since 3.0",
    "avg_over_time(rate(demo_cpu_usage_seconds_total[1m])[2m:10s])":
      "windows are open on the left since 3.0, so there are twelve steps in this one, not thirteen",
  ]

  private static let queries = Program.projectRoot.deletingLastPathComponent()
    .appending(path: "shared/conformance/compliance/expanded-queries.tsv")

  private static var canRun: Bool {
    Program.promtool != nil && Program.prometheus != nil
      && FileManager.default.fileExists(atPath: queries.path)
  }

  @Test(
    .enabled(if: canRun, "Debian's prometheus or ../shared/conformance/compliance is not here"))
  func `every query is answered as by the real Prometheus`() async throws {
    let pair = try await DemoPair()
    let rows = try String(contentsOf: Self.queries, encoding: .utf8)
      .split(separator: "\n").dropFirst()
    var equal = 0
    for row in rows {
      let fields = row.split(separator: "\t", maxSplits: 2).map(String.init)
      try #require(fields.count == 3)
      let theirs = try await pair.answer(fields[2], of: pair.prometheus)
      let ours = try await pair.answer(fields[2], of: pair.assay)
      if ours.isClose(to: theirs) {
        equal += 1
      } else if Self.changes[fields[2]] == nil {
        Issue.record("\(fields[2])\n  Prometheus: \(theirs.summary)\n  Assay: \(ours.summary)")
      }
    }
    print("compliance: \(equal) of \(rows.count), \(Self.changes.count) changed since 2.42")
    #expect(equal + Self.changes.count == rows.count, "a change that makes no difference is listed")
  }
}

/// The demo service's metrics behind both servers.
private final class DemoPair: Sendable {
  let prometheus: Server
  let assay: Server
  private let folder: TemporaryFolder

  init() async throws {
    folder = try TemporaryFolder()
    let text = try folder.write("demo.om", DemoMetrics.text)
    let promtool = try #require(Program.promtool)
    let made = try promtool.run(
      "tsdb", "create-blocks-from", "openmetrics", text, folder.file("blocks"))
    try #require(made.exitCode == 0, "\(made.errors)")
    let imported = try Program.assay.run(
      "import", folder.file("blocks"), "--data", folder.file("assay"))
    try #require(imported.exitCode == 0, "\(imported.errors)")
    let config = try folder.write("prometheus.yml", "global: {scrape_interval: 1h}\n")
    let files = folder
    prometheus = try await Server(
      try #require(Program.prometheus), log: folder.file("prometheus.log")
    ) { port in
      [
        "--config.file=\(config)", "--storage.tsdb.path=\(files.file("blocks"))",
        "--storage.tsdb.retention.time=50y", "--web.listen-address=127.0.0.1:\(port)",
      ]
    }
    assay = try await Server(.assay, log: folder.file("assay.log")) { port in
      ["serve", "--data", files.file("assay"), "--listen", "127.0.0.1:\(port)"]
    }
  }

  /// Ten minutes in steps of ten seconds, as the compliance tester asks.
  func answer(_ query: String, of server: Server) async throws -> MatrixAnswer {
    var parameters = URLComponents()
    parameters.queryItems = [
      URLQueryItem(name: "query", value: query),
      URLQueryItem(name: "start", value: String(DemoMetrics.end - 720)),
      URLQueryItem(name: "end", value: String(DemoMetrics.end - 120)),
      URLQueryItem(name: "step", value: "10"),
    ]
    // A plus means a blank to servers.
    let text = parameters.percentEncodedQuery?.replacing("+", with: "%2B") ?? ""
    let answer = try await server.send(server.request("/api/v1/query_range?\(text)"))
    return try MatrixAnswer(answer.body)
  }
}

/// An answer of `query_range`: points by labels; nil when the query failed.
private struct MatrixAnswer {
  private var series: [[String: String]: [Point]]?
  private var error = ""

  private struct Point {
    var time: Double
    var value: Double

    func isClose(to other: Point) -> Bool {
      if time != other.time { return false }
      if value == other.value || (value.isNaN && other.value.isNaN) { return true }
      return abs(value - other.value) <= 1e-9 * min(abs(value), abs(other.value))
    }
  }

  init(_ body: Foundation.Data) throws {
    let json = try #require(try JSONSerialization.jsonObject(with: body) as? [String: Any])
    guard let data = json["data"] as? [String: Any], json["status"] as? String == "success" else {
      error = json["error"] as? String ?? "no error text"
      return
    }
    var found: [[String: String]: [Point]] = [:]
    for row in try #require(data["result"] as? [[String: Any]]) {
      let labels = try #require(row["metric"] as? [String: String])
      let points = try #require(row["values"] as? [[Any]])
      found[labels] = try points.map { point in
        let value = try #require(point.last as? String)
        return Point(
          time: try #require(point.first as? Double),
          value: try #require(Double(value.replacing("Inf", with: "inf"))))
      }
    }
    series = found
  }

  func isClose(to other: MatrixAnswer) -> Bool {
    guard let series, let others = other.series else { return series == nil && other.series == nil }
    return series.count == others.count
      && series.allSatisfy { labels, points in
        guard let match = others[labels], match.count == points.count else { return false }
        return zip(points, match).allSatisfy { $0.isClose(to: $1) }
      }
  }

  var summary: String {
    guard let series else { return "fails: \(error)" }
    let first = series.sorted { "\($0.key.sorted { $0 < $1 })" < "\($1.key.sorted { $0 < $1 })" }
      .first.map { "\($0.key) \($0.value.prefix(3).map(\.value))" }
    return "\(series.count) series, \(first ?? "")"
  }
}

/// What three instances of the demo service would have said in eighty minutes, scraped every five
/// seconds. Scrapes don't fall on the left borders of windows, which Prometheus 3 has opened.
private enum DemoMetrics {
  static let start = 1_700_000_000.0
  static let end = start + 4800

  static var text: String {
    var random = DemoNumbers(state: 7)
    var lines = ""
    for instance in 0..<3 {
      let place = "instance=\"demo.promlabs.com:\(10_000 + instance)\",job=\"demo\""
      for type in ["buffers", "cached", "free", "used"] {
        var bytes = Double.random(in: 1e8..<2e9, using: &random).rounded()
        lines += series("demo_memory_usage_bytes", "\(place),type=\"\(type)\"", instance) { _ in
          bytes += Double.random(in: -1e6..<1e6, using: &random).rounded()
          return bytes
        }
      }
      for mode in ["idle", "system", "user"] {
        var seconds = Double.random(in: 1e5..<2e5, using: &random)
        lines += series("demo_cpu_usage_seconds_total", "\(place),mode=\"\(mode)\"", instance) {
          row in
          if row == 700 && mode == "user" { seconds = 0 }
          seconds += Double.random(in: 0..<5, using: &random)
          return seconds
        }
      }
      lines += series("demo_num_cpus", place, instance) { _ in 4 }
      var disk = Double.random(in: 1e10..<2e10, using: &random).rounded()
      lines += series("demo_disk_usage_bytes", place, instance) { _ in
        disk += Double.random(in: 0..<1e5, using: &random).rounded()
        return disk
      }
      lines += series("demo_batch_last_success_timestamp_seconds", place, instance) { row in
        start + Double(row / 60 * 300) - 86_400
      }
      lines += series("demo_intermittent_metric", place, instance) { row in
        row / 90 % 2 == 0 ? Double(row) : nil
      }
      for path in ["/api/bar", "/api/foo"] {
        var counts = [Double](repeating: 1000, count: 8)
        let bounds = ["0.1", "0.2", "0.4", "0.8", "1.6", "3.2", "6.4", "+Inf"]
        let increments = (0..<960).map { _ in
          (0..<8).map { _ in Double(Int.random(in: 0..<4, using: &random)) }
        }
        for (index, bound) in bounds.enumerated() {
          counts[index] = 1000 * Double(index + 1)
          let labels = "\(place),le=\"\(bound)\",method=\"GET\",path=\"\(path)\",status=\"200\""
          lines += series("demo_api_request_duration_seconds_bucket", labels, instance) { row in
            counts[index] += increments[row].prefix(index + 1).reduce(0, +)
            return counts[index]
          }
        }
      }
    }
    return sorted(lines) + "# EOF\n"
  }

  private static func series(
    _ name: String, _ labels: String, _ instance: Int, _ value: (Int) -> Double?
  ) -> String {
    var lines = ""
    for row in 0..<960 {
      guard let value = value(row) else { continue }
      let time = start + 1.317 + Double(instance) + 5 * Double(row)
      lines += "\(name){\(labels)} \(value) \(String(format: "%.3f", time))\n"
    }
    return lines
  }

  /// Samples of one metric have to stand together.
  private static func sorted(_ lines: String) -> String {
    var families: [Substring: [Substring]] = [:]
    for line in lines.split(separator: "\n") {
      families[line.prefix { $0 != "{" }, default: []].append(line)
    }
    return families.sorted { $0.key < $1.key }.map { $0.value.joined(separator: "\n") + "\n" }
      .joined()
  }
}

/// SplitMix64.
private struct DemoNumbers: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
