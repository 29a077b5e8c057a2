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

  /// Scans that look at many values at once find what is odd wherever it stands.
  @Test(arguments: ["rate", "increase", "delta", "count_over_time"])
  func `one odd sample counts wherever it stands`(function: String) throws {
    let grid = StepGrid(start: Timestamp(milliseconds: 1_000_000), step: .seconds(150), count: 9)
    let range = Milliseconds.minutes(20)
    let plain = PlainWindows(range: range, offset: .zero)
    let rule = try #require(PlainWindows.functions[function])
    let odd: [(String, Double)] = [
      ("fall", 0.5), ("marker", StaleMarker.value), ("NaN", .nan), ("infinite", .infinity),
      ("negative NaN", -.nan),
    ]
    var series: [Series] = []
    for place in 0..<150 {
      for (name, value) in odd {
        var samples = SampleColumns()
        for index in 0..<150 {
          let usual = 1000.0 + Double(index * index) / 3
          samples.append(
            Timestamp(milliseconds: Int64(index) * 15_000), index == place ? value : usual)
        }
        series.append(
          Series(
            labels: Labels([("__name__", "x_total"), ("n", "\(place) \(name)")]),
            samples: samples))
      }
    }
    let query = try Query("\(function)(x_total[\(range)])", options: .everything)
    let answer = try query.range(over: grid, from: InMemorySeries(series))
    guard case .matrix(let rows) = answer.value else {
      Issue.record("a range query answers a matrix")
      return
    }
    for one in series {
      let row = rows.first { $0.labels["n"] == one.labels["n"] }
      let wanted = plain.row(rule, one, grid).map(Self.text)
      #expect(Self.text(row, grid) == wanted, "\(one.labels)")
    }
  }

  @Test(arguments: [0, 0.1, 0.37, 0.5, 0.95, 1], [1, 2, 3, 16, 17, 18, 100, 257])
  func `a quantile lies between two of the sorted values`(q: Double, count: Int) throws {
    var random = RandomSeries(seed: UInt64(count))
    let orders: [(String, (Int) -> Double)] = [
      ("rising", { Double($0) - 50 }), ("falling", { -Double($0) }), ("equal", { _ in 7 }),
      ("few", { Double($0 % 3) }), ("peak", { -Double(abs($0 - count / 2)) }),
      ("random", { _ in Double.random(in: -1...1, using: &random) }),
      ("odd", { [-.infinity, .nan, 3, .infinity, -1e300, .leastNonzeroMagnitude][$0 % 6] }),
    ]
    for (name, value) in orders {
      let values = (0..<count).map(value)
      var samples = SampleColumns()
      for (index, value) in values.enumerated() {
        samples.append(Timestamp(milliseconds: Int64(index) * 1000), value)
      }
      let series = Series(labels: Labels([("__name__", "x")]), samples: samples)
      let query = try Query("quantile_over_time(\(q), x[1h])")
      let answer = try query.instant(
        at: Timestamp(milliseconds: 300_000), from: InMemorySeries([series]))
      guard case .vector(let rows) = answer.value, case .number(let got)? = rows.first?.value else {
        Issue.record("one value is expected")
        return
      }
      let sorted = values.sorted { $0.isNaN ? !$1.isNaN : $0 < $1 }
      let rank = q * Double(count - 1)
      let (lower, weight) = (Int(rank), rank - rank.rounded(.down))
      let wanted =
        sorted[lower] * (1 - weight) + sorted[min(lower + 1, count - 1)] * weight
      #expect(Self.text(got) == Self.text(wanted), "\(name)")
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
