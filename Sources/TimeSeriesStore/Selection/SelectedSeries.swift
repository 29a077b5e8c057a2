internal import MetricModel

/// The series of some layers that matchers accept, in the order of labels, and where their samples
/// are: all that a query needs to know before it reads. Never changes while the layers have the
/// same series.
final class SelectedSeries: Sendable {
  /// Where a series is in one layer.
  struct Source: Sendable {
    /// The index of the layer among those that were asked.
    var layer: UInt32
    /// The number of the series there.
    var number: UInt32
    /// In a block: the first of its chunks of numbers, the first of its chunks of histograms, and
    /// the end of both, in `chunks`.
    var firstChunk: UInt32 = 0
    var firstHistograms: UInt32 = 0
    var chunksEnd: UInt32 = 0
  }

  let labels: [Labels]
  /// Series by series, in the order of layers.
  let sources: [Source]
  /// Where the sources of each series end.
  let sourceEnds: [UInt32]
  let chunks: [ChunkReference]

  /// Series count whenever they have samples at any time.
  init(matching matchers: [LabelMatcher], in layers: [StoreLayer]) throws(StoreError) {
    let found = try LayeredSeries.found(matchers, in: .all, of: layers)
    var sources: [Source] = []
    var ends: [UInt32] = []
    var chunks: [ChunkReference] = []
    sources.reserveCapacity(found.count)
    ends.reserveCapacity(found.count)
    for series in found {
      for place in [series.first] + series.others {
        var source = Source(layer: UInt32(place.layer), number: place.number)
        if case .block(let block) = layers[place.layer] {
          let references = try block.readingIndex { () throws(Damage) in
            try block.references(of: place.number)
          }
          source.firstChunk = UInt32(chunks.count)
          chunks += references.numbers
          source.firstHistograms = UInt32(chunks.count)
          chunks += references.histograms
          source.chunksEnd = UInt32(chunks.count)
        }
        sources.append(source)
      }
      ends.append(UInt32(sources.count))
    }
    labels = found.map(\.labels)
    self.sources = sources
    sourceEnds = ends
    self.chunks = chunks
  }

  /// The sources of a series.
  func sources(of series: Int) -> Range<Int> {
    (series == 0 ? 0 : Int(sourceEnds[series - 1]))..<Int(sourceEnds[series])
  }

  /// The labels of the series that one of the layers they were selected from has in `range`.
  func labels(in range: TimeRange, of layers: [StoreLayer]) -> [Labels] {
    labels.indices.compactMap { index in
      sources(of: index).contains { isSeen(sources[$0], in: range, of: layers) }
        ? labels[index] : nil
    }
  }

  /// A series of a block counts when one of its chunks overlaps the range and isn't deleted whole.
  private func isSeen(
    _ source: Source, in range: TimeRange, of layers: [StoreLayer]
  ) -> Bool {
    switch layers[Int(source.layer)] {
    case .head(let head): return range == .all || head.overlaps(range, series: source.number)
    case .block(let block):
      let hidden = block.tombstones[source.number]
      return chunks[Int(source.firstChunk)..<Int(source.chunksEnd)].contains { chunk in
        chunk.overlaps(range) && !hidden.contains { $0.covers(chunk) }
      }
    }
  }

  /// Bytes held, those of labels among them, which layers may share.
  var sizeBytes: Int {
    labels.reduce(0) { $0 + $1.sizeBytes } + sources.count * MemoryLayout<Source>.stride
      + sourceEnds.count * 4 + chunks.count * MemoryLayout<ChunkReference>.stride
  }
}
