internal import MetricModel

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

  /// The series of some layers that match and have samples in `range`, sorted by labels.
  static func found(
    _ matchers: [LabelMatcher], in range: TimeRange, of layers: [StoreLayer]
  ) throws(StoreError) -> [LayeredSeries] {
    var result: [LayeredSeries] = []
    for (layer, source) in layers.enumerated() {
      result = merged(result, try source.find(matchers, in: range), from: layer)
    }
    return result
  }

  /// Appends the samples in `range` from all layers, in order of time.
  func append(
    of layers: [StoreLayer], in range: TimeRange, to columns: inout SampleColumns,
    cache: ColumnCache
  ) throws(StoreError) {
    let start = columns.rowCounts
    try layers[first.layer].append(first.number, in: range, to: &columns, cache: cache)
    for source in others {
      let middle = columns.rowCounts
      try layers[source.layer].append(source.number, in: range, to: &columns, cache: cache)
      columns.mergeRuns(from: start, at: middle)
    }
  }

  /// Adds the series of one more layer; both lists are sorted by labels.
  private static func merged(
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
