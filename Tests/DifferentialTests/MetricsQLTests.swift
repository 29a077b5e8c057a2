import MetricModel
import PromQL
import Testing

/// What is taken from MetricsQL, asked of the real VictoriaMetrics.
///
/// The queries take gaps from comparisons, not from missing scrapes, of which the two languages
/// think differently; and sums without names, which VictoriaMetrics keeps elsewhere.
struct MetricsQLTests {
  private static let path = PeerProgram.path(of: "victoria-metrics")
  private static let start: Int64 = 1_700_000_000_000
  private static let step: Int64 = 60_000

  private static let values: [(name: String, a: String, values: [Double])] = [
    ("x", "1", [1, 2, 3, 4, 5, 6, 7]), ("x", "2", [7, 6, 5, 4, 3, 2, 1]),
    ("y", "1", [10, 10, 10, 10, 10, 10, 10]), ("y", "3", [30, 31, 32, 33, 34, 35, 36]),
  ]

  private static let queries = [
    "sum by (a) (x > 3) default 0", "sum by (a) (x > 3) default sum by (a) (y)",
    "sum by (a) (x > 3) default on () sum(y)", "sum by (a) (x > 100) default 7",
    "sum by (a) (x > 100) default sum by (a) (y)", "sum(x > 6) default sum(y > 100) default 3",
    "sum by (a) (x > 3) default -1 + 2", "sum(x > 100) default vector(1) or vector(2)",
    "keep_last_value(sum by (a) (x > 3))", "keep_last_value(sum(x > 6))",
    "keep_last_value(sum by (a) (x > 3)) default 0",
    "WITH (big(q) = q > 3) sum by (a) (big(x))", #"WITH (f = {a="1"}, s = sum(x{f})) s * 2"#,
    #"WITH (named(v) = sum(x{a=v})) named("1") + named("2")"#,
    "WITH (b = sum(x) + 1) b ^ 2", "1 + WITH (b = sum(x)) b * 2",
    #"WITH (s = x{a="1"}, t(q) = sum(q) * 2, u(q) = t(q) + t(q)) u(s)"#,
  ]

  @Test(.enabled(if: path != nil, "VictoriaMetrics could not be had"))
  func `queries get VictoriaMetrics' answers`() async throws {
    var batch = SampleBatch()
    var series: [Series] = []
    for row in Self.values {
      let labels = Labels([("__name__", row.name), ("a", row.a)])
      var samples = SampleColumns()
      let number = batch.addSeries(labels)
      for (index, value) in row.values.enumerated() {
        let time = Timestamp(milliseconds: Self.start + Int64(index) * Self.step)
        samples.append(time, value)
        batch.append(series: number, time, value)
      }
      series.append(Series(labels: labels, samples: samples))
    }
    let source = InMemorySeries(series)
    let peer = try await PrometheusPeer(
      .victoriaMetrics(try #require(Self.path)), [batch])
    let times = Evaluation.range(
      start: Self.start, end: Self.start + 6 * Self.step, step: Self.step)
    for query in Self.queries {
      let theirs = try await peer.answer(query, times)
      let ours = DifferentialAnswer(
        query, times, from: source, lookback: Self.step, features: [.metricsQL])
      if let difference = ours.difference(from: theirs) {
        Issue.record("\(query): \(difference)")
      }
      if case .failed(let reason) = theirs { Issue.record("\(query): \(reason)") }
    }
  }
}
