internal import MetricModel

/// What all operators of one running query share.
struct QueryContext: Sendable {
  let source: any SeriesSource
  let limits: QueryLimits
  var annotations = AnnotationLog()
  /// Shared by all workers of the query.
  private(set) var layouts = LayoutCache()
  /// Nil unless the plan is measured.
  var meter: PlanMeter?
  /// Nil unless samples are to be counted.
  var reads: SampleReads?
  var cancellation: CancellationPoint
  private var samplesHeld = 0
  /// The most samples that were held at once.
  private(set) var samplesPeak = 0
  private var bytesHeld = 0
  /// The most bytes that were held at once.
  private(set) var bytesPeak = 0

  init(source: any SeriesSource, limits: QueryLimits, meter: PlanMeter? = nil) {
    self.source = source.heeding(limits.isCancelled)
    self.limits = limits
    self.meter = meter
    cancellation = CancellationPoint(limits.isCancelled)
  }

  /// Called by scans once a tile.
  func checkCancellation() throws(QueryError) {
    if limits.isCancelled() { throw .cancelled }
  }

  /// Notes that so many values are looked at, and ends a query that nobody waits for.
  mutating func spend(_ values: Int) throws(QueryError) {
    if cancellation.spend(values) || cancellation.hasFired { throw .cancelled }
  }

  /// Notes what stays in memory beyond a tile, until it is released or the query ends.
  ///
  /// - Parameter bytesEach: 8 for the cell of a row, more for states of aggregations and points.
  mutating func hold(samples count: Int, bytesEach: Int = 8) throws(QueryError) {
    samplesHeld += count
    samplesPeak = max(samplesPeak, samplesHeld)
    if samplesHeld > limits.samplesMax {
      throw .tooManySamples(limit: limits.samplesMax, needed: samplesHeld)
    }
    try hold(bytes: count * bytesEach)
  }

  /// Notes columns that aren't samples: tiles, labels, indexes.
  mutating func hold(bytes count: Int) throws(QueryError) {
    bytesHeld += count
    bytesPeak = max(bytesPeak, bytesHeld)
    meter?.keep(bytes: count)
    if bytesHeld > limits.bytesMax {
      throw .tooMuchMemory(limit: limits.bytesMax, needed: bytesHeld)
    }
  }

  /// Notes that a block stays in memory.
  mutating func hold(_ block: SeriesBlock, bytesEach: Int = 8) throws(QueryError) {
    try hold(samples: block.values.count, bytesEach: bytesEach)
    try hold(bytes: block.rowCount * MemoryLayout<SeriesHead>.stride)
    if block.hasHistograms { try hold(histogramBytes: block.histogramBytes) }
  }

  /// Notes that a block held before is gone.
  mutating func release(_ block: SeriesBlock) {
    samplesHeld -= block.values.count + block.histogramBytes / 16
    bytesHeld -= block.sizeBytes
  }

  /// Notes that columns that weren't samples are gone.
  mutating func release(bytes count: Int) { bytesHeld -= count }

  /// Notes that histograms stay. As in Prometheus, 16 bytes of one count as a sample.
  mutating func hold(histogramBytes bytes: Int) throws(QueryError) {
    try hold(samples: bytes / 16, bytesEach: 16)
  }

  /// Has samples counted apart, for a part that is evaluated at other times; answers the counts so
  /// far, to be put back.
  mutating func countReadsApart(steps: Int) -> SampleReads? {
    let outer = reads
    if outer != nil { reads = SampleReads(steps: steps) }
    return outer
  }

  /// Selects, and answers for what the selection keeps in memory until the query ends.
  mutating func select(
    _ matchers: [LabelMatcher], in range: TimeRange
  ) throws(QueryError) -> any SeriesSelection {
    let found: any SeriesSelection
    do {
      found = try source.select(matchers, in: range)
    } catch {
      throw failure(error)
    }
    try hold(bytes: found.bytesHeld)
    return found
  }

  /// What a failure of the source is to the query: one that was cancelled gets no answers.
  func failure(_ error: SelectError) -> QueryError {
    limits.isCancelled() ? .cancelled : .storage(error)
  }

  /// The context of a part of the query that another worker runs; `merge` takes it back.
  var fork: QueryContext {
    var part = QueryContext(source: source, limits: limits, meter: meter?.fork)
    part.layouts = layouts
    part.reads = reads.map { SampleReads(steps: $0.perStep.count) }
    return part
  }

  mutating func merge(_ part: QueryContext) throws(QueryError) {
    annotations.merge(part.annotations)
    if let meter = part.meter { self.meter?.merge(meter) }
    if let reads = part.reads { self.reads?.merge(reads) }
    samplesHeld += part.samplesHeld
    samplesPeak = max(samplesPeak, samplesHeld)
    bytesHeld += part.bytesHeld
    bytesPeak = max(bytesPeak, bytesHeld)
  }
}
