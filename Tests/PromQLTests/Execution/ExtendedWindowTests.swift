import MetricModel
import PromQL
import Testing

/// `anchored` and `smoothed` windows against their definition: the change along the path of points
/// from one border to the other.
@Suite struct ExtendedWindowTests {
  /// Prometheus' default, which the engine has too.
  private static let lookback: Int64 = 300_000

  @Test(arguments: 1...24)
  func `the increase is that along the path from border to border`(seed: UInt64) throws {
    var random = RandomSeries(seed: seed)
    let series = random.counter(
      Labels([("__name__", "x_total")]), count: 120, jitterMilliseconds: seed % 2 == 0 ? 0 : 9000)
    let grid = StepGrid(
      start: Timestamp(milliseconds: Int64.random(in: -400_000..<900_000, using: &random)),
      step: Milliseconds(Int64.random(in: 1000..<90_000, using: &random)), count: 60)
    let range = Milliseconds(Int64.random(in: 1000..<400_000, using: &random))
    for kind in ["anchored", "smoothed"] {
      let query = try Query("increase(x_total[\(range)] \(kind))", options: .everything)
      let answer = try query.range(over: grid, from: InMemorySeries([series]))
      guard case .matrix(let rows) = answer.value else {
        Issue.record("a range query answers a matrix")
        return
      }
      for step in 0..<grid.count {
        let end = grid[step].milliseconds
        let points = Self.path(series.samples, kind, end - range.count, end)
        let wanted = points.map(Self.increase)
        let index = rows.first?.samples.timestamps.firstIndex(of: end)
        let got = index.flatMap { rows.first?.samples.values[$0] }
        #expect(Self.agree(got, wanted), "\(kind), seed \(seed), at \(end)")
      }
    }
  }

  private static func agree(_ got: Double?, _ wanted: Double?) -> Bool {
    guard let got, let wanted else { return got == nil && wanted == nil }
    return abs(got - wanted) <= 1e-9 * max(1, abs(wanted))
  }

  /// What a counter has risen by; where it falls it has begun again at zero.
  private static func increase(along points: [Double]) -> Double {
    zip(points, points.dropFirst()).map { $1 < $0 ? $1 : $1 - $0 }.reduce(0, +)
  }

  /// The values from border to border; nil where no sample lies behind the start, or where all lie
  /// behind the end.
  private static func path(
    _ samples: SampleColumns, _ kind: String, _ start: Int64, _ end: Int64
  ) -> [Double]? {
    let latest = kind == "smoothed" ? end + lookback : end
    let seen = zip(samples.timestamps, samples.values)
      .filter { $0.0 > start - lookback && $0.0 <= latest }
    guard let last = seen.last, last.0 > start, let first = seen.first, first.0 <= end else {
      return nil
    }
    let inside = seen.filter { $0.0 > start && $0.0 < end }.map(\.1)
    if kind == "anchored" {
      let anchor = seen.last { $0.0 <= start }
      let atEnd = seen.last { $0.0 == end }
      return [anchor].compactMap { $0?.1 } + inside
        + [atEnd].compactMap { $0?.1 }
    }
    return [value(seen, at: start) ?? first.1] + inside + [value(seen, at: end) ?? last.1]
  }

  /// On the line between the samples around a time; nil unless there are some on both sides.
  private static func value(_ seen: [(Int64, Double)], at time: Int64) -> Double? {
    guard let before = seen.last(where: { $0.0 <= time }) else { return nil }
    if before.0 == time { return before.1 }
    guard let after = seen.first(where: { $0.0 > time }) else { return nil }
    let from = after.1 < before.1 ? 0 : before.1
    return from + (after.1 - from) * Double(time - before.0) / Double(after.0 - before.0)
  }
}
