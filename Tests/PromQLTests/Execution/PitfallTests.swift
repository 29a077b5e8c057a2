import MetricModel
import PromQL
import Testing

/// The pitfalls that no script can tell: errors before evaluation, answers of a server's default
/// setting, what Swift does with numbers. The others, by the same numbers, are in
/// `queries/conformance/pitfalls.test`.
@Suite struct PitfallTests {
  private func failure(_ text: String) -> String {
    do {
      _ = try Query(text, options: .everything)
      return "no error"
    } catch {
      return error.description
    }
  }

  @Test func `8 range queries take numbers and instant vectors only`() {
    for text in [#""text""#, "x[5m]", "x[5m:1m]"] {
      #expect(throws: QueryError.self) { try Recording().range(text, minutes: 0...1) }
    }
  }

  @Test func `31 equal labels are an error where elements meet, else one series`() throws {
    var recording = Recording()
    recording.add("early", [("i", "1")], [1, 1, StaleMarker.value])
    recording.add("late", [("i", "1")], [nil, nil, nil, 2])
    recording.add("both", [("i", "1")], [1, 1, 1, 1])
    var atOnce = QueryOptions.everything
    atOnce.delaysNameRemoval = false
    #expect(
      try recording.range(#"-{__name__=~"early|late"}"#, minutes: 0...3, options: atOnce).lines
        == ["{i=\"1\"} -1 -1 -2"])
    #expect(throws: QueryError.repeatedLabelset) {
      try recording.range(#"-{__name__=~"early|both"}"#, minutes: 0...3, options: atOnce)
    }
    // Functions of range vectors refuse equal labels even if they never meet.
    #expect(throws: QueryError.repeatedLabelset) {
      try recording.range(
        #"max_over_time({__name__=~"early|late"}[1m])"#, minutes: 0...3, options: atOnce)
    }
    var atEnd = QueryOptions.everything
    atEnd.delaysNameRemoval = true
    #expect(
      try recording.range(
        #"max_over_time({__name__=~"early|late"}[1m])"#, minutes: 0...3, options: atEnd
      ).lines == ["{i=\"1\"} 1 1 2"])
  }

  @Test(arguments: [
    ("1 < 2", "1:1: parse error: comparisons between scalars must use BOOL modifier"),
    ("x + bool y", "1:5: parse error: bool modifier can only be used on comparison operators"),
    ("1 and x", #"1:1: parse error: set operator "and" not allowed in binary scalar expression"#),
  ])
  func `46 operators of scalars`(text: String, message: String) {
    #expect(failure(text) == message)
  }

  @Test(arguments: [
    "RATE(x[5m])", "x[30m1h]", "x[1m1m]", "1.5h", "x[-5m]", "x[0s]", "sum(x)[5m]",
    "sum(x) offset 5m", "1__0", "1_", "0x1.8", "0b1", "0o7", #"{__name__=~".*"}"#, "{}",
  ])
  func `44, 48, 49, 51 and 52 what is no query`(text: String) {
    #expect(failure(text) != "no error")
  }

  @Test func `53 errors tell line and byte`() {
    #expect(failure("é +\n  x[").hasPrefix("1:1"))
    #expect(failure("x +\n  sum(").hasPrefix("2:7"))
  }

  /// What would trap in Swift: conversions, ranges, overflow.
  @Test(arguments: [
    "year(vector(Inf))", "year(vector(-Inf))", "month(vector(1e300))", "topk(1e30, x)",
    "topk(-1e30, x)", "limitk(Inf, x)", "round(x, 0)", "round(x, NaN)", "vector(1) % 0",
    "quantile(NaN, x)", "histogram_quantile(1e300, x)", "x offset 290y", "x offset -290y",
    "x @ 9e15", "x[290y:290y]", "sum_over_time(x[290y:100y])", "x ^ 1e308", "clamp(x, Inf, -Inf)",
    "limit_ratio(1e308, x)", "predict_linear(x[5m], 1e308)", "h * 1e308", "h / -0", "h </ NaN",
    "h >/ -Inf", "h * NaN", "histogram_quantile(NaN, h)", "histogram_fraction(-Inf, Inf, h)",
    "sum_over_time(h[1h]) * 1e308", "histogram_stddev(h * -1)", "rate(h[1ms])",
  ])
  func `66 no number ends the program`(text: String) throws {
    var recording = Recording()
    recording.add("x", [], [1, 2, 3])
    var samples = SampleColumns()
    for minute in 0..<3 {
      let count = Double(minute + 1)
      samples.histograms.append(
        Recording.minute(minute),
        NativeHistogram(
          zeroThreshold: 1e-300, zeroCount: count, count: 3 * count, sum: count,
          positive: HistogramBuckets(from: -1000, [count]),
          negative: HistogramBuckets(from: 1000, [count])))
    }
    recording.series.append(Series(labels: Labels([("__name__", "h")]), samples: samples))
    let text = text.hasSuffix("]") ? "count_over_time(\(text))" : text
    for minute in [0, 2] {
      do {
        _ = try recording.instant(text, minute: minute)
        _ = try recording.range(text, minutes: minute...(minute + 1))
      } catch let error as QueryError {
        #expect(!error.description.isEmpty)
      }
    }
  }
}
