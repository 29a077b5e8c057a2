import Dispatch
import MetricModel
import PromQL
import Synchronization
import Testing

/// How much is still done once nobody waits: tiles are counted, since time on a test's machine says
/// little. A tile is 32,768 cells, well below ten milliseconds of work.
@Suite struct CancellationTests {
  private static let seriesCount = 600

  private static var source: CountingSource {
    let series = (0..<seriesCount).map { number in
      var samples = SampleColumns()
      for minute in 0..<120 { samples.append(Recording.minute(minute), Double(minute)) }
      return Series(
        labels: Labels([("__name__", "x_total"), ("pod", "\(number)")]), samples: samples)
    }
    return CountingSource(source: InMemorySeries(series))
  }

  @Test(arguments: [
    "x_total", "rate(x_total[5m])", "sum(rate(x_total[5m]))", "x_total * on (pod) x_total",
    "topk(3, x_total)", "max_over_time(rate(x_total[5m])[1h:1m])", "sort(x_total)",
  ])
  func `once a query is cancelled, no more than a tile is read`(text: String) throws {
    let source = Self.source
    let grid = StepGrid(start: Recording.minute(10), step: .seconds(1), count: 5000)
    let rowsPerTile = 32_768 / 5000
    let limits = QueryLimits(isCancelled: { source.reads >= 100 })
    #expect(throws: QueryError.cancelled) {
      try Query(text).range(over: grid, from: source, limits: limits)
    }
    // The tile at hand when it was cancelled is finished; inner queries of subqueries have more
    // rows in a tile, since they have fewer steps.
    let allowed = text.contains("[1h:") ? 300 : rowsPerTile
    #expect(source.reads <= 100 + allowed, "read \(source.reads) series")
  }

  @Test func `several workers stop too`() throws {
    let source = Self.source
    let crew = WorkerCrew(workers: 2) { count, body in
      DispatchQueue.concurrentPerform(iterations: count) { body($0) }
    }
    let grid = StepGrid(start: Recording.minute(10), step: .seconds(1), count: 5000)
    let limits = QueryLimits(crew: crew, isCancelled: { source.reads >= 100 })
    #expect(throws: QueryError.cancelled) {
      try Query("sum(rate(x_total[5m]))").range(over: grid, from: source, limits: limits)
    }
    #expect(source.reads <= 130, "read \(source.reads) series")
  }
}

/// Counts the series that are read.
private final class CountingSource: SeriesSource {
  private let source: InMemorySeries
  private let count = Atomic(0)

  init(source: InMemorySeries) {
    self.source = source
  }

  var reads: Int { count.load(ordering: .relaxed) }

  func select(
    _ matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> any SeriesSelection {
    Selection(selection: try source.select(matchers, in: range), owner: self)
  }

  private struct Selection: SeriesSelection {
    let selection: any SeriesSelection
    let owner: CountingSource

    var labels: [Labels] { selection.labels }

    func read(
      _ index: Int, in range: TimeRange, into columns: inout SampleColumns
    ) throws(SelectError) {
      owner.count.add(1, ordering: .relaxed)
      try selection.read(index, in: range, into: &columns)
    }
  }
}
