import Foundation
import Testing

/// The same recording behind the real Prometheus and behind `assay serve`, asked by promtool.
@Suite(.serialized) struct PrometheusComparisonTests {
  private static let accuracy =
    #"sum(rate(model_predictions_correct_total{app="model-server"}[5m])) / "#
    + #"sum(rate(model_predictions_total{app="model-server"}[5m]))"#
  private static let latency =
    "histogram_quantile(0.99, "
    + #"sum(rate(model_inference_duration_seconds_bucket{app="model-server"}[5m])) by (le)) * 1000"#
  private static let errors =
    #"sum(rate(model_predictions_errors_total{app="model-server"}[5m])) / "#
    + #"sum(rate(model_predictions_total{app="model-server"}[5m]))"#

  /// The tutorial's three, and others that take rates of counters.
  private static let rates = [
    accuracy, latency, errors,
    #"sum by (version) (rate(model_predictions_total[1m]))"#,
    #"increase(model_predictions_total{version="canary"}[4m])"#,
    #"sum without (pod, instance) (rate(model_predictions_errors_total[5m]))"#,
    #"rate(model_predictions_errors_total[5m]) / rate(model_predictions_total[5m])"#,
    #"sum by (version) (rate(model_predictions_correct_total[2m])) / on (version) "#
      + #"sum by (version) (rate(model_predictions_total[2m]))"#,
    #"histogram_quantile(0.5, sum by (version, le) "#
      + #"(rate(model_inference_duration_seconds_bucket[5m])))"#,
    #"sum(rate(model_inference_duration_seconds_sum[5m])) / "#
      + #"sum(rate(model_inference_duration_seconds_count[5m]))"#,
    #"round(rate(model_predictions_total[5m]), 0.5)"#,
    // Of sums of seconds, among which there are no ties: whom those favour isn't promised.
    #"topk(2, sum by (pod) (rate(model_inference_duration_seconds_sum[5m])))"#,
    #"rate(model_predictions_total[5m]) > bool 9"#,
    #"quantile by (version) (0.25, rate(model_predictions_total[3m]))"#,
  ]

  /// What a person would ask next.
  private static let others = [
    "up",
    "count by (version) (up)",
    "model_queue_length",
    #"avg by (pod) (model_queue_length)"#,
    #"max_over_time(model_queue_length[10m])"#,
    #"min_over_time(model_queue_length[2m])"#,
    #"avg_over_time(model_queue_length[3m])"#,
    #"model_queue_length > 1"#,
    #"stddev_over_time(model_queue_length[4m])"#,
    #"irate(model_predictions_total{version="stable"}[2m])"#,
    #"delta(model_queue_length[5m])"#,
    #"count_over_time(up[5m])"#,
    #"resets(model_predictions_total[20m])"#,
    #"model_predictions_total{pod=~"model-server-.*",version!="canary"} offset 3m"#,
    #"clamp_max(model_queue_length, 3)"#,
    #"abs(model_queue_length - 2)"#,
    #"absent(no_such_metric{version="canary"})"#,
    #"vector(time())"#,
    #"scalar(count(up)) * 2"#,
    #"timestamp(up{version="stable"}) - time()"#,
    #"label_replace(up{version="canary"}, "short", "$1", "pod", ".*-(.*)")"#,
    #"up{version="canary"} or on (pod) up"#,
    #"sum by (version) (model_queue_length) / on (version) group_left () count by (version) (up)"#,
    #"quantile_over_time(0.9, model_queue_length[5m])"#,
    #"max_over_time(sum(model_queue_length)[5m:30s])"#,
  ]

  @Test(.enabled(if: Program.promtool != nil && Program.prometheus != nil, skipReason))
  func `promtool gets the answers of the real Prometheus`() async throws {
    let promtool = try #require(Program.promtool)
    let pair = try await Pair(recording: "idle-gaps")
    for query in Self.others {
      for time in stride(from: pair.start + 300, to: pair.end, by: 420) {
        try Self.compare(query, promtool, pair, at: time)
      }
      try Self.compare(query, promtool, pair, from: pair.start + 300, through: pair.end)
    }
  }

  /// Prometheus 2.51 changed how far `rate` and `increase` extrapolate towards zero at the start of
  /// a series (github.com/prometheus/prometheus/pull/13725), and Debian's is older. So these are
  /// compared when all series are older than the window: in the last minutes of each stage of the
  /// recorded rollout, whose pods come and go every eight minutes.
  @Test(.enabled(if: Program.promtool != nil && Program.prometheus != nil, skipReason))
  func `promtool gets the rates of the real Prometheus`() async throws {
    let promtool = try #require(Program.promtool)
    let pair = try await Pair(recording: "latency-growth")
    for query in Self.rates {
      for stage in stride(from: pair.rolloutStart, to: pair.end - 480, by: 480) {
        let (first, last) = (stage + 345, stage + 475)
        try Self.compare(query, promtool, pair, at: first)
        try Self.compare(query, promtool, pair, at: last)
        try Self.compare(query, promtool, pair, from: first, through: last)
      }
    }
  }

  private static let skipReason: Comment =
    "Debian's prometheus is not here: nothing to compare with (make test unpacks it)"

  private static func compare(
    _ query: String, _ promtool: Program, _ pair: Pair, at time: Double
  ) throws {
    try compare(query, promtool, pair) { ["query", "instant", "--time", String(time), $0, query] }
  }

  private static func compare(
    _ query: String, _ promtool: Program, _ pair: Pair, from start: Double, through end: Double
  ) throws {
    let times = ["--start", String(start), "--end", String(end), "--step", "15s"]
    try compare(query, promtool, pair) { ["query", "range"] + times + [$0, query] }
  }

  private static func compare(
    _ query: String, _ promtool: Program, _ pair: Pair, _ arguments: (String) -> [String]
  ) throws {
    let theirs = try promtool.run(arguments(pair.prometheus.address))
    let ours = try promtool.run(arguments(pair.assay.address))
    #expect(theirs.exitCode == 0, "\(query): \(theirs.errors)")
    #expect(ours.exitCode == 0, "\(query): \(ours.errors)")
    let (left, right) = (PromtoolAnswer(theirs.output), PromtoolAnswer(ours.output))
    #expect(left.isClose(to: right), "\(query)\ntheirs: \(theirs.output)\nours: \(ours.output)")
  }
}

/// A recording served by both.
private struct Pair {
  let prometheus: Server
  let assay: Server
  let start: Double
  let rolloutStart: Double
  let end: Double
  private let folder: TemporaryFolder

  init(recording name: String) async throws {
    let folder = try TemporaryFolder()
    let source = Program.projectRoot.appending(path: "queries/recordings/\(name)")
    try FileManager.default.copyItem(atPath: source.path, toPath: folder.file("prometheus"))
    try FileManager.default.removeItem(atPath: folder.file("prometheus/recording.json"))
    let imported = try Program.assay.run("import", source.path, "--data", folder.file("assay"))
    #expect(imported.exitCode == 0, "\(imported.errors)")
    let config = try folder.write("prometheus.yml", "global: {scrape_interval: 1h}\n")
    prometheus = try await Server(
      try #require(Program.prometheus), log: folder.file("prometheus.log")
    ) { port in
      [
        "--config.file=\(config)", "--storage.tsdb.path=\(folder.file("prometheus"))",
        "--storage.tsdb.retention.time=50y", "--web.listen-address=127.0.0.1:\(port)",
      ]
    }
    assay = try await Server(.assay, log: folder.file("assay.log")) { port in
      ["serve", "--data", folder.file("assay"), "--listen", "127.0.0.1:\(port)"]
    }
    let description = try JSONSerialization.jsonObject(
      with: Foundation.Data(contentsOf: source.appending(path: "recording.json")))
    let fields = try #require(description as? [String: Any])
    start = try #require(fields["start"] as? Double)
    rolloutStart = try #require(fields["rolloutStart"] as? Double)
    end = try #require(fields["end"] as? Double)
    self.folder = folder
  }
}

/// promtool's text: lines `{labels} => value @[time]`, or a head line and `value @[time]` lines.
private struct PromtoolAnswer {
  /// Sorted texts with the numbers taken out, and the numbers.
  private var lines: [(text: String, value: Double)]

  init(_ output: String) {
    var head = ""
    lines = output.split(separator: "\n").compactMap { line in
      guard let at = line.range(of: " @[") else {
        head = String(line)
        return nil
      }
      let front = line[..<at.lowerBound]
      let arrow = front.range(of: "=> ", options: .backwards)
      let labels = arrow.map { String(front[..<$0.lowerBound]) } ?? head
      let value = front[(arrow?.upperBound ?? front.startIndex)...]
      return (labels + line[at.lowerBound...], Double(value) ?? .nan)
    }.sorted { $0.text < $1.text }
  }

  /// Same series and times, values within 1e-9.
  func isClose(to other: PromtoolAnswer) -> Bool {
    lines.count == other.lines.count
      && zip(lines, other.lines).allSatisfy { left, right in
        left.text == right.text
          && (left.value == right.value || left.value.isNaN && right.value.isNaN
            || abs(left.value - right.value) <= 1e-9 * max(abs(left.value), abs(right.value)))
      }
  }
}
