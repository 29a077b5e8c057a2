import Manifest
package import MetricModel

/// Series as lines of JSON, in the form of VictoriaMetrics' export and import.
///
///     {"metric":{"__name__":"up","job":"api"},"values":[1,null],"timestamps":[1700000000000,…]}
///
/// Numbers come back bit for bit; a marker of staleness is `null` (VictoriaMetrics 1.79 refuses
/// lines with some), infinities and NaN are strings.
/// Native histograms don't fit and are left out, which `append` tells.
package struct SeriesJSONLines {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  /// The text since the last call, for files that are written piece by piece.
  package mutating func take() -> [UInt8] {
    defer { bytes.removeAll(keepingCapacity: true) }
    return bytes
  }

  /// Adds the numbers of a series as a line, if it has any.
  ///
  /// - Returns: how many native histograms were left out.
  @discardableResult
  package mutating func append(_ series: Series) -> Int {
    let samples = series.samples
    if samples.count > 0 {
      var json = JSONWriter()
      json.object { json in
        json.field("metric") { QueryResultJSON.write(series.labels, to: &$0) }
        json.field("values") { json in
          json.array { json in
            for value in samples.values {
              if value.isStaleMarker {
                json.null()
              } else if value.isFinite {
                json.number(value)
              } else {
                json.string(value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity")
              }
            }
          }
        }
        json.field("timestamps") { json in
          json.array { json in for time in samples.timestamps { json.integer(time) } }
        }
      }
      bytes += json.bytes
      bytes.append(Ascii.newline)
    }
    return samples.histograms.count
  }

  /// Reads such lines.
  package static func parse(_ bytes: [UInt8]) throws(TextFormatError) -> SampleBatch {
    var batch = SampleBatch()
    for (index, line) in bytes.split(
      separator: Ascii.newline, omittingEmptySubsequences: false
    ).enumerated() where !line.allSatisfy({ $0 == Ascii.space || $0 == 0x0d }) {
      func failure(_ message: String, column: Int = 1) -> TextFormatError {
        TextFormatError(line: index + 1, column: column, message: message)
      }
      let json: JSONValue
      do throws(JSONError) {
        json = try JSONValue(parsing: Array(line))
      } catch {
        throw failure(error.message, column: error.offset + 1)
      }
      guard let metric = json["metric"]?.asObject, let values = json["values"]?.asArray,
        let times = json["timestamps"]?.asArray
      else { throw failure("expected an object with metric, values and timestamps") }
      guard values.count == times.count else {
        throw failure("\(values.count) values have \(times.count) timestamps, expected as many")
      }
      let labels = Labels(metric.map { ($0.key, $0.value.asString ?? "") })
      let series = batch.addSeries(labels)
      for (value, time) in zip(values, times) {
        guard let time = time.asInteger, let number = Self.number(value) else {
          throw failure("a sample of \(labels) is not a number at whole milliseconds")
        }
        batch.append(series: series, Timestamp(milliseconds: time), number)
      }
    }
    return batch
  }

  private static func number(_ value: JSONValue) -> Double? {
    switch value {
    case .null: StaleMarker.value
    case .integer(let number): Double(number)
    case .number(let number): number
    case .string("Infinity"): .infinity
    case .string("-Infinity"): -.infinity
    case .string("NaN"): .nan
    default: nil
    }
  }
}
