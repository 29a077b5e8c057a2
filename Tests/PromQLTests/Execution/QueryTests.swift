import MetricModel
import PromQL
import Testing

@Suite struct QueryTests {
  private var recording = Recording()

  init() {
    recording.add("requests_total", [("job", "a"), ("pod", "1")], [0, 60, 120, 180, 240, 300])
    recording.add("requests_total", [("job", "a"), ("pod", "2")], [0, 6, 12, 3, 9, 15])
    recording.add("requests_total", [("job", "b"), ("pod", "1")], [10, nil, nil, 40])
    recording.add("limit", [("job", "a")], [100, 100, 100, 100, 100, 100])
  }

  @Test func `an instant query has the type of its expression`() throws {
    #expect(try recording.instant("1 + 2", minute: 1).lines == ["3"])
    #expect(try recording.instant("\"text\"", minute: 1).lines == ["text"])
    #expect(try recording.instant("limit", minute: 1).lines == ["limit{job=\"a\"} 100"])
    #expect(
      try recording.instant("limit[2m]", minute: 2).lines == ["limit{job=\"a\"} 100 100"])
    #expect(
      try recording.instant("(limit * 2)[2m:1m]", minute: 2).lines == ["{job=\"a\"} 200 200"])
  }

  @Test func `a range query answers a matrix sorted by labels`() throws {
    #expect(try recording.range("7", minutes: 0...2).lines == ["{} 7 7 7"])
    #expect(
      try recording.range("requests_total{pod=\"1\"}", minutes: 2...4).lines == [
        "requests_total{job=\"a\", pod=\"1\"} 120 180 240",
        "requests_total{job=\"b\", pod=\"1\"} 10 40 40",
      ])
    #expect(
      try recording.range("sum by (job) (requests_total)", minutes: 0...1).lines == [
        "{job=\"a\"} 0 66", "{job=\"b\"} 10 10",
      ])
  }

  @Test func `with types as labels, rate asks them for counters`() throws {
    var recording = Recording()
    recording.add("a", [("__type__", "counter"), ("x", "1")], [0, 60, 120])
    recording.add("b_total", [("__type__", "gauge"), ("x", "2")], [0, 60, 120])
    recording.add("c_total", [("x", "3")], [0, 60, 120])
    func remarks(_ features: Set<QueryFeature>) throws -> [String] {
      let query = try Query(
        #"rate({__name__=~"a|b_total|c_total"}[5m])"#, options: QueryOptions(features: features))
      return try query.instant(at: Recording.minute(2), from: InMemorySeries(recording.series))
        .annotations.map(\.text)
    }
    let byType =
      "PromQL info: metric might not be a counter, __type__ label is not set to "
      + #""counter" or "histogram", got "#
    #expect(
      try remarks([.typeAndUnitLabels]) == [
        byType + #""": "c_total" (1:6)"#, byType + #""gauge": "b_total" (1:6)"#,
      ])
    #expect(try remarks([]).count == 1)
  }

  @Test(arguments: [
    ("1", [0, 0, 0, 0]), ("requests_total", [3, 3, 3, 3]),
    ("requests_total + requests_total", [6, 6, 6, 6]),
    ("sum_over_time(requests_total[2m])", [3, 5, 4, 5]),
    ("sum_over_time(requests_total[2m] @ 60)", [5, 5, 5, 5]),
    ("limit + requests_total @ end()", [4, 4, 4, 4]),
    ("max_over_time((sum(requests_total))[2m:1m])", [1, 2, 2, 2]),
  ])
  func `samples are counted step by step, as written`(_ text: String, _ counts: [Int]) throws {
    var options = QueryOptions.everything
    let plain = try recording.range(text, minutes: 0...3, options: options)
    options.countsSamples = true
    let counted = try recording.range(text, minutes: 0...3, options: options)
    #expect(counted.samples?.perStep == counts && counted.samples?.total == counts.reduce(0, +))
    #expect(counted.value == plain.value && plain.samples == nil)
  }

  @Test func `strings and range vectors have no value over time`() {
    let texts = ["\"text\"", "limit[5m]"]
    let errors = texts.map { text in
      #expect(throws: QueryError.self) { try recording.range(text, minutes: 0...1) }
    }
    #expect(
      errors.map { $0?.description } == [
        "invalid expression type \"string\" for range query, must be Scalar or instant Vector",
        "invalid expression type \"range vector\" for range query, "
          + "must be Scalar or instant Vector",
      ])
  }

  @Test func `a rate is extrapolated and corrected for resets`() throws {
    #expect(
      try recording.instant("increase(requests_total{job=\"a\"}[5m])", minute: 5).lines == [
        "{job=\"a\", pod=\"1\"} 300", "{job=\"a\", pod=\"2\"} 26.25",
      ])
  }

  @Test func `steps limit, samples limit and cancellation stop a query`() {
    func error(_ limits: QueryLimits) -> QueryError? {
      #expect(throws: QueryError.self) {
        try recording.range("rate(requests_total[5m])", minutes: 0...5, limits: limits)
      }
    }
    #expect(error(QueryLimits(stepsMax: 5)) == .tooManySteps(limit: 5, needed: 6))
    #expect(
      error(QueryLimits(samplesMax: 5))?.description
        == "query processing would load too many samples into memory in query execution: "
        + "18 at once, the limit is 5; select fewer series, use a longer step, or raise the "
        + "limit (--query.max-samples)")
    #expect(
      error(QueryLimits(bytesMax: 64))?.description
        == "query processing would hold 288 bytes in memory, the limit is 64; select fewer "
        + "series, use a longer step, or raise the limit (--query.max-bytes)")
    #expect(error(QueryLimits(isCancelled: { true })) == .cancelled)
  }

  @Test func `points of the answer count, not what flowed through`() throws {
    let limits = QueryLimits(samplesMax: 6)
    #expect(
      try recording.range("requests_total{pod=\"1\", job=\"a\"}", minutes: 0...5, limits: limits)
        .lines.count == 1)
    #expect(throws: QueryError.tooManySamples(limit: 6, needed: 12)) {
      try recording.range("requests_total{pod=\"1\"}", minutes: 0...5, limits: limits)
    }
    #expect(
      try recording.range("count_values(\"v\", limit)", minutes: 0...2).lines == [
        "{v=\"100\"} 1 1 1"
      ])
  }

  @Test(arguments: ["h", "sum(h)", "sort_by_label(h)", "h + h", "limitk(1, h)", "h[5m]"])
  func `histograms count by their size`(text: String) throws {
    var samples = SampleColumns()
    let buckets = HistogramBuckets(from: 0, [Double](repeating: 1, count: 160))
    samples.histograms.append(Recording.minute(0), NativeHistogram(count: 160, positive: buckets))
    var recording = Recording()
    recording.series = [Series(labels: Labels([("__name__", "h")]), samples: samples)]
    let enough = QueryLimits(samplesMax: 2000)
    #expect(try recording.instant(text, minute: 0, limits: enough).lines.count == 1)
    let fewSamples = #expect(throws: QueryError.self) {
      try recording.instant(text, minute: 0, limits: QueryLimits(samplesMax: 50))
    }
    #expect(fewSamples?.description.contains("the limit is 50; select fewer") == true)
    let fewBytes = #expect(throws: QueryError.self) {
      try recording.instant(text, minute: 0, limits: QueryLimits(bytesMax: 1000))
    }
    #expect(fewBytes?.description.contains("the limit is 1000; select fewer") == true)
  }

  @Test func `a failing source is an error of the query`() {
    struct Broken: SeriesSource {
      func select(
        _ matchers: [LabelMatcher], in range: TimeRange
      ) throws(SelectError) -> any SeriesSelection { throw .corrupt("block 7") }
    }
    let error = #expect(throws: QueryError.self) {
      try Query("sum(x)").instant(at: Recording.minute(0), from: Broken())
    }
    #expect(error?.description == "expanding series: stored data is damaged: block 7")
  }

  @Test func `names go at once, or at the end where that is wanted`() throws {
    var recording = recording
    recording.add("errors_total", [("job", "a"), ("pod", "1")], [0, 1, 2, 3, 4, 5])
    let text = "sum by (__name__) (rate({job=\"a\", pod=\"1\", __name__=~\".+_total\"}[5m]))"
    #expect(
      recording.failure(text, minute: 5)
        == "vector cannot contain metrics with the same labelset")
    let delayed = QueryOptions(delaysNameRemoval: true)
    #expect(
      try recording.instant("last_over_time(abs(limit)[3m:1m])", minute: 5, options: delayed).lines
        == ["{job=\"a\"} 100"])
    #expect(
      try recording.instant(
        "label_replace(-limit, \"was\", \"$1\", \"__name__\", \"(.*)\")", minute: 5,
        options: delayed
      ).lines == ["{job=\"a\", was=\"limit\"} -100"])
  }

  @Test func `annotations bear the place of the argument`() throws {
    var recording = recording
    recording.add("temperature", [], [1, 2, 3])
    #expect(
      try recording.instant("1 +\n  sum(rate(temperature[5m]))", minute: 2).annotations == [
        Annotation(
          .info,
          "PromQL info: metric might not be a counter, name does not end in "
            + "_total/_sum/_count/_bucket: \"temperature\" (2:12)")
      ])
    #expect(
      try recording.instant("quantile(1.5, limit)", minute: 2).annotations.map(\.text) == [
        "PromQL warning: quantile value should be between 0 and 1, got 1.5 (1:10)"
      ])
    #expect(try recording.instant("rate(nosuch[5m])", minute: 2).annotations == [])
  }

  @Test func `a subquery lies on multiples of its step`() throws {
    // At 5 s past the second minute: the inner times are 1m and 2m, not 1m05s and 2m05s.
    let source = InMemorySeries(recording.series)
    let answer = try Query("sum_over_time(timestamp(vector(1))[2m:1m])").instant(
      at: Timestamp(milliseconds: 125_000), from: source)
    #expect(answer.lines == ["{} 180"])
  }

  @Test func `a selector with a pin answers the same at every step`() throws {
    #expect(
      try recording.range("requests_total{job=\"b\"} @ 180", minutes: 0...3).lines == [
        "requests_total{job=\"b\", pod=\"1\"} 40 40 40 40"
      ])
    #expect(
      try recording.range("sum(requests_total @ end())", minutes: 0...3).lines == [
        "{} 223 223 223 223"
      ])
    #expect(
      try recording.range("timestamp(limit @ 60)", minutes: 0...1).lines == [
        "{job=\"a\"} 60 60"
      ])
  }
}
