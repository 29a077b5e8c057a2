import MetricModel
import Testing

@testable import TimeSeriesStore

@Suite struct SelectionTests {
  /// Series with random labels, half of them sealed.
  private static func labelled(seed: UInt64, count: Int) throws -> (Store, [Labels]) {
    var random = SeededNumbers(seed)
    let store = try Store.open("db", on: MemoryFiles())
    var all: Set<Labels> = []
    for round in 0..<2 {
      var batch = SampleBatch()
      for _ in 0..<count {
        var pairs = [(Labels.metricName, "m\(random.next() % 5)")]
        for name in ["job", "pod", "zone", "é"] where random.next() % 3 > 0 {
          pairs.append((name, ["a", "b", "ab", "B", "", "café", "x.y"][Int(random.next() % 7)]))
        }
        pairs.append(("n", "\(random.next() % UInt64(count))"))
        let labels = Labels(pairs)
        guard all.insert(labels).inserted || round == 1 else { continue }
        let series = batch.addSeries(labels)
        let time = Timestamp(milliseconds: 1000 * Int64(round + 1))
        batch.append(series: series, time, 1)
      }
      _ = try store.append(batch)
      if round == 0 { try store.seal() }
    }
    return (store, all.sorted())
  }

  private static let matcherSets: [[(String, LabelMatcher.Operation, String)]] = [
    [], [("__name__", .equal, "m1")], [("__name__", .equal, "m1"), ("job", .equal, "a")],
    [("job", .equal, "")], [("job", .notEqual, "")], [("job", .notEqual, "a")],
    [("job", .matchesRegex, "a|b")], [("job", .matchesRegex, "a.*")],
    [("job", .matchesRegex, ".*")], [("job", .matchesRegex, "|a")],
    [("job", .notMatchesRegex, "a.*")], [("job", .notMatchesRegex, "a|")],
    [("absent", .equal, "x")], [("absent", .equal, "")], [("absent", .notEqual, "x")],
    [("job", .notEqual, "a"), ("job", .notMatchesRegex, "ab.*")],
    [("job", .notMatchesRegex, "a|b")], [("job", .matchesRegex, "ab?")],
    [("job", .matchesRegex, "a+b*")], [("job", .matchesRegex, "a{0}b")],
    [("job", .matchesRegex, "café?")], [("job", .matchesRegex, "caf.+")],
    [("job", .matchesRegex, "x[.]y")], [("job", .matchesRegex, "(?i)b")],
    [("job", .matchesRegex, "(a|b)b?")], [("job", .notMatchesRegex, "ab?")],
    [("job", .equal, "a"), ("__name__", .equal, "m1"), ("zone", .equal, "b")],
    [("é", .equal, "café"), ("zone", .notMatchesRegex, "[a-z]+")],
    [("n", .matchesRegex, "1.*"), ("pod", .notEqual, "b"), ("__name__", .matchesRegex, "m[0-2]")],
  ]

  @Test(arguments: [(1, 30), (2, 700)] as [(UInt64, Int)])
  func `selections find what a look at every series finds`(seed: UInt64, count: Int) throws {
    let (store, all) = try Self.labelled(seed: seed, count: count)
    let view = store.snapshot()
    for set in Self.matcherSets {
      let matchers = try set.map { try LabelMatcher($0.0, $0.1, $0.2) }
      let expected = all.filter { labels in matchers.allSatisfy { $0.matches(labels) } }
      #expect(try view.select(matchers, in: .all).labels == expected)
      #expect(try view.seriesLabels(matching: matchers) == expected)
      let names = Set(expected.flatMap { $0.pairs.map(\.name) })
      #expect(try view.labelNames(matching: matchers) == sorted(names))
      let values = Set(expected.compactMap { $0["job"] })
      #expect(try view.labelValues(of: "job", matching: matchers) == sorted(values))
    }
  }

  @Test func `only samples after the start and through the end are read`() throws {
    let store = try Store.open("db", on: MemoryFiles())
    _ = try store.append(history(series: 1, samples: 500, start: 0))
    for isSealed in [false, true] {
      if isSealed { try store.seal() }
      let view = store.snapshot()
      let whole = try #require(try contents(of: view).first?.value)
      let selection = try view.select([], in: .all)
      var random = SeededNumbers(9)
      var columns = SampleColumns()
      for _ in 0..<300 {
        let start = Int64(random.next() % 8_000_000) - 200_000
        let end = start + Int64(random.next() % 4_000_000)
        let range = TimeRange(
          after: Timestamp(milliseconds: start), through: Timestamp(milliseconds: end))
        try selection.read(0, in: range, into: &columns)
        let rows = whole.timestamps.indices.filter {
          whole.timestamps[$0] > start && whole.timestamps[$0] <= end
        }
        #expect(columns.timestamps == rows.map { whole.timestamps[$0] })
        #expect(columns.values == rows.map { whole.values[$0] })
      }
      let before = TimeRange(after: .earliest, through: Timestamp(milliseconds: -1))
      #expect(try view.select([], in: before).labels.isEmpty)
      #expect(view.timeRange?.start == Timestamp(milliseconds: -1))
      #expect(view.timeRange?.end == Timestamp(milliseconds: whole.timestamps[499]))
    }
  }

  @Test func `lists of texts are merged in the order of bytes, each once`() {
    var random = SeededNumbers(12)
    for _ in 0..<200 {
      var merged = SortedTexts()
      var all: Set<String> = []
      for _ in 0..<3 {
        let texts = Set((0..<random.next() % 20).map { _ in "é\(random.next() % 30)" })
        all.formUnion(texts)
        let sorted = texts.map { Array($0.utf8)[...] }.sorted { $0.lexicographicallyPrecedes($1) }
        merged.merge(SortedTexts(sorted: sorted))
      }
      #expect(merged.texts.map { String(decoding: $0, as: UTF8.self) } == sorted(all))
    }
  }

  @Test func `sets of series are intersected, subtracted and united`() {
    var random = SeededNumbers(4)
    for round in 0..<300 {
      let scale: [UInt64] = [10, 100, 10000]
      let sets = (0..<2).map { index -> [UInt32] in
        let size = random.next() % (round % 3 == 0 && index == 0 ? 5 : 500)
        return Set((0..<size).map { _ in UInt32(random.next() % scale[round % 3]) }).sorted()
      }
      let (a, b) = (Set(sets[0]), Set(sets[1]))
      #expect(Postings.intersection(sets[0], sets[1]) == a.intersection(b).sorted())
      #expect(Postings.intersection(sets[1], sets[0]) == a.intersection(b).sorted())
      #expect(Postings.difference(sets[0], sets[1]) == a.subtracting(b).sorted())
      #expect(Postings.union(sets) == a.union(b).sorted())
    }
  }

  private func sorted(_ texts: Set<String>) -> [String] {
    texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
