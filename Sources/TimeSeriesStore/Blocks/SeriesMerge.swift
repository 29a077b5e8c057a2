internal import MetricModel

/// All series of some layers in the order of labels, one at a time.
///
///     var merge = try SeriesMerge(of: layers)
///     while let series = try merge.next() { … }
///
/// Who writes all series again needs each only once. A list of them, as a selection makes it, and
/// the labels that blocks remember for the next selection would take more memory than what is
/// written.
struct SeriesMerge {
  /// The series of one layer, the next one first.
  private struct Run {
    let series: LayerSeries
    var position = 0
    var next: FoundSeries?

    init(_ series: LayerSeries) throws(StoreError) {
      self.series = series
      next = try series[0]
    }

    mutating func advance() throws(StoreError) {
      position += 1
      next = try series[position]
    }
  }

  private var runs: [Run] = []

  init(of layers: [StoreLayer]) throws(StoreError) {
    for layer in layers { runs.append(try Run(try LayerSeries(layer))) }
  }

  /// The next series and where its samples are, by layer; nil after the last.
  ///
  /// - Complexity: O(layers).
  mutating func next() throws(StoreError) -> LayeredSeries? {
    var least: Labels?
    for run in runs {
      guard let labels = run.next?.labels else { continue }
      // Equality first: layers mostly have the same series, and it costs the least to see.
      if let known = least, known == labels || known < labels { continue }
      least = labels
    }
    guard let labels = least else { return nil }
    var result: LayeredSeries?
    for layer in runs.indices {
      guard let found = runs[layer].next, found.labels == labels else { continue }
      let source = LayeredSeries.Source(layer: layer, number: found.number)
      if result == nil {
        result = LayeredSeries(labels: labels, first: source)
      } else {
        result?.others.append(source)
      }
      try runs[layer].advance()
    }
    return result
  }
}

/// The series of one layer by their rank in the order of labels: of a block each is read when it is
/// asked for, a head has their labels in memory.
private enum LayerSeries {
  case block(Block)
  case head([FoundSeries])

  init(_ layer: StoreLayer) throws(StoreError) {
    switch layer {
    case .block(let block): self = .block(block)
    case .head: self = .head(try layer.find([], in: .all))
    }
  }

  /// The series of a rank, nil behind the last.
  subscript(rank: Int) -> FoundSeries? {
    get throws(StoreError) {
      switch self {
      case .head(let found): return rank < found.count ? found[rank] : nil
      case .block(let block):
        guard rank < block.summary.seriesCount else { return nil }
        return try block.readingIndex { () throws(Damage) in
          FoundSeries(try block.labels(of: UInt32(rank)), UInt32(rank))
        }
      }
    }
  }
}
