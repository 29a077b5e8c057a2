import MetricModel
import PromQL
import Testing

/// Queries made at random, at ordinary and at impossible times: each has an answer or an error,
/// none ends the program.
@Suite struct EvaluationFuzzTests {
  @Test(arguments: 1...8)
  func `no query is a crash`(seed: Int) throws {
    var queries = RandomQueries(seed: UInt64(seed))
    let source = InMemorySeries(Self.series(seed: UInt64(seed)))
    var answered = 0
    for _ in 0..<120 {
      let text = queries.vector(depth: 3)
      let query: Query
      do {
        query = try Query(
          text,
          options: QueryOptions(
            delaysNameRemoval: Bool.random(using: &queries),
            features: QueryFeature.language))
      } catch {
        continue
      }
      let grid = queries.grid()
      do {
        let answer = try query.range(
          over: grid, from: source, limits: QueryLimits(samplesMax: 400_000))
        guard case .matrix(let rows) = answer.value else {
          Issue.record("a range query answers a matrix: \(text)")
          continue
        }
        for (a, b) in zip(rows, rows.dropFirst()) { #expect(a.labels < b.labels, "\(text)") }
        for row in rows {
          #expect(!row.samples.values.contains { $0.isStaleMarker }, "\(text)")
        }
        answered += 1
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
    #expect(answered > 20, "most queries are answered")
  }

  @Test func `a query as deep as the parser allows is evaluated`() throws {
    let text = String(repeating: "-(", count: 120) + "1" + String(repeating: ")", count: 120)
    #expect(try Recording().instant(text, minute: 0).lines == ["1"])
    let sums =
      String(repeating: "sum(", count: 240) + "vector(1)" + String(repeating: ")", count: 240)
    #expect(try Recording().instant(sums, minute: 0).lines == ["{} 1"])
  }

  @Test func `a subquery of too many steps is refused, not begun`() {
    #expect(
      Recording().failure("sum_over_time(vector(1)[100y:1ms])", minute: 0)
        .hasPrefix("query processing would load too many samples into memory in query execution:"))
  }

  static func series(seed: UInt64) -> [Series] {
    var random = RandomSeries(seed: seed)
    var series: [Series] = []
    for number in 0..<6 {
      let labels = [
        ("a", "\(number % 2)"), ("b", "\(number % 3)"), ("le", "\(number)"),
        ("job", "\(number % 2)"),
      ]
      series.append(random.gauge(Labels([("__name__", "x")] + labels), count: 30))
      series.append(
        random.counter(Labels([("__name__", "y_total")] + labels), count: 30, jitterMilliseconds: 9)
      )
    }
    for number in 0..<4 {
      let labels = [("a", "\(number % 2)"), ("b", "\(number % 3)"), ("job", "\(number % 2)")]
      series.append(
        random.histograms(
          Labels([("__name__", "h")] + labels), count: 30, isCustom: number == 3))
    }
    // At the ends of time.
    var ends = SampleColumns()
    ends.append(.earliest, 1)
    ends.append(Timestamp(milliseconds: 1), 2)
    ends.append(.latest, 3)
    series.append(Series(labels: Labels([("__name__", "z")]), samples: ends))
    return series
  }
}

/// Texts of queries that are mostly well-typed.
struct RandomQueries: RandomNumberGenerator {
  private var bits: RandomSeries

  init(seed: UInt64) {
    bits = RandomSeries(seed: seed)
  }

  mutating func next() -> UInt64 { bits.next() }

  private mutating func one(of choices: [String]) -> String {
    choices[Int.random(in: 0..<choices.count, using: &self)]
  }

  mutating func grid() -> StepGrid {
    let starts: [Int64] = [0, -1, 100_000, 400_000, .min, .max - 5, 9_000_000_000_000_000]
    let steps: [Int64] = [1, 1000, 60_000, 86_400_000, .max / 8]
    return StepGrid(
      start: Timestamp(milliseconds: starts[Int.random(in: 0..<starts.count, using: &self)]),
      step: Milliseconds(steps[Int.random(in: 0..<steps.count, using: &self)]),
      count: Int.random(in: 1...7, using: &self))
  }

  mutating func scalar(depth: Int) -> String {
    switch Int.random(in: 0..<(depth > 0 ? 9 : 5), using: &self) {
    case 0: one(of: ["0", "1", "-1", "0.5", "NaN", "Inf", "-Inf", "1e308", "-0", "1e-320"])
    case 1: "time()"
    case 2: "pi()"
    case 3: one(of: ["2", "3", "10", "0.99", "9223372036854775807", "-9e18"])
    case 4: "start()"
    case 5: "scalar(\(vector(depth: depth - 1)))"
    case 6: "max_of(\(scalar(depth: depth - 1)), \(scalar(depth: depth - 1)))"
    default:
      "(\(scalar(depth: depth - 1)) \(arithmetic()) \(scalar(depth: depth - 1)))"
    }
  }

  private mutating func arithmetic() -> String { one(of: ["+", "-", "*", "/", "%", "^", "atan2"]) }

  private mutating func selector() -> String {
    one(of: [
      "x", "y_total", "z", "{__name__=~\".+\"}", "x{a=\"0\"}", "y_total{b!=\"1\"}", "nosuch",
      "{__name__=~\"x|y_total\",a=\"1\"}", "h", "h{a=\"0\"}", "{__name__=~\"x|h\"}",
    ])
  }

  private mutating func shift() -> String {
    one(of: [
      "", "", "", " offset 1m", " offset -3m", " @ 100", " @ start()", " @ end() offset 20s",
      " smoothed", " offset (step() - 1h)", " offset 290y", " offset -290y", " @ 9e15",
      " @ -9e15 offset 200y",
    ])
  }

  private mutating func range(depth: Int) -> String {
    let lengths = ["1ms", "30s", "5m", "1h", "290y", "step() + 1m", "range() * 2 ^ 3 % 7"]
    if depth > 0 && Bool.random(using: &self) {
      return "\(vector(depth: depth - 1))[\(one(of: lengths)):\(one(of: ["", "7s", "1m", "1d"]))]"
        + shift()
    }
    let sight = one(of: ["", "", " anchored", " smoothed"])
    return "\(selector())[\(one(of: lengths))]\(sight)\(shift())"
  }

  private mutating func grouping() -> String {
    one(of: ["", "by (a)", "by (a, __name__)", "without (b)", "by (nosuch)", "without ()"])
  }

  mutating func vector(depth: Int) -> String {
    if depth == 0 { return selector() + shift() }
    let inner = depth - 1
    switch Int.random(in: 0..<15, using: &self) {
    case 0: return selector() + shift()
    case 1, 2:
      let functions = FunctionSignature.all.filter { $0.parameters == [.matrix] }.map(\.name)
      return "\(one(of: functions))(\(range(depth: inner)))"
    case 3, 4:
      let functions = FunctionSignature.all.filter { $0.parameters == [.vector] }
        .map(\.name).filter { $0 != "scalar" }
      return "\(one(of: functions))(\(vector(depth: inner)))"
    case 5:
      let operation = one(of: ["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"])
      return "\(operation) \(grouping()) (\(vector(depth: inner)))"
    case 6:
      let operation = one(of: ["topk", "bottomk", "quantile", "limitk", "limit_ratio"])
      return "\(operation) \(grouping()) (\(scalar(depth: 1)), \(vector(depth: inner)))"
    case 7:
      let operation = one(of: [
        "+", "-", "*", "/", "^", ">", "== bool", "==", "<=", "</", ">/", "and", "or", "unless",
      ])
      let matching = one(of: [
        "", "on (a)", "ignoring (b, le)", "on ()", "fill (0)", "on (a) fill_right (NaN)",
      ])
      return "(\(vector(depth: inner)) \(operation) \(matching) \(vector(depth: inner)))"
    case 8:
      let matching = one(of: [
        "on (a) group_left", "ignoring (le) group_right (b)", "on (a) group_left fill_left (7)",
      ])
      return
        "(\(vector(depth: inner)) \(arithmetic()) \(matching) sum by (a) (\(vector(depth: inner))))"
    case 9:
      let operation = one(of: ["+", "%", ">", "< bool", "^", "*"])
      let (left, right) = (scalar(depth: 1), vector(depth: inner))
      return Bool.random(using: &self)
        ? "(\(left) \(operation) \(right))"
        : "(\(right) \(one(of: ["*", "/", "</", ">/", "-"])) \(left))"
    case 10:
      return "label_replace(\(vector(depth: inner)), \"a\", \"$1$0\", \"b\", \"(.)*\")"
    case 13:
      let asked = one(of: ["", ", {b=~\".*\"}", ", {__name__=~\"x|y_total\", le!=\"2\"}"])
      return "info(\(vector(depth: inner))\(asked))"
    case 11 where Bool.random(using: &self):
      return "histogram_fraction(\(scalar(depth: 1)), \(scalar(depth: 1)), \(vector(depth: inner)))"
    case 11: return "histogram_quantile(\(scalar(depth: 1)), \(vector(depth: inner)))"
    case 12:
      let call = one(of: [
        "quantile_over_time(0.3, ", "predict_linear(", "double_exponential_smoothing(",
      ])
      if call.hasPrefix("q") { return call + range(depth: inner) + ")" }
      return call + range(depth: inner) + (call.hasPrefix("p") ? ", 60)" : ", 0.5, 0.2)")
    default: return "clamp(\(vector(depth: inner)), \(scalar(depth: 1)), \(scalar(depth: 1)))"
    }
  }
}
