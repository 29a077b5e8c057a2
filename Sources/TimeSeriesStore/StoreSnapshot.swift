package import MetricModel

/// What a store held at one moment; never changes, and reading takes no lock.
///
///     let snapshot = store.snapshot()
///     let found = try snapshot.select([LabelMatcher("job", equals: "api")], in: .all)
///
/// The layers are sealed blocks, oldest first, then heads; a series may be in any of them. No two
/// layers have a sample of one series at one time.
package struct StoreSnapshot: SeriesCatalog {
  let blocks: [Block]
  /// The heads being sealed, oldest first, and the active head.
  let heads: [Head]
  var exemplarPages = ExemplarPages()
  var metadataTable = MetadataTable()

  package func select(
    _ matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> any SeriesSelection {
    do throws(StoreError) {
      return StoreSelection(layers: layers(in: range), series: try find(matchers, in: range))
    } catch { throw SelectError(error) }
  }

  /// The layers that have samples in `range`.
  func layers(in range: TimeRange) -> [StoreLayer] {
    blocks.filter { $0.overlaps(range) }.map(StoreLayer.block)
      + heads.filter { $0.overlaps(range) }.map(StoreLayer.head)
  }

  /// The series that match and have samples in `range`, sorted by labels; the sources refer to
  /// `layers(in:)`.
  func find(
    _ matchers: [LabelMatcher], in range: TimeRange
  ) throws(StoreError) -> [LayeredSeries] {
    var result: [LayeredSeries] = []
    for (layer, source) in layers(in: range).enumerated() {
      result = LayeredSeries.merged(result, try source.find(matchers, in: range), from: layer)
    }
    return result
  }

  /// The time of the newest sample of a series, nil when it has none.
  func newestTime(of labels: Labels) throws(StoreError) -> Int64? {
    var newest: Int64?
    for layer in layers(in: .all) {
      guard let number = try layer.number(of: labels) else { continue }
      if let time = try layer.newestTime(of: number) { newest = max(newest ?? time, time) }
    }
    return newest
  }

  /// The sample of a series at exactly one time, nil when it has none.
  func sample(of labels: Labels, at time: Timestamp) throws(StoreError) -> StoredSample? {
    for layer in layers(in: .moment(time)) {
      guard let number = try layer.number(of: labels) else { continue }
      if let sample = try layer.sample(of: number, at: time) { return sample }
    }
    return nil
  }

  /// The same in the active head, by the number of the series there.
  func activeSample(
    of number: UInt32, at time: Timestamp
  ) throws(StoreError) -> StoredSample? {
    guard let active = heads.last, Int(number) < active.seriesCount else { return nil }
    return try StoreLayer.head(active).sample(of: number, at: time)
  }

  /// The snapshot without the active head.
  var sealed: StoreSnapshot { StoreSnapshot(blocks: blocks, heads: heads.dropLast()) }
}

extension TimeRange {
  /// The range of one time.
  fileprivate static func moment(_ time: Timestamp) -> TimeRange {
    TimeRange(after: time.advanced(by: Milliseconds(-1)), through: time)
  }
}

extension StoreSnapshot {
  /// The exemplars in `range` of series that all matchers of at least one set accept, by series in
  /// the order of labels. The oldest are gone when there were more than the store's options allow.
  package func exemplars(
    matching sets: [[LabelMatcher]], in range: TimeRange
  ) -> [SeriesExemplars] {
    exemplarPages.select(sets, in: range)
  }

  /// What is known about metric families, sorted by their names; the latest word on each.
  package func metadata() -> [MetricMetadata] { metadataTable.all }

  /// What is known about one family.
  package func metadata(of family: String) -> MetricMetadata? { metadataTable[family] }
}

/// A sample of either kind.
package enum StoredSample: Equatable, Sendable {
  case number(bits: UInt64)
  case histogram(NativeHistogram)
}

/// One part of a snapshot.
enum StoreLayer {
  case block(Block)
  case head(Head)

  func find(
    _ matchers: [LabelMatcher], in range: TimeRange
  ) throws(StoreError) -> [FoundSeries] {
    switch self {
    case .block(let block): return try block.find(matchers, in: range)
    case .head(let head):
      do throws(Damage) { return try head.find(matchers, in: range) } catch {
        throw StoreError(error, in: Self.memory)
      }
    }
  }

  func number(of labels: Labels) throws(StoreError) -> UInt32? {
    switch self {
    case .block(let block): try block.number(of: labels)
    case .head(let head): head.number(of: labels)
    }
  }

  func newestTime(of number: UInt32) throws(StoreError) -> Int64? {
    switch self {
    case .block(let block): return try block.newestTime(of: number)
    case .head(let head):
      let series = head[number]
      return series.earliest <= series.latest ? series.latest : nil
    }
  }

  /// Appends the samples of a series in `range`, in order of time.
  func append(
    _ number: UInt32, in range: TimeRange, to columns: inout SampleColumns,
    cache: ColumnCache = ColumnCache()
  ) throws(StoreError) {
    switch self {
    case .block(let block): try block.append(number, in: range, to: &columns, cache: cache)
    case .head(let head):
      do throws(Damage) { try head[number].append(in: range, to: &columns) } catch {
        throw StoreError(error, in: Self.memory)
      }
    }
  }

  /// The sample of a series at exactly one time, nil when it has none.
  func sample(of number: UInt32, at time: Timestamp) throws(StoreError) -> StoredSample? {
    var columns = SampleColumns()
    try append(number, in: .moment(time), to: &columns)
    if let value = columns.values.first { return .number(bits: value.bitPattern) }
    return columns.histograms.values.first.map(StoredSample.histogram)
  }

  /// Stands for a file's name where bytes in memory are wrong.
  static let memory = "the head in memory"
}

/// A series and where its samples are.
struct LayeredSeries {
  struct Source {
    var layer: Int
    var number: UInt32
  }

  var labels: Labels
  /// Most series are in one layer: the second and later sources stand apart, so that these need no
  /// array of their own.
  var first: Source
  var others: [Source] = []

  /// Adds the series of one more layer; both lists are sorted by labels.
  static func merged(
    _ series: [LayeredSeries], _ found: [FoundSeries], from layer: Int
  ) -> [LayeredSeries] {
    var result: [LayeredSeries] = []
    result.reserveCapacity(max(series.count, found.count))
    var index = 0
    for next in found {
      let source = Source(layer: layer, number: next.number)
      // Equality first: layers mostly have the same series, and it costs the least to see.
      var isKnown = index < series.count && series[index].labels == next.labels
      while !isKnown && index < series.count && series[index].labels < next.labels {
        result.append(series[index])
        index += 1
        isKnown = index < series.count && series[index].labels == next.labels
      }
      if isKnown {
        var both = series[index]
        both.others.append(source)
        result.append(both)
        index += 1
      } else {
        result.append(LayeredSeries(labels: next.labels, first: source))
      }
    }
    result.append(contentsOf: series[index...])
    return result
  }
}

/// The answer to a selection.
struct StoreSelection: SeriesSelection {
  private let layers: [StoreLayer]
  private let series: [LayeredSeries]
  private let cache = ColumnCache()
  let labels: [Labels]

  init(layers: [StoreLayer], series: [LayeredSeries]) {
    self.layers = layers
    self.series = series
    labels = series.map(\.labels)
  }

  func read(
    _ index: Int, in range: TimeRange, into columns: inout SampleColumns
  ) throws(SelectError) {
    columns.removeAll()
    do throws(StoreError) {
      try StoreSelection.append(
        series[index], of: layers, in: range, to: &columns, cache: cache)
    } catch { throw SelectError(error) }
  }

  /// Appends the samples of a series from all its layers, in order of time.
  static func append(
    _ series: LayeredSeries, of layers: [StoreLayer], in range: TimeRange,
    to columns: inout SampleColumns, cache: ColumnCache
  ) throws(StoreError) {
    let start = columns.rowCounts
    try layers[series.first.layer].append(
      series.first.number, in: range, to: &columns, cache: cache)
    for source in series.others {
      let middle = columns.rowCounts
      try layers[source.layer].append(source.number, in: range, to: &columns, cache: cache)
      columns.mergeRuns(from: start, at: middle)
    }
  }
}

extension SelectError {
  init(_ error: StoreError) {
    switch error {
    case .damaged: self = .corrupt(error.description)
    default: self = .unreadable(error.description)
    }
  }
}
