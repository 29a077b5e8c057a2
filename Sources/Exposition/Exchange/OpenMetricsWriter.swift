package import MetricModel

/// Writes samples with their times as OpenMetrics 1.0 text, as `promtool tsdb create-blocks-from
/// openmetrics` reads it.
///
///     var writer = OpenMetricsWriter()
///     for series in series { writer.append(series) }     // in the order of labels
///     writer.finish()
///
/// Markers of staleness and native histograms have no spelling there and are left out, which
/// `append` tells.
package struct OpenMetricsWriter {
  private var bytes: [UInt8] = []

  package init() {}

  /// Adds the numbers of a series.
  ///
  /// - Returns: how many samples were left out.
  @discardableResult
  package mutating func append(_ series: Series) -> Int {
    var omitted = series.samples.histograms.count
    let name = Array(series.labels.description.utf8)
    for (time, value) in zip(series.samples.timestamps, series.samples.values) {
      if value.isStaleMarker {
        omitted += 1
        continue
      }
      bytes += name
      bytes.append(Ascii.space)
      bytes += NumberText.general(value).utf8
      bytes.append(Ascii.space)
      bytes += Self.seconds(time).utf8
      bytes.append(Ascii.newline)
    }
    return omitted
  }

  /// The text since the last call, without its ending, for files that are written piece by piece.
  package mutating func take() -> [UInt8] {
    defer { bytes.removeAll(keepingCapacity: true) }
    return bytes
  }

  /// The whole text.
  package mutating func finish() -> [UInt8] { bytes + Array("# EOF\n".utf8) }

  private static func seconds(_ milliseconds: Int64) -> String {
    let (whole, rest) = milliseconds.magnitude.quotientAndRemainder(dividingBy: 1000)
    let sign = milliseconds < 0 ? "-" : ""
    if rest == 0 { return "\(sign)\(whole)" }
    let digits = String(rest)
    return "\(sign)\(whole).\(String(repeating: "0", count: 3 - digits.utf8.count))\(digits)"
  }
}
