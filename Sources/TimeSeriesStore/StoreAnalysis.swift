package import MetricModel

/// Where the bytes of a store's blocks go, and which labels make its series: what
/// `assay tsdb analyze` prints and `/api/v1/status/tsdb` answers.
package struct StoreAnalysis: Equatable, Sendable {
  /// A label name, a label pair or a metric's name, with a count.
  package struct Entry: Equatable, Sendable {
    package var name: String
    package var count: Int
  }

  /// Bytes of one kind of column, its columns, and the samples in them.
  package struct ColumnKind: Equatable, Sendable {
    package var name: String
    package var columns = 0
    package var samples = 0
    package var sizeBytes = 0
  }

  /// Bytes of the indexes of blocks by section, in the order of the file.
  package var indexSections: [Entry] = []
  /// Bytes of the columns of blocks by kind: times, values by shape, and, less than none, what
  /// the compression of cold blocks saves of these.
  package var columns: [ColumnKind] = []
}

/// Which labels make the series of a store.
///
/// Counts come from the label indexes of its layers without a look at each series; where a series
/// is in several layers it counts once in the largest, so counts are at least these.
package struct StoreCardinality: Equatable, Sendable {
  package var series = 0
  package var labelPairs = 0
  /// Series by metric name, most first.
  package var seriesByMetricName: [StoreAnalysis.Entry] = []
  /// Distinct values by label name.
  package var valuesByLabelName: [StoreAnalysis.Entry] = []
  /// Bytes of all values by label name, once for each series.
  package var sizeBytesByLabelName: [StoreAnalysis.Entry] = []
  /// Series by `name=value`.
  package var seriesByLabelPair: [StoreAnalysis.Entry] = []
}

extension StoreSnapshot {
  /// Which labels make the series.
  ///
  /// - Parameter limit: the most entries in each list.
  /// - Complexity: O(distinct label pairs) in each layer.
  package func cardinality(limit: Int = 10) throws(SelectError) -> StoreCardinality {
    var pairs: [[UInt8]: [[UInt8]: Int]] = [:]
    var series = 0
    do throws(StoreError) {
      for layer in layers(in: .all) {
        var counts: [[UInt8]: [[UInt8]: Int]] = [:]
        series = max(series, try layer.countPairs(&counts))
        for (name, values) in counts {
          pairs[name, default: [:]].merge(values, uniquingKeysWith: { max($0, $1) })
        }
      }
    } catch { throw SelectError(error) }
    return StoreCardinality(pairs, series: series, limit: limit)
  }

  /// The kind that says what compression saves; its columns are pages.
  private static let saved = "saved by zstd"

  /// Where the bytes of blocks go; reads the head of each column.
  package func analysis() throws(SelectError) -> StoreAnalysis {
    var sections = [Int](repeating: 0, count: BlockLayout.Section.allCases.count)
    var kinds: [String: StoreAnalysis.ColumnKind] = [:]
    do throws(StoreError) {
      for block in blocks {
        for (index, size) in block.sectionSizes.enumerated() { sections[index] += size }
        try block.forEachColumn { name, samples, sizeBytes in
          kinds[name, default: StoreAnalysis.ColumnKind(name: name)].columns += 1
          kinds[name]?.samples += samples
          kinds[name]?.sizeBytes += sizeBytes
        }
        guard block.isCold else { continue }
        kinds[Self.saved, default: StoreAnalysis.ColumnKind(name: Self.saved)].columns +=
          block.summary.pages.count
        kinds[Self.saved]?.sizeBytes += block.summary.pages.reduce(0) { $0 + $1.stored - $1.plain }
      }
    } catch { throw SelectError(error) }
    var result = StoreAnalysis()
    result.indexSections = zip(BlockLayout.Section.allCases, sections).map { section, size in
      StoreAnalysis.Entry(name: "\(section)", count: size)
    }
    result.columns = kinds.values.sorted { $0.sizeBytes > $1.sizeBytes }
    return result
  }
}

extension StoreCardinality {
  fileprivate init(_ pairs: [[UInt8]: [[UInt8]: Int]], series: Int, limit: Int) {
    self.series = series
    var byName: [StoreAnalysis.Entry] = []
    var byPair: [StoreAnalysis.Entry] = []
    var sizes: [StoreAnalysis.Entry] = []
    for (name, values) in pairs {
      let text = String(decoding: name, as: UTF8.self)
      byName.append(StoreAnalysis.Entry(name: text, count: values.count))
      let size = values.reduce(0) { $0 + $1.key.count * $1.value }
      sizes.append(StoreAnalysis.Entry(name: text, count: size))
      labelPairs += values.count
      for (value, count) in values {
        let value = String(decoding: value, as: UTF8.self)
        byPair.append(StoreAnalysis.Entry(name: "\(text)=\(value)", count: count))
      }
    }
    let names = pairs[Array(Labels.metricName.utf8)] ?? [:]
    let metrics = names.map {
      StoreAnalysis.Entry(name: String(decoding: $0.key, as: UTF8.self), count: $0.value)
    }
    seriesByMetricName = Self.top(metrics, limit)
    valuesByLabelName = Self.top(byName, limit)
    sizeBytesByLabelName = Self.top(sizes, limit)
    seriesByLabelPair = Self.top(byPair, limit)
  }

  /// The largest, equal ones by name.
  private static func top(
    _ entries: [StoreAnalysis.Entry], _ limit: Int
  ) -> [StoreAnalysis.Entry] {
    let sorted = entries.sorted { left, right in
      left.count != right.count
        ? left.count > right.count : left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
    return Array(sorted.prefix(limit))
  }
}

extension StoreLayer {
  /// Adds the series of each label pair; answers the number of series.
  fileprivate func countPairs(
    _ counts: inout [[UInt8]: [[UInt8]: Int]]
  ) throws(StoreError) -> Int {
    switch self {
    case .block(let block):
      try block.readingIndex { () throws(Damage) in try block.labelIndex.countPairs(&counts) }
      return block.summary.seriesCount
    case .head(let head):
      do throws(Damage) {
        for part in head.index.parts { try part.index.countPairs(&counts) }
      } catch { throw StoreError(error, in: Self.memory) }
      for labels in head.labels(of: head.index.covered..<head.seriesCount) {
        labels.forEach { name, value in
          counts[Array(name), default: [:]][Array(value), default: 0] += 1
        }
      }
      return head.seriesCount
    }
  }
}

extension LabelIndex {
  fileprivate func countPairs(_ counts: inout [[UInt8]: [[UInt8]: Int]]) throws(Damage) {
    for nameIndex in 0..<nameCount {
      let name = try name(at: nameIndex)
      let text = try symbols.text(name.symbol)
      for valueIndex in 0..<name.valueCount {
        let value = try value(valueIndex, of: name)
        counts[text, default: [:]][try symbols.text(value.symbol), default: 0] +=
          value.seriesCount
      }
    }
  }
}

extension Block {
  /// Calls `body` with the kind, the samples and the bytes of each column.
  fileprivate func forEachColumn(
    _ body: (_ kind: String, _ samples: Int, _ sizeBytes: Int) -> Void
  ) throws(StoreError) {
    var seen: Set<Int> = []
    do throws(Damage) {
      for number in 0..<UInt32(summary.seriesCount) {
        let chunks = try references(of: number)
        for (place, chunk) in chunks.all.enumerated() {
          if seen.insert(chunk.timesOffset).inserted {
            let times = try column(at: chunk.timesOffset)
            body("times", chunk.count, times.remaining + 8)
          }
          guard seen.insert(chunk.valuesOffset).inserted else {
            body("shared with another series", chunk.count, 0)
            continue
          }
          var values = try column(at: chunk.valuesOffset)
          let size = values.remaining + 8
          let kind =
            place < chunks.numbers.count ? ValueColumn.name(ofShape: try values.u8()) : "histograms"
          body(kind, chunk.count, size)
        }
      }
    } catch { throw StoreError(error, in: directory + "/" + BlockLayout.chunksFile) }
  }
}
