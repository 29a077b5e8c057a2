internal import MetricModel

/// The recent native histograms of one series, kept as `HeadSeries` keeps its numbers.
struct HistogramRun: Sendable {
  private var chunks: [HeadChunk] = []
  private var tail = HistogramColumns()
  private var late = HistogramColumns()

  /// The tail is compressed at this length; histograms are large, so earlier than numbers are.
  static let chunkSamples = 32

  /// Adds a histogram at a time that the series doesn't have yet.
  mutating func add(_ time: Int64, _ histogram: NativeHistogram) {
    let newest = tail.timestamps.last ?? chunks.last?.last ?? .min
    guard time > newest || tail.isEmpty && chunks.isEmpty else {
      late.insert(time, histogram)
      return
    }
    tail.timestamps.append(time)
    tail.values.append(histogram)
    if tail.count == Self.chunkSamples {
      chunks.append(HeadChunk(tail))
      tail.removeAll()
    }
  }

  /// Appends the histograms in `range`, in order of time.
  func append(in range: TimeRange, to columns: inout HistogramColumns) throws(Damage) {
    let start = columns.count
    for chunk in chunks where chunk.overlaps(range) { try chunk.append(in: range, to: &columns) }
    columns.append(tail.rows(in: range), of: tail)
    let middle = columns.count
    columns.append(late.rows(in: range), of: late)
    columns.mergeRuns(from: start, at: middle)
  }
}
