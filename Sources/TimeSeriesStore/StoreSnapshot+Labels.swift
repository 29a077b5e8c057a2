package import MetricModel

/// What the metadata endpoints ask: names, values and series without their samples.
///
/// With a range, blocks and series outside of it are left out; a series counts when one of its
/// chunks overlaps the range, as in Prometheus.
extension StoreSnapshot {
  /// The labels of the series that match, sorted.
  package func seriesLabels(
    matching matchers: [LabelMatcher] = [], in range: TimeRange = .all
  ) throws(SelectError) -> [Labels] {
    do throws(StoreError) { return try labels(matching: matchers, in: range) } catch {
      throw SelectError(error)
    }
  }

  /// The names of the labels of the series that match, sorted bytewise.
  package func labelNames(
    matching matchers: [LabelMatcher] = [], in range: TimeRange = .all
  ) throws(SelectError) -> [String] {
    try texts(matching: matchers, in: range) { layer throws(StoreError) in
      try layer.labelNames()
    } ofLabels: { labels, add in
      labels.forEach { name, _ in add(name) }
    }
  }

  /// The values of one label among the series that match, sorted bytewise.
  package func labelValues(
    of name: String, matching matchers: [LabelMatcher] = [], in range: TimeRange = .all
  ) throws(SelectError) -> [String] {
    try texts(matching: matchers, in: range) { layer throws(StoreError) in
      try layer.labelValues(of: name)
    } ofLabels: { labels, add in
      if let value = labels.valueBytes(of: name) { add(value) }
    }
  }

  /// The time of the earliest and the latest sample as `(before the first, last]`, nil when the
  /// store is empty.
  package var timeRange: TimeRange? {
    let layers = layers(in: .all)
    guard let first = layers.map(\.earliest).min(), let last = layers.map(\.latest).max() else {
      return nil
    }
    return TimeRange(
      after: Timestamp(milliseconds: first).advanced(by: Milliseconds(-1)),
      through: Timestamp(milliseconds: last))
  }

  private func labels(
    matching matchers: [LabelMatcher], in range: TimeRange
  ) throws(StoreError) -> [Labels] {
    let (layers, series) = try selected(matchers, in: range)
    return series.labels(in: range, of: layers)
  }

  /// Collects texts from the index of each layer, or from the series that match.
  private func texts(
    matching matchers: [LabelMatcher], in range: TimeRange,
    fromIndex: (StoreLayer) throws(StoreError) -> SortedTexts,
    ofLabels visit: (Labels, (ArraySlice<UInt8>) -> Void) -> Void
  ) throws(SelectError) -> [String] {
    var found = SortedTexts()
    do throws(StoreError) {
      if matchers.isEmpty {
        for layer in layers(in: range) { found.merge(try fromIndex(layer)) }
      } else {
        found = SortedTexts(of: try labels(matching: matchers, in: range), visit)
      }
    } catch { throw SelectError(error) }
    return found.texts.map { String(decoding: $0, as: UTF8.self) }
  }
}

extension StoreLayer {
  var earliest: Int64 {
    switch self {
    case .block(let block): block.summary.earliest
    case .head(let head): head.earliest
    }
  }

  var latest: Int64 {
    switch self {
    case .block(let block): block.summary.latest
    case .head(let head): head.latest
    }
  }

  func labelNames() throws(StoreError) -> SortedTexts {
    try texts { index throws(Damage) in
      try index.names()
    } ofLabels: { labels, add in
      labels.forEach { name, _ in add(name) }
    }
  }

  func labelValues(of name: String) throws(StoreError) -> SortedTexts {
    try texts { index throws(Damage) in
      try index.values(of: name)
    } ofLabels: { labels, add in
      if let value = labels.valueBytes(of: name) { add(value) }
    }
  }

  /// Texts from the layer's indexes, and from the labels of series without one.
  private func texts(
    fromIndex: (LabelIndex) throws(Damage) -> SortedTexts,
    ofLabels visit: (Labels, (ArraySlice<UInt8>) -> Void) -> Void
  ) throws(StoreError) -> SortedTexts {
    switch self {
    case .block(let block):
      return try block.readingIndex { () throws(Damage) in try fromIndex(block.labelIndex) }
    case .head(let head):
      var result = SortedTexts(
        of: head.labels(of: head.index.covered..<head.seriesCount), visit)
      do throws(Damage) {
        for part in head.index.parts { result.merge(try fromIndex(part.index)) }
      } catch { throw StoreError(error, in: Self.memory) }
      return result
    }
  }
}

extension LabelIndex {
  /// All label names, sorted.
  func names() throws(Damage) -> SortedTexts {
    var result: [ArraySlice<UInt8>] = []
    result.reserveCapacity(min(nameCount, symbols.count))
    for index in 0..<nameCount { result.append(try symbols.text(try name(at: index).symbol)[...]) }
    return SortedTexts(sorted: result)
  }

  /// All values of a label, sorted.
  func values(of name: String) throws(Damage) -> SortedTexts {
    guard let entry = try find(name: name.utf8) else { return SortedTexts() }
    var result: [ArraySlice<UInt8>] = []
    // A count in a damaged index may be anything.
    result.reserveCapacity(min(entry.valueCount, symbols.count))
    for index in 0..<entry.valueCount {
      result.append(try symbols.text(try value(index, of: entry).symbol)[...])
    }
    return SortedTexts(sorted: result)
  }
}
