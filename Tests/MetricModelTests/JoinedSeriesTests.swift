import MetricModel
import Testing

@Suite struct JoinedSeriesTests {
  private static func series(_ name: String, _ rows: [(Int64, Double)]) -> Series {
    var samples = SampleColumns()
    for (time, value) in rows { samples.append(Timestamp(milliseconds: time), value) }
    return Series(labels: Labels([("__name__", name), ("from", name)]), samples: samples)
  }

  private static let here = Catalog([
    series("a", [(1, 1), (3, 3)]), series("c", [(1, 9)]),
  ])
  private static let there = Catalog([
    series("a", [(1, 7), (2, 2), (4, 4)]), series("b", [(5, 5)]), series("d", [(6, 6)]),
  ])

  private static func read(_ source: any SeriesSource) throws -> [Labels: SampleColumns] {
    let selection = try source.select([], in: .all)
    #expect(selection.labels == selection.labels.sorted())
    var result: [Labels: SampleColumns] = [:]
    var columns = SampleColumns()
    for (index, labels) in selection.labels.enumerated() {
      try selection.read(index, in: .all, into: &columns)
      result[labels] = columns
    }
    return result
  }

  @Test func `both places are read as one, and the first counts where both have a sample`() throws {
    let joined = Self.here.joined(with: Self.there)
    let found = try Self.read(joined)
    let names = found.keys.sorted().map(\.metricName)
    #expect(names == ["a", "b", "c", "d"])
    #expect(
      found.first { $0.key.metricName == "a" }?.value
        == SampleColumns(timestamps: [1, 2, 3, 4], values: [1, 2, 3, 4]))
  }

  @Test func `names, values and series are those of both, in order, each once`() throws {
    let joined = Self.here.joined(with: Self.there)
    #expect(try joined.labelNames(matching: [], in: .all) == ["__name__", "from"])
    #expect(try joined.labelValues(of: "from", matching: [], in: .all) == ["a", "b", "c", "d"])
    #expect(
      try joined.seriesLabels(matching: [], in: .all).map(\.metricName) == ["a", "b", "c", "d"])
  }

  @Test func `a place that has nothing changes nothing`() throws {
    let alone = try Self.read(Self.here)
    #expect(try Self.read(Self.here.joined(with: nil)) == alone)
    #expect(try Self.read(Self.here.joined(with: Catalog([]))) == alone)
    #expect(try Self.read(Catalog([]).joined(with: Self.here)) == alone)
  }
}

/// Series at hand, with what there is to ask for.
private struct Catalog: SeriesCatalog {
  private let series: InMemorySeries

  init(_ series: [Series]) { self.series = InMemorySeries(series) }

  func select(
    _ matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> any SeriesSelection {
    try series.select(matchers, in: range)
  }

  func labelNames(
    matching matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> [String] {
    let names = try seriesLabels(matching: matchers, in: range).flatMap { $0.pairs.map(\.name) }
    return Set(names).sorted()
  }

  func labelValues(
    of name: String, matching matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> [String] {
    Set(try seriesLabels(matching: matchers, in: range).compactMap { $0[name] }).sorted()
  }

  func seriesLabels(
    matching matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> [Labels] {
    try series.select(matchers, in: range).labels
  }
}
