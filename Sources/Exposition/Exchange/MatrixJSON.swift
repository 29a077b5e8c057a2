package import Manifest
package import MetricModel

/// Answers of `/api/v1/query` and `/api/v1/query_range`, read back as series.
///
///     let recorded = try MatrixJSON.parse(body)
///
/// Vectors and matrices are accepted, with or without their envelope. Histograms in answers have
/// lost their layout, so series with some are refused.
package enum MatrixJSON {
  package static func parse(_ bytes: [UInt8]) throws(MatrixJSONError) -> [Series] {
    let json: JSONValue
    do throws(JSONError) {
      json = try JSONValue(parsing: bytes)
    } catch {
      throw MatrixJSONError("\(error)")
    }
    return try series(of: json)
  }

  /// The same of an answer that has been parsed.
  package static func series(of json: JSONValue) throws(MatrixJSONError) -> [Series] {
    if json["status"]?.asString == "error" {
      throw MatrixJSONError("an error answer: \(json["error"]?.asString ?? "")")
    }
    let data = json["data"] ?? json
    guard let result = data["result"]?.asArray else {
      throw MatrixJSONError("the field data.result is missing, expected an answer of a query")
    }
    var series: [Series] = []
    for (index, element) in result.enumerated() {
      series.append(try Self.series(element, index))
    }
    return series
  }

  private static func series(_ element: JSONValue, _ index: Int) throws(MatrixJSONError) -> Series {
    guard let metric = element["metric"]?.asObject else {
      throw MatrixJSONError("result \(index) has no metric")
    }
    let labels = Labels(metric.map { ($0.key, $0.value.asString ?? "") })
    guard element["histograms"] == nil, element["histogram"] == nil else {
      throw MatrixJSONError(
        "\(labels) has native histograms, which have lost their layout in JSON; import blocks or "
          + "use remote read", isAboutHistograms: true)
    }
    let points = element["values"]?.asArray ?? element["value"].map { [$0] } ?? []
    var columns = SampleColumns()
    for point in points {
      guard let pair = point.asArray, pair.count == 2, let seconds = pair[0].asNumber,
        let time = Timestamp(seconds: seconds), let text = pair[1].asString,
        let value = NumberText.parse(text)
      else {
        throw MatrixJSONError("a point of \(labels) is not [seconds, \"value\"]: \(point)")
      }
      guard columns.timestamps.last.map({ $0 < time.milliseconds }) != false else {
        throw MatrixJSONError("the points of \(labels) are not in the order of time")
      }
      columns.append(time, value)
    }
    return Series(labels: labels, samples: columns)
  }
}

/// Why an answer of a query can't be read.
package struct MatrixJSONError: Error, Equatable, CustomStringConvertible {
  package var description: String

  /// Whether the answer is well formed, but for what JSON has no room for.
  package var isAboutHistograms = false

  init(_ description: String, isAboutHistograms: Bool = false) {
    self.description = description
    self.isAboutHistograms = isAboutHistograms
  }
}
