import MetricModel
import PromQL
import QueryScripts
import Testing

/// Random queries have no known answer, but their answers must agree with each other: as an instant
/// query, as a step of a range query, and with all selectors pinned.
@Suite struct ConsistencyTests {
  private static let series = """
    load 1m
      m{g="a", i="1"} 0+1x5 stale 3 _ 9
      m{g="a", i="2"} 3 4 NaN 1 2 7x5
      m{g="b", i="1"} 10-1x10
      m{i="9"} _ _ _ 100 Inf -Inf 5
      total{g="a"} 0+30x4 10+30x6
      total{g="b"} 0 _ _ 7 1 stale
      x 1 2 _ _ _ _ _ _ 9
      h{g="a"} {{count:1 sum:2 buckets:[1]}}+{{count:2 sum:3 buckets:[1 1]}}x4 {{count:1}} 7 stale
      h{g="b"} {{schema:1 count:3 sum:NaN buckets:[1 2]}}+{{schema:1 count:1 buckets:[1]}}x9
      c {{schema:-53 count:2 custom_values:[1 2] buckets:[1 1]}}x4 \
    {{schema:-53 count:3 custom_values:[1 3] buckets:[1 1 1]}}x4
      b_bucket{le="1"} 0+1x10
      b_bucket{le="2"} 0+3x10
      b_bucket{le="+Inf"} 0+4x10

    """

  /// Queries over the series above, so that recombined ones find something to work on.
  private static let queries = """
    eval instant at 0 sum by (g) (rate(total[3m]))
    eval instant at 0 m / on (g) group_left () total
    eval instant at 0 m > bool 2 or x
    eval instant at 0 histogram_quantile(0.3, sum by (le) (rate(b_bucket[4m])))
    eval instant at 0 quantile_over_time(0.4, m[3m]) unless on (i) m{i="1"}
    eval instant at 0 topk by (g) (1, m offset 1m)
    eval instant at 0 max_over_time((m - x)[5m:30s])
    eval instant at 0 label_replace(m, "g", "$1", "i", "(.*)") and m
    eval instant at 0 count_values("v", m) + scalar(x)
    eval instant at 0 clamp(avg without (i) (m @ 120), 1, scalar(count(m)))
    eval instant at 0 histogram_quantile(0.7, sum by (g) (rate(h[3m])))
    eval instant at 0 histogram_count(increase(h[4m:30s])) + on (g) group_right () m
    eval instant at 0 avg(c) - on () sum_over_time(c[3m])
    eval instant at 0 h </ 1.5 or c >/ on () group_left () x
    eval instant at 0 histogram_fraction(0, 2, h) / resets(h[5m])
    eval instant at 0 absent(m{g="c"}) * stddev(m) ^ 2 - -x % 3
    """.split(separator: "\n").joined(separator: "\n\n")

  @Test(arguments: UInt64(1)...6)
  func `a query answers the same in every way of asking`(seed: UInt64) throws {
    let own = try ScriptFile.own.map { try $0.script() }
    let mine = ScriptParser.parse(Self.queries)
    var queries = RecombinedQueries(own + Array(repeating: mine, count: 60), seed: seed)
    let load = ScriptParser.parse(Self.series).statements
    let evaluator = EngineEvaluator()
    let source = try Self.source(load)
    let runner = ScriptRunner(evaluator: evaluator)
    var answered = 0
    for _ in 0..<100 {
      let query = queries.next()
      guard !Self.mayDiffer(query) else { continue }
      let time = Timestamp(milliseconds: 375_000)
      guard let answer = try? evaluator.answer(query, at: .instant(time), from: source),
        let value = Self.expected(answer.value)
      else { continue }
      answered += 1
      let evaluation = ScriptEvaluation(
        times: .instant(time), query: query, expectation: ExpectedAnswer(value: value))
      let statement = ScriptStatement(line: 1, command: .evaluate(evaluation))
      for entry in runner.run(Script(statements: load + [statement])).failures {
        // Another step of the range query may fail where this one doesn't.
        if case .failed(let mismatch) = entry.outcome, mismatch.reason.hasSuffix("query fails") {
          continue
        }
        Issue.record("seed \(seed): \(entry)")
      }
    }
    #expect(answered > 50)
  }

  /// `start()` and `end()` are those of the query. Among ties `topk` takes the first, and elements
  /// of `count_values` come in the order in which the values were first counted.
  private static func mayDiffer(_ query: String) -> Bool {
    let isRanked = query.contains("topk") || query.contains("bottomk")
    return query.contains("start()") || query.contains("end()")
      || (isRanked && query.contains("count_values"))
  }

  private static func source(_ load: [ScriptStatement]) throws -> InMemorySeries {
    guard case .load(let load)? = load.first?.command else { return InMemorySeries([]) }
    return InMemorySeries(
      load.series.map { series in
        var samples = SampleColumns()
        for (index, value) in series.values.enumerated() {
          let time = Timestamp(milliseconds: Int64(index) * load.step.count)
          switch value {
          case .omitted: break
          case .number(let number): samples.append(time, number)
          case .histogram(let histogram, _): samples.histograms.append(time, histogram)
          }
        }
        return Series(labels: series.labels, samples: samples)
      })
  }

  /// An answer turned into what is expected; nil for range vectors, which have no range copies.
  private static func expected(_ value: QueryValue) -> ExpectedAnswer.Value? {
    switch value {
    case .scalar(let point): .scalar(point.value)
    case .string(let text, _): .string(text)
    case .vector(let samples):
      .series(
        samples.map { sample in
          switch sample.value {
          case .number(let number):
            NotatedSeries(labels: sample.labels, values: [.number(number)])
          case .histogram(let histogram):
            NotatedSeries(
              labels: sample.labels, values: [.histogram(histogram, isHintWritten: false)])
          }
        })
    case .matrix: nil
    }
  }
}
