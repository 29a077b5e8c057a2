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
  /// Which list of layers this is, of those that `selections` has seen.
  var layersVersion: UInt64 = 0
  /// What was selected before, from this snapshot and others of the store.
  var selections = SelectionCache()
  /// What was decoded before, of this snapshot and others of the store.
  var columns = ColumnCache()

  package func select(
    _ matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> any SeriesSelection {
    do throws(StoreError) {
      let (layers, series) = try selected(matchers, in: range)
      return StoreSelection(layers: layers, series: series, columns: columns)
    } catch { throw SelectError(error) }
  }

  /// The layers that have samples in `range`, and their series that match, with samples at any
  /// time.
  func selected(
    _ matchers: [LabelMatcher], in range: TimeRange
  ) throws(StoreError) -> (layers: [StoreLayer], series: SelectedSeries) {
    let all = blocks.map(StoreLayer.block) + heads.map(StoreLayer.head)
    let wanted = all.indices.filter { all[$0].overlaps(range) }
    let layers = wanted.map { all[$0] }
    let hasActive = wanted.last == all.count - 1 && !heads.isEmpty
    let key = SelectionCache.Key(
      matchers: matchers, layers: wanted, layersVersion: layersVersion,
      activeSeries: hasActive ? heads[heads.count - 1].seriesCount : nil)
    let series = try selections.series(key) { () throws(StoreError) in
      try SelectedSeries(matching: matchers, in: layers)
    }
    return (layers, series)
  }

  /// The layers that have samples in `range`.
  func layers(in range: TimeRange) -> [StoreLayer] {
    blocks.filter { $0.overlaps(range) }.map(StoreLayer.block)
      + heads.filter { $0.overlaps(range) }.map(StoreLayer.head)
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

  func overlaps(_ range: TimeRange) -> Bool {
    switch self {
    case .block(let block): block.overlaps(range)
    case .head(let head): head.overlaps(range)
    }
  }

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
      var times = HeadTimes(cache)
      do throws(Damage) {
        try head.append(number, in: range, to: &columns, times: &times)
      } catch {
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

extension SelectError {
  init(_ error: StoreError) {
    switch error {
    case .damaged: self = .corrupt(error.description)
    default: self = .unreadable(error.description)
    }
  }
}
