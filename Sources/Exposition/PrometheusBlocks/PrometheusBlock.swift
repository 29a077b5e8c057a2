package import MetricModel

/// A block as Prometheus writes it, out of the bytes of its files; whoever calls reads the files.
///
///     let block = try PrometheusBlock(index: indexBytes, segments: [chunkBytes], tombstones: nil)
///     for index in 0..<block.seriesCount { store(try block.series(at: index)) }
///
/// Every checksum is checked and every offset held against its file, so damaged bytes give an error
/// that names file and place. Samples come back bit for bit, staleness markers included.
package struct PrometheusBlock {
  private let index: IndexReader
  private let chunks: ChunkReader
  private let tombstones: Tombstones

  /// - Parameters:
  ///   - index: the file `index`.
  ///   - segments: the files `chunks/000001`, … in the order of their names.
  ///   - tombstones: the file `tombstones`, nil when there is none.
  package init(
    index: [UInt8], segments: [[UInt8]], tombstones: [UInt8]?
  ) throws(BlockError) {
    self.index = try IndexReader(index)
    chunks = try ChunkReader(segments)
    if let tombstones {
      self.tombstones = try Tombstones(tombstones)
    } else {
      self.tombstones = Tombstones()
    }
  }

  package var seriesCount: Int { index.seriesIdentifiers.count }

  /// A series with all its samples, without deleted ones; series are in the order of labels.
  package func series(at position: Int) throws(BlockError) -> Series {
    let entry = try index.entry(index.seriesIdentifiers[position])
    var columns = SampleColumns()
    for chunk in entry.chunks {
      try chunks.read(chunk, of: entry.labels, onto: &columns)
    }
    if tombstones.mentions(series: entry.identifier) {
      columns = columns.filter { !tombstones.isDeleted(series: entry.identifier, $0) }
    }
    return Series(labels: entry.labels, samples: columns)
  }
}

extension SampleColumns {
  /// The samples at times for which `isKept` holds.
  func filter(_ isKept: (Int64) -> Bool) -> SampleColumns {
    var kept = SampleColumns()
    for (position, time) in timestamps.enumerated() where isKept(time) {
      kept.append(
        Timestamp(milliseconds: time), values[position],
        startTime: startTimes.isEmpty ? 0 : startTimes[position])
    }
    for (position, time) in histograms.timestamps.enumerated() where isKept(time) {
      kept.histograms.append(
        Timestamp(milliseconds: time), histograms.values[position],
        startTime: histograms.startTimes.isEmpty ? 0 : histograms.startTimes[position])
    }
    return kept
  }
}
