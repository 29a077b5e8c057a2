import MetricModel
import PromQL
import Synchronization
import Testing

/// Which parts of a query go to another engine, how they are put to it, and what comes of answers.
@Suite struct DelegationTests {
  private static let grid = StepGrid(start: Recording.minute(10), step: .minutes(1), count: 5)

  /// What is asked of the engine, in the order of the plan.
  private func asked(
    _ text: String, _ reach: QueryReach, features: Set<QueryFeature> = []
  ) throws -> [String] {
    let source = EngineSource(reach: reach)
    let query = try Query(text, options: QueryOptions(features: features))
    return try query.explained(at: .range(Self.grid), from: source).nodes.compactMap { node in
      let prefix = "asked of elsewhere: "
      return node.line.hasPrefix(prefix) ? String(node.line.dropFirst(prefix.count)) : nil
    }
  }

  @Test(
    arguments: [
      // The whole of it.
      (
        "sum by (job) (rate(x{a=~\"b.*\"}[5m])) / count(y)", .same,
        ["sum by (job) (rate(x{a=~\"b.*\"}[5m])) / count(y)"]
      ),
      // A selector's samples are no more than its answer, and numbers aren't worth the way.
      ("x", .same, []), ("x", .anything, ["x"]), ("1 + time()", .anything, []),
      ("scalar(max(x)) * time()", .same, ["max(x)"]),
      // What depends on the whole query, and on the other server's settings, is written out.
      (
        "max_over_time(x[1h:] @ end())", .same, ["max_over_time(x[1h:1m] @ 840.000)"]
      ),
      (
        "rate(x[step() * 3] offset -range())", .same, ["rate(x[3m] offset -4m)"]
      ),
      // Before Prometheus 3 windows were closed, durations no numbers, and a dot no line's end.
      (
        "count by (job) (max_over_time(x{a=~\"b.c\"}[5m]) > 5m)",
        .exact(windowsAreClosed: true),
        ["count by (job) (max_over_time(x{a=~\"(?s)b.c\"}[4m59s999ms]) > 300)"]
      ),
      (
        "count by (job) (max_over_time(x{a=~\"b.c\"}[5m]) > 5m)",
        .exact(windowsAreClosed: false),
        ["count by (job) (max_over_time(x{a=~\"b.c\"}[5m]) > 300)"]
      ),
      ("max_over_time(x[1ms])", .exact(windowsAreClosed: true), []),
      // The largest parts that have the same answer.
      (
        "sum(max_over_time(x[5m])) + max(min_over_time(y[1m]))",
        .exact(windowsAreClosed: true),
        ["max_over_time(x[4m59s999ms])", "max(min_over_time(y[59s999ms]))"]
      ),
      ("max by (\"a b\") (abs(x))", .exact(windowsAreClosed: false), ["abs(x)"]),
      ("max({\"a b\"})", .exact(windowsAreClosed: false), []),
      ("max({\"a b\"})", .same, ["max({\"a b\"})"]),
    ] as [(String, QueryReach, [String])])
  func `the largest parts of equal meaning go`(
    text: String, reach: QueryReach, expected: [String]
  ) throws {
    #expect(try asked(text, reach, features: [.experimentalFunctions]) == expected)
  }

  @Test func `what Prometheus lacks never goes`() throws {
    let features = Set(QueryFeature.allCases).subtracting([.startTimestamps])
    for text in [
      "welch_t(abs(x), abs(y))", "keep_last_value(abs(x))", "abs(x) default abs(y)",
    ] {
      #expect(try asked(text, .anything, features: features).allSatisfy { $0.hasPrefix("abs") })
    }
    for text in ["limitk(1, x)", "mad_over_time(x[5m])", "a + fill(0) b", "rate(x[5m] smoothed)"] {
      #expect(try asked(text, .same, features: features).isEmpty, "\(text)")
    }
    #expect(try asked("limitk(1, x)", .anything, features: features) == ["limitk(1, x)"])
    #expect(try asked("info(abs(x))", .anything, features: features) == ["abs(x)"])
    // Start times of counters would change rates.
    #expect(try asked("rate(x[5m])", .same, features: [.startTimestamps]).isEmpty)
  }

  @Test(arguments: [
    "sum by (pod) (rate(x_total[5m]))", "max_over_time(abs(x_total)[5m:1m])",
    "count(x_total > 3) or vector(0)", "avg(x_total) * scalar(max(x_total))",
    "sort_desc(abs(x_total))", "topk(2, rate(x_total[5m]))", "abs(x_total @ end())",
  ])
  func `the answer is what is evaluated here`(text: String) throws {
    let source = EngineSource(series: Self.counters, reach: .same)
    let query = try Query(text)
    #expect(
      try query.range(over: Self.grid, from: source)
        == query.range(over: Self.grid, from: source.series))
    let time = Recording.minute(12)
    #expect(
      try query.instant(at: time, from: source) == query.instant(at: time, from: source.series))
    #expect(source.questions > 0)
  }

  private static var counters: [Series] {
    var random = RandomSeries(seed: 11)
    return (0..<7).map { number in
      random.counter(
        Labels([("__name__", "x_total"), ("pod", "\(number)")]), count: 80, jitterMilliseconds: 9)
    }
  }

  @Test func `what the engine declines is evaluated here`() throws {
    let source = EngineSource(series: Self.counters, reach: .same, failure: .unsupported("no"))
    let query = try Query("sum(rate(x_total[5m]))")
    #expect(
      try query.range(over: Self.grid, from: source)
        == query.range(over: Self.grid, from: source.series))
    #expect(source.questions == 1)
  }

  @Test func `failures, limits and cancellation are the query's`() throws {
    let query = try Query("sum(rate(x_total[5m]))")
    let failing = EngineSource(reach: .same, failure: .unreadable("status 422: too much"))
    let error = #expect(throws: QueryError.self) {
      try query.range(over: Self.grid, from: failing)
    }
    #expect(error?.description.contains("status 422: too much") == true)
    #expect(throws: QueryError.cancelled) {
      try query.range(
        over: Self.grid, from: failing, limits: QueryLimits(isCancelled: { true }))
    }
    #expect(throws: QueryError.tooManySamples(limit: 4, needed: 5)) {
      try query.range(
        over: Self.grid, from: EngineSource(series: Self.counters, reach: .same),
        limits: QueryLimits(samplesMax: 4))
    }
    #expect(failing.bytesMax == QueryLimits().bytesMax)
  }

  @Test func `times that weren't asked for are refused`() throws {
    var samples = SampleColumns()
    samples.append(Recording.minute(10).advanced(by: .seconds(1)), 1)
    let source = EngineSource(
      reach: .same, answer: EngineAnswer(series: [Series(labels: .empty, samples: samples)]))
    let error = #expect(throws: QueryError.self) {
      try Query("max(x)").range(over: Self.grid, from: source)
    }
    #expect(error?.description.contains("601000 ms") == true)
  }

  @Test func `remarks of the engine are passed on`() throws {
    let remark = Annotation(.warning, "some store is away, says elsewhere")
    let source = EngineSource(reach: .same, answer: EngineAnswer(series: [], annotations: [remark]))
    #expect(try Query("max(x)").range(over: Self.grid, from: source).annotations == [remark])
  }

  @Test func `an engine is asked only for what nobody else has`() throws {
    let joined = InMemoryCatalog(Self.counters).joined(
      with: EngineSource(series: Self.counters, reach: .same))
    let plan = try Query("max(x_total) + max(y)")
      .explained(at: .range(Self.grid), from: joined).text
    #expect(plan.contains("asked of elsewhere: max(y)"))
    #expect(!plan.contains("max(x_total)"))
  }
}

/// Series of which another engine, our own in fact, answers whole queries.
private final class EngineSource: SeriesCatalog, QueryEngine {
  let series: InMemorySeries
  let name = "elsewhere"
  let reach: QueryReach
  private let failure: SelectError?
  private let scripted: EngineAnswer?
  private let asked = Mutex<[QueryQuestion]>([])

  init(
    series: [Series] = [], reach: QueryReach, failure: SelectError? = nil,
    answer: EngineAnswer? = nil
  ) {
    self.series = InMemorySeries(series)
    self.reach = reach
    self.failure = failure
    scripted = answer
  }

  var questions: Int { asked.withLock { $0.count } }
  var bytesMax: Int? { asked.withLock { $0.last?.bytesMax } }

  func engine(for selections: [[LabelMatcher]]) -> (any QueryEngine)? { self }

  func select(
    _ matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> any SeriesSelection {
    try series.select(matchers, in: range)
  }

  func answer(_ question: QueryQuestion) throws(SelectError) -> EngineAnswer {
    asked.withLock { $0.append(question) }
    if let failure { throw failure }
    if let scripted { return scripted }
    do {
      let query = try Query(question.text)
      let answer =
        question.grid.count == 1
        ? try query.instant(at: question.grid.start, from: series)
        : try query.range(over: question.grid, from: series)
      return EngineAnswer(series: answer.value.rows, annotations: answer.annotations)
    } catch {
      throw .unreadable("\(error)")
    }
  }

  func labelNames(
    matching matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> [String] { [] }

  func labelValues(
    of name: String, matching matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> [String] { [] }

  func seriesLabels(
    matching matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> [Labels] { [] }
}

/// Series at hand that no engine stands behind.
private struct InMemoryCatalog: SeriesCatalog {
  private let series: InMemorySeries

  init(_ series: [Series]) {
    self.series = InMemorySeries(series)
  }

  func select(
    _ matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> any SeriesSelection {
    try series.select(matchers, in: range)
  }

  func labelNames(
    matching matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> [String] { [] }

  func labelValues(
    of name: String, matching matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> [String] { [] }

  func seriesLabels(
    matching matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> [Labels] { [] }
}

extension QueryValue {
  fileprivate var rows: [Series] {
    switch self {
    case .matrix(let series): return series
    case .vector(let samples):
      return samples.compactMap { sample in
        guard case .number(let value) = sample.value else { return nil }
        var columns = SampleColumns()
        columns.append(sample.time, value)
        return Series(labels: sample.labels, samples: columns)
      }
    case .scalar, .string: return []
    }
  }
}
