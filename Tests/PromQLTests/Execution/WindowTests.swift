import MetricModel
import PromQL
import Testing

/// Sliding kernels against windows cut out one by one.
@Suite struct WindowTests {
  private static let cases: [(function: String, seed: UInt64)] =
    PlainWindows.functions.keys.sorted().flatMap { name in (1...6).map { (name, UInt64($0)) } }

  @Test(arguments: cases)
  func `a sliding kernel equals the plain function bit by bit`(
    function: String, seed: UInt64
  ) throws {
    var random = RandomSeries(seed: seed)
    var series = [
      random.counter(
        Labels([("__name__", "x_total"), ("n", "a")]), count: 200, jitterMilliseconds: 0),
      random.counter(
        Labels([("__name__", "x_total"), ("n", "b")]), count: 200, jitterMilliseconds: 9000),
      random.gauge(Labels([("__name__", "x_total"), ("n", "c")]), count: 300),
    ]
    // Two of one target: the same times, no reset; one begins at zero.
    for (name, first) in [("d", 0.0), ("e", 1e6)] {
      var samples = SampleColumns()
      var value = first
      for time in series[1].samples.timestamps {
        samples.append(Timestamp(milliseconds: time), value)
        value += Double(Int.random(in: 0..<1000, using: &random)) / 7
      }
      series.append(
        Series(labels: Labels([("__name__", "x_total"), ("n", name)]), samples: samples))
    }
    let step = Milliseconds(Int64.random(in: 1000..<90_000, using: &random))
    let grid = StepGrid(
      start: Timestamp(milliseconds: Int64.random(in: -100_000..<900_000, using: &random)),
      step: step, count: 50)
    let range = Milliseconds(Int64.random(in: 1000..<400_000, using: &random))
    let query = try Query("\(function)(x_total[\(range)] offset 7s)", options: .everything)
    let answer = try query.range(over: grid, from: InMemorySeries(series))
    guard case .matrix(let rows) = answer.value else {
      Issue.record("a range query answers a matrix")
      return
    }
    let plain = PlainWindows(range: range, offset: .seconds(7))
    let rule = try #require(PlainWindows.functions[function])
    for one in series {
      let wanted = plain.row(rule, one, grid)
      let row = rows.first { $0.labels["n"] == one.labels["n"] }
      #expect(Self.text(row, grid) == wanted.map(Self.text), "seed \(seed), range \(range)")
    }
  }

  /// Cells as bits, so that NaN equals NaN only with the same kind.
  private static func text(_ series: Series?, _ grid: StepGrid) -> [String] {
    (0..<grid.count).map { step in
      guard let series,
        let index = series.samples.timestamps.firstIndex(of: grid[step].milliseconds)
      else { return "-" }
      return text(series.samples.values[index])
    }
  }

  private static func text(_ value: Double?) -> String {
    guard let value else { return "-" }
    return value.isNaN ? "NaN" : String(value.bitPattern, radix: 16)
  }
}
