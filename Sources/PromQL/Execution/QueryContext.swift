internal import MetricModel

/// What all operators of one running query share.
struct QueryContext {
  let source: any SeriesSource
  let limits: QueryLimits
  var annotations = AnnotationLog()
  private var samplesHeld = 0
  private var bytesHeld = 0

  init(source: any SeriesSource, limits: QueryLimits) {
    self.source = source
    self.limits = limits
  }

  /// Called by scans once a tile.
  func checkCancellation() throws(QueryError) {
    if limits.isCancelled() { throw .cancelled }
  }

  /// Notes what stays in memory beyond a tile, until the query ends.
  ///
  /// - Parameter bytesEach: 8 for the cell of a row, more for states of aggregations and points.
  mutating func hold(samples count: Int, bytesEach: Int = 8) throws(QueryError) {
    samplesHeld += count
    bytesHeld += count * bytesEach
    if samplesHeld > limits.samplesMax { throw .tooManySamples }
    if bytesHeld > limits.bytesMax { throw .tooMuchMemory(limits.bytesMax) }
  }

  /// Notes that a block stays in memory until the query ends.
  mutating func hold(_ block: SeriesBlock, bytesEach: Int = 8) throws(QueryError) {
    try hold(samples: block.values.count, bytesEach: bytesEach)
    if block.hasHistograms { try hold(histogramBytes: block.histogramBytes) }
  }

  /// Notes that histograms stay. As in Prometheus, 16 bytes of one count as a sample.
  mutating func hold(histogramBytes bytes: Int) throws(QueryError) {
    try hold(samples: bytes / 16, bytesEach: 16)
  }

  func select(
    _ matchers: [LabelMatcher], in range: TimeRange
  ) throws(QueryError) -> any SeriesSelection {
    do {
      return try source.select(matchers, in: range)
    } catch {
      throw .storage(error)
    }
  }
}

extension SeriesSelection {
  /// `read` with the engine's errors.
  func samples(
    of index: Int, in range: TimeRange, into columns: inout SampleColumns
  ) throws(QueryError) {
    do {
      try read(index, in: range, into: &columns)
    } catch {
      throw .storage(error)
    }
  }
}
