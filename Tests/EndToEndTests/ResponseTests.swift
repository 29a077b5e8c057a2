import Foundation
import FoundationNetworking
import Testing

/// Requests to which Prometheus 2.42 and 3 give the same response: `assay serve` gives it too, byte
/// for byte, with the same status and kind of content.
@Suite struct ResponseTests {
  private static let start = 1_700_000_000

  /// Gauges with odd values, counters, a classic histogram; a sample each fifteen seconds.
  private static var metrics: String {
    let odd = [
      "NaN", "+Inf", "-Inf", "1e-7", "1e21", "123456789.125", "0.1", "-0", "1e20", "5e-324",
    ]
    func rows(_ series: String, _ value: (Int) -> String) -> String {
      (0..<60).map { "\(series) \(value($0)) \(start + $0 * 15)\n" }.joined()
    }
    var text = "# TYPE up gauge\n"
    for job in ["a", "b"] {
      text += rows(#"up{job="\#(job)",instance="i\#(job):1"}"#) { $0 % 7 == 0 ? "0" : "1" }
    }
    text += "# TYPE requests counter\n"
    text += rows(#"requests_total{job="a",code="200"}"#) { "\($0 * 7)" }
    text += "# TYPE odd gauge\n" + rows(#"odd{x="y"}"#) { odd[$0 % odd.count] }
    text += "# TYPE lat histogram\n"
    for (bound, factor) in [("0.1", 3), ("1", 5), ("+Inf", 6)] {
      text += rows(#"lat_bucket{job="a",le="\#(bound)"}"#) { "\($0 * factor)" }
    }
    return text + "# EOF\n"
  }

  /// Method, address and form body.
  private static let requests = """
    GET /api/v1/query?query=up&time=1700000300
    GET /api/v1/query?query=odd&time=1700000300
    GET /api/v1/query?query=odd[2m]&time=1700000301
    GET /api/v1/query?query=1&time=1700000300.5
    GET /api/v1/query?query="x"&time=1700000300
    GET /api/v1/query?query=time()&time=1700000300.123
    GET /api/v1/query?query=1e-7&time=1
    GET /api/v1/query?query=1e21*1&time=1
    GET /api/v1/query?query=-0&time=1
    GET /api/v1/query?query=0/0&time=1
    GET /api/v1/query?query=sum(&time=1
    GET /api/v1/query?query=&time=1
    GET /api/v1/query
    GET /api/v1/query?query=up&timeout=abc
    GET /api/v1/query?query=foo(up)&time=1
    GET /api/v1/query?query=sum(1)&time=1
    GET /api/v1/query?query=label_replace(up,"instance","x","","")&time=1700000300
    GET /api/v1/query?query=label_replace(up,"instance","x","job","(")&time=1700000300
    GET /api/v1/query?query=count_values("",up)&time=1700000300
    GET /api/v1/query?query=histogram_quantile(0.9,rate(lat_bucket[5m]))&time=1700000600
    GET /api/v1/query_range?query=odd&start=1700000000&end=1700000300&step=15
    GET /api/v1/query_range?query=up&start=1700000000&end=1700000300&step=60
    GET /api/v1/query_range?query=up&start=1700000300&end=1700000000&step=60
    GET /api/v1/query_range?query=up&start=1700000000&end=1700000300&step=0
    GET /api/v1/query_range?query=up&start=1700000000&end=1700000300&step=-1
    GET /api/v1/query_range?query=up&start=1700000000&end=1700000300&step=abc
    GET /api/v1/query_range?query=up&start=1700000000&end=1700000300
    GET /api/v1/query_range?query=up&start=1700000000&end=1800000300&step=1
    GET /api/v1/query_range?query=up&start=abc&end=1700000300&step=15
    GET /api/v1/query_range?query=up&end=1700000300&step=15
    GET /api/v1/query_range?query=1&start=1700000000&end=1700000030&step=15
    GET /api/v1/query_range?query=requests_total&start=2023-11-14T22:13:20Z\
    &end=2023-11-14T22:15:20.5Z&step=1m
    GET /api/v1/query_range?query=nothing&start=1700000000&end=1700000030&step=15
    GET /api/v1/series?match[]=up&start=1700000000&end=1700000300
    GET /api/v1/series?match[]=up&match[]=odd&start=1700000000&end=1700000300
    GET /api/v1/series
    GET /api/v1/series?match[]=
    GET /api/v1/series?match[]={x=~".*"}
    GET /api/v1/series?match[]=up{
    GET /api/v1/series?match[]=none&start=1700000000&end=1700000300
    GET /api/v1/labels?start=1700000000&end=1700000300
    GET /api/v1/labels?match[]=up&start=1700000000&end=1700000300
    GET /api/v1/labels?match[]=none&start=1700000000&end=1700000300
    GET /api/v1/labels?match[]={&start=1700000000&end=1700000300
    GET /api/v1/label/job/values?start=1700000000&end=1700000300
    GET /api/v1/label/job/values?match[]=up{job="a"}&start=1700000000&end=1700000300
    GET /api/v1/label/none/values?start=1700000000&end=1700000300
    GET /api/v1/label/__name__/values?start=1700000000&end=1700000300
    GET /api/v1/metadata
    GET /api/v1/metadata?metric=up
    GET /api/v1/rules
    GET /api/v1/rules?type=alert
    GET /api/v1/alerts
    GET /api/v1/alertmanagers
    GET /api/v1/query_exemplars?query=up&start=1700000000&end=1700000300
    GET /api/v1/query_exemplars?query=up&start=1700000300&end=1700000000
    GET /api/v1/format_query?query=sum(up)by(job)
    GET /api/v1/format_query?query=sum(
    GET /api/v1/nothing
    GET /nothing
    POST /-/reload
    PUT /api/v1/query
    OPTIONS /api/v1/query
    POST /api/v1/query query=up&time=1700000300
    POST /api/v1/query_range query=up&start=1700000000&end=1700000030&step=15
    POST /api/v1/series match[]=up&start=1700000000&end=1700000300
    POST /api/v1/labels start=1700000000&end=1700000300
    """

  /// Queries whose samples are counted, beside the grid of the data: windows of 2.42 hold their
  /// left border.
  private static let counted = [
    "up", "1", "time()", "vector(1)", #"up{job="none"}"#, "sum(up)", "up + up", "up offset 2m",
    "rate(requests_total[5m])", "rate(requests_total[2m]) / rate(requests_total[4m])",
    "sum by (job) (rate(lat_bucket[5m])) + sum(up @ 1700000200)", "up @ end()", "topk(1, up)",
    "up and up", "absent(up)", "absent_over_time(up[3m])", "timestamp(up)", "scalar(up)",
    "rate(requests_total[5m] @ 1700000400)", "max_over_time(up[5m:30s])",
    "max_over_time(rate(requests_total[1m])[5m:30s])", "quantile_over_time(scalar(up), up[1m])",
    "sum_over_time(max_over_time(up[2m:20s])[5m:1m] @ 1700000500)",
    "histogram_quantile(.9, lat_bucket)",
    "label_replace(up, \"a\", \"b\", \"\", \"\")", "-up", "sum(up) / count(up)", "up unless odd",
  ]

  private static let whole = ["up[5m]", "up[5m:30s]", "rate(requests_total[1m])[5m:30s]"]

  @Test(
    .enabled(
      if: Program.promtool != nil && Program.prometheus != nil, "Debian's prometheus is not here"))
  func `samples are counted as the real Prometheus counts them`() async throws {
    let pair = try await Pair()
    let instant = try (Self.counted + Self.whole).map {
      "POST /api/v1/query time=1700000607&stats=all&query=\(try Self.escaped($0))"
    }
    let ranges = try Self.counted.map {
      "POST /api/v1/query_range start=1700000307&end=1700000607&step=20&stats=all&query="
        + (try Self.escaped($0))
    }
    for line in instant + ranges {
      let ours = try Self.counts(await Self.response(of: pair.assay, to: line[...]))
      let theirs = try Self.counts(await Self.response(of: pair.prometheus, to: line[...]))
      #expect(ours == theirs, "\(line)")
    }
    let short = "GET /api/v1/query?time=1700000607&stats=true&query=up"
    let counts = try Self.counts(await Self.response(of: pair.assay, to: short[...]))
    #expect(counts == #"{"totalQueryableSamples":2}"#)
  }

  /// The one request whose refusal goes on after Prometheus' words: it says what was asked for.
  private static let longerMessage =
    "GET /api/v1/query_range?query=up&start=1700000000&end=1800000300&step=1"

  private static func escaped(_ query: String) throws -> String {
    try #require(query.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
  }

  /// What an answer says of samples, but for the peak, which each engine has of its own.
  private static func counts(_ response: String) throws -> String {
    let body = Foundation.Data(response.drop { $0 != "{" }.utf8)
    let answer = try #require(
      try JSONSerialization.jsonObject(with: body) as? [String: Any], "\(response)")
    let data = try #require(answer["data"] as? [String: Any], "\(response)")
    let stats = try #require(data["stats"] as? [String: Any], "\(response)")
    var samples = try #require(stats["samples"] as? [String: Any], "\(response)")
    _ = try #require(samples.removeValue(forKey: "peakSamples") as? Int)
    let text = try JSONSerialization.data(withJSONObject: samples, options: .sortedKeys)
    return String(decoding: text, as: UTF8.self)
  }

  @Test(
    .enabled(
      if: Program.promtool != nil && Program.prometheus != nil, "Debian's prometheus is not here"))
  func `responses are the real Prometheus' byte for byte`() async throws {
    let pair = try await Pair()
    var equal = 0
    for line in Self.requests.split(separator: "\n") {
      let theirs = try await Self.response(of: pair.prometheus, to: line)
      let ours = try await Self.response(of: pair.assay, to: line)
      let isSame =
        line == Self.longerMessage ? ours.hasPrefix(theirs.dropLast(#""}"#.count)) : ours == theirs
      if isSame { equal += 1 }
      #expect(isSame, "\(line): \(ours), not \(theirs)")
    }
    print("responses: \(equal) of \(Self.requests.split(separator: "\n").count) equal")
  }

  /// Both servers over the same samples.
  private struct Pair {
    let prometheus: Server
    let assay: Server
    private let folder: TemporaryFolder

    init() async throws {
      let folder = try TemporaryFolder()
      self.folder = folder
      let promtool = try #require(Program.promtool)
      let text = try folder.write("data.om", ResponseTests.metrics)
      let made = try promtool.run(
        "tsdb", "create-blocks-from", "openmetrics", text, folder.file("blocks"))
      try #require(made.exitCode == 0, "\(made.errors)")
      let imported = try Program.assay.run(
        "import", folder.file("blocks"), "--data", folder.file("assay"))
      try #require(imported.exitCode == 0, "\(imported.errors)")
      let config = try folder.write("prometheus.yml", "global: {scrape_interval: 1h}\n")
      let feature = "--enable-feature=promql-per-step-stats"
      prometheus = try await Server(
        try #require(Program.prometheus), log: folder.file("prometheus.log")
      ) { port in
        [
          "--config.file=\(config)", "--storage.tsdb.path=\(folder.file("blocks"))", feature,
          "--storage.tsdb.retention.time=50y", "--web.listen-address=127.0.0.1:\(port)",
        ]
      }
      assay = try await Server(.assay, log: folder.file("assay.log")) { port in
        ["serve", "--data", folder.file("assay"), "--listen", "127.0.0.1:\(port)", feature]
      }
    }
  }

  /// Status, kind and body.
  private static func response(of server: Server, to line: Substring) async throws -> String {
    let words = line.split(separator: " ", maxSplits: 2).map(String.init)
    let address = try #require(
      words[1].addingPercentEncoding(withAllowedCharacters: .urlQueryAllowed))
    var request = try server.request(address, method: words[0])
    // URLSession takes a compressed body for too long a plain one.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    if words.count > 2 {
      request.httpBody = Foundation.Data(words[2].utf8)
      request.setValue("application/x-www-form-urlencoded", forHTTPHeaderField: "Content-Type")
    }
    let (data, response) = try await URLSession.shared.data(for: request)
    let head = try #require(response as? HTTPURLResponse)
    let type = head.value(forHTTPHeaderField: "Content-Type") ?? "no type"
    return "\(head.statusCode) \(type)\n\(String(decoding: data, as: UTF8.self))"
  }
}
