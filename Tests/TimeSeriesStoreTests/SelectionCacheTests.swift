import MetricModel
import Testing

@testable import TimeSeriesStore

@Suite struct SelectionCacheTests {
  private static let matchers = [LabelMatcher("__name__", equals: "requests_total")]

  private static func found(
    in store: Store, _ matchers: [LabelMatcher] = matchers
  ) throws -> [Labels] {
    try store.snapshot().select(matchers, in: .all).labels
  }

  @Test func `what is selected again is remembered`() throws {
    let store = try Store.open("db", on: MemoryFiles())
    _ = try store.append(history(series: 20, samples: 30))
    try store.seal()
    let view = store.snapshot()
    let first = try #require(try view.select(Self.matchers, in: .all) as? StoreSelection)
    let later = store.snapshot()
    let again = try #require(try later.select(Self.matchers, in: .all) as? StoreSelection)
    #expect(first.series === again.series)
    let others = [LabelMatcher("pod", equals: "pod-3")]
    let other = try #require(try later.select(others, in: .all) as? StoreSelection)
    #expect(other.series !== again.series)
    #expect(view.selections.sizeBytes == first.series.sizeBytes + other.series.sizeBytes)
  }

  @Test func `series and layers that come and go are seen at once`() throws {
    let store = try Store.open("db", on: MemoryFiles())
    _ = try store.append(history(series: 5, samples: 30))
    #expect(try Self.found(in: store).count == 5)
    _ = try store.append(history(series: 8, samples: 1, start: 1_700_001_000_000))
    #expect(try Self.found(in: store).count == 8)
    let old = store.snapshot()
    try store.seal()
    #expect(try Self.found(in: store).count == 8)
    _ = try store.append(history(series: 9, samples: 1, start: 1_700_002_000_000))
    #expect(try Self.found(in: store).count == 9)
    #expect(try old.select(Self.matchers, in: .all).labels.count == 8)
    #expect(try Self.found(in: store).count == 9)
    _ = try store.delete(matching: [LabelMatcher("code", equals: "7")], in: .all)
    #expect(try Self.found(in: store).count == 8)
    try store.purgeDeleted()
    #expect(try Self.found(in: store).count == 8)
    #expect(try contents(of: store.snapshot()).count == 8)
  }

  @Test func `layers outside the range aren't asked, whatever was remembered`() throws {
    let store = try Store.open("db", on: MemoryFiles())
    _ = try store.append(history(series: 3, samples: 10, start: 0))
    try store.seal()
    _ = try store.append(history(series: 6, samples: 10, start: 10_000_000))
    let early = TimeRange(after: .earliest, through: Timestamp(milliseconds: 1_000_000))
    let late = TimeRange(after: early.end, through: .latest)
    let view = store.snapshot()
    for _ in 0..<2 {
      #expect(try view.select(Self.matchers, in: early).labels.count == 3)
      #expect(try view.select(Self.matchers, in: .all).labels.count == 6)
      #expect(try view.select(Self.matchers, in: late).labels.count == 6)
    }
  }

  @Test func `what was used longest ago goes when bytes are short`() throws {
    let store = try Store.open("db", on: MemoryFiles())
    _ = try store.append(history(series: 50, samples: 2))
    let layers = store.snapshot().layers(in: .all)
    let one = try SelectedSeries(matching: Self.matchers, in: layers)
    let cache = SelectionCache(sizeBytesMax: 3 * one.sizeBytes)
    var made = 0
    func ask(_ number: Int) throws {
      let key = SelectionCache.Key(
        matchers: [LabelMatcher("n", equals: "\(number)")], layers: [0], layersVersion: 1,
        activeSeries: nil)
      _ = try cache.series(key) { () throws(StoreError) in
        made += 1
        return one
      }
    }
    for number in [0, 1, 2, 0, 1, 2] { try ask(number) }
    #expect(made == 3)
    try ask(0)
    try ask(3)
    #expect(cache.sizeBytes == 3 * one.sizeBytes)
    try ask(0)
    #expect(made == 4)
    try ask(1)
    #expect(made == 5)
    let small = SelectionCache(sizeBytesMax: one.sizeBytes)
    let key = SelectionCache.Key(matchers: [], layers: [], layersVersion: 0, activeSeries: nil)
    _ = try small.series(key) { () throws(StoreError) in one }
    #expect(small.sizeBytes == 0, "one selection may not take everything")
  }

  @Test func `a reader answers what a look at each series alone does`() throws {
    let store = try Store.open("db", on: MemoryFiles())
    var random = SeededNumbers(31)
    for round in 0..<4 as Range<Int64> {
      var batch = history(
        series: 12 + 3 * Int(round), samples: 300, start: 1_700_000_000_000 + round * 4_000_000)
      let noise = batch.addSeries(Labels([(Labels.metricName, "noise")]))
      for sample in 0..<200 as Range<Int64> {
        let time = 1_700_000_000_007 + round * 4_000_000 + sample * 17_000
        batch.append(series: noise, Timestamp(milliseconds: time), random.value())
      }
      _ = try store.append(batch)
      if round < 3 { try store.seal() }
      if round == 1 {
        let range = TimeRange(
          after: Timestamp(milliseconds: 1_700_000_400_000),
          through: Timestamp(milliseconds: 1_700_000_900_000))
        _ = try store.delete(matching: [LabelMatcher("pod", equals: "pod-2")], in: range)
      }
    }
    let view = store.snapshot()
    let selection = try view.select([], in: .all)
    let reader = selection.reader()
    var (columns, plain) = (SampleColumns(), SampleColumns())
    for _ in 0..<400 {
      let start = 1_699_999_000_000 + Int64(random.next() % 18_000_000)
      let range = TimeRange(
        after: Timestamp(milliseconds: start),
        through: Timestamp(milliseconds: start + Int64(random.next() % 3_000_000)))
      let index = Int(random.next() % UInt64(selection.labels.count))
      try reader.read(index, in: range, into: &columns)
      plain.removeAll()
      for layer in view.layers(in: .all) {
        guard let number = try layer.number(of: selection.labels[index]) else { continue }
        var all = SampleColumns()
        try layer.append(number, in: .all, to: &all)
        let middle = plain.rowCounts
        plain.append(all.rows(in: range), of: all)
        plain.mergeRuns(from: RowCounts(), at: middle)
      }
      #expect(columns == plain)
    }
  }
}
