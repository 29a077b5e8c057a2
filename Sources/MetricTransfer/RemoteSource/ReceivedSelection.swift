import MetricModel

/// Series that came over the network and are held until nobody reads them any more.
struct ReceivedSelection: SeriesSelection {
  private let series: any SeriesSelection
  let bytesHeld: Int

  /// - Parameter received: each labels once.
  init(_ received: [Series], in range: TimeRange) throws(SelectError) {
    series = try InMemorySeries(received).select([], in: range)
    bytesHeld = received.reduce(0) { $0 + $1.samples.sizeBytes + $1.labels.sizeBytes }
  }

  var labels: [Labels] { series.labels }

  func read(
    _ index: Int, in range: TimeRange, into columns: inout SampleColumns
  ) throws(SelectError) {
    try series.read(index, in: range, into: &columns)
  }
}
