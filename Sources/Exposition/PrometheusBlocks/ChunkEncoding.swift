import MetricModel

/// How the samples of a chunk are written; raw values are those of Prometheus' files and protocols.
enum ChunkEncoding: UInt8 {
  case xor = 1
  case histogram = 2
  case floatHistogram = 3
  case xor2 = 4
  case histogramWithStarts = 5
  case floatHistogramWithStarts = 6

  /// Adds the samples of a chunk; its times must go on ascending.
  func decode(
    _ content: BlockBytes, of series: @autoclosure () -> String, onto columns: inout SampleColumns
  ) throws(BlockError) {
    let last = columns.latest
    let (numbers, histograms) = (columns.count, columns.histograms.count)
    switch self {
    case .xor:
      var decoder = XORChunkDecoder(content)
      try decoder.decode(onto: &columns)
    case .xor2:
      var decoder = XOR2ChunkDecoder(content)
      try decoder.decode(onto: &columns)
    case .histogram, .floatHistogram, .histogramWithStarts, .floatHistogramWithStarts:
      var decoder = HistogramChunkDecoder(
        content, isFloat: self == .floatHistogram || self == .floatHistogramWithStarts,
        hasStartTimes: rawValue >= Self.histogramWithStarts.rawValue)
      try decoder.decode(onto: &columns)
    }
    let firsts = [
      numbers < columns.count ? columns.timestamps[numbers] : .max,
      histograms < columns.histograms.count ? columns.histograms.timestamps[histograms] : .max,
    ]
    if let last, firsts[0] <= last || firsts[1] <= last {
      throw content.corrupt("a chunk of \(series()) does not start after the one before")
    }
  }
}

extension SampleColumns {
  /// The time of the last sample of either kind.
  var latest: Int64? {
    guard let histogram = histograms.timestamps.last else { return timestamps.last }
    return max(histogram, timestamps.last ?? histogram)
  }
}
