import MetricModel
import PromQL
import Testing

/// What must hold between answers, whatever they are.
@Suite struct ConsistencyTests {
  private static let queries = [
    "x_total", "-x_total", "rate(x_total[5m])", "sum by (pod) (rate(x_total[5m]))",
    "avg without (code) (x_total)", "topk(2, x_total)", "bottomk by (pod) (1, y)",
    "quantile by (code) (0.3, y)", "count_values(\"v\", clamp(round(y), -2, 2))",
    "x_total / ignoring (code) group_left sum by (pod, __name__) (x_total)",
    "x_total > 500 or y < 3", "y unless x_total", "absent(y{pod=\"3\"} > 900)",
    "stddev(y)", "stdvar by (code) (y)", "scalar(y{pod=\"3\", code=\"1\"})", "timestamp(y)",
    "max_over_time(rate(x_total[1m])[5m:30s])", "predict_linear(y[5m], 60)", "deriv(x_total[3m])",
    "histogram_quantile(0.9, label_replace(x_total, \"le\", \"$1\", \"code\", \"(.*)\"))",
    "label_join(y, \"both\", \"-\", \"pod\", \"code\")", "x_total * 2 + 1", "2 ^ (y % 7)",
    "hour(x_total * 1e6)", "time() - y", "limitk(3, y)", "limit_ratio(0.4, y)",
    "quantile_over_time(0.7, y[4m])", "y offset 90s", "sum(y @ 400)", "mad_over_time(y[3m])",
  ]

  private static let series: [Series] = {
    var random = RandomSeries(seed: 11)
    var result: [Series] = []
    for pod in 0..<4 {
      for code in 0..<3 {
        let labels = [("pod", "\(pod)"), ("code", "\(code)")]
        result.append(
          random.counter(
            Labels([("__name__", "x_total")] + labels), count: 60, jitterMilliseconds: 200))
        result.append(random.gauge(Labels([("__name__", "y")] + labels), count: 60))
      }
    }
    return result
  }()

  @Test(arguments: queries)
  func `a range query is its instant queries side by side`(text: String) throws {
    let source = InMemorySeries(Self.series)
    let query = try Query(text, options: .everything)
    let grid = StepGrid(
      start: Timestamp(milliseconds: 200_000), step: Milliseconds(41_000), count: 12)
    guard case .matrix(let rows) = try query.range(over: grid, from: source).value else {
      Issue.record("a range query answers a matrix")
      return
    }
    for step in 0..<grid.count {
      var there: Set<String> = []
      for row in rows {
        guard let index = row.samples.timestamps.firstIndex(of: grid[step].milliseconds) else {
          continue
        }
        there.insert("\(row.labels) \(NumberText.plain(row.samples.values[index]))")
      }
      let here = try query.instant(at: grid[step], from: source)
      let lines =
        if case .scalar(let point) = here.value {
          ["{} \(NumberText.plain(point.value))"]
        } else {
          here.lines
        }
      #expect(Set(lines) == there, "\(text) at step \(step)")
    }
  }

  @Test(arguments: queries)
  func `the same query gives the same bits`(text: String) throws {
    let query = try Query(text, options: .everything)
    let grid = StepGrid(start: Timestamp(milliseconds: 0), step: Milliseconds(17_000), count: 40)
    let first = try query.range(over: grid, from: InMemorySeries(Self.series))
    let second = try query.range(over: grid, from: InMemorySeries(Self.series.reversed()))
    #expect(first == second)
  }

  @Test func `series beyond one tile are answered like the rest`() throws {
    var recording = Recording()
    for number in 0..<5000 {
      recording.add("x", [("n", "\(10_000 + number)"), ("g", "\(number % 3)")], [Double(number)])
    }
    let sums = try recording.instant("sum by (g) (x)", minute: 0)
    #expect(sums.lines == ["{g=\"0\"} 4165833", "{g=\"1\"} 4167500", "{g=\"2\"} 4164167"])
    let doubled = try recording.instant("count(x * 2 == on (n) x + x)", minute: 0)
    #expect(doubled.lines == ["{} 5000"])
    let ranked = try recording.instant("topk(2, x)", minute: 0)
    #expect(ranked.lines == ["x{g=\"1\", n=\"14999\"} 4999", "x{g=\"0\", n=\"14998\"} 4998"])
  }
}
