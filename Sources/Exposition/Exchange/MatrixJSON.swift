import Manifest
package import MetricModel

/// Answers of `/api/v1/query` and `/api/v1/query_range`, read back as series.
///
///     let recorded = try MatrixJSON.parse(body).series
///
/// Vectors and matrices are accepted, with or without their envelope. Histograms in answers have
/// lost their layout, so series with some are refused. Read in parts: beside the text only the
/// columns are held.
package struct MatrixJSON: Equatable, Sendable {
  /// In the order of the answer.
  package private(set) var series: [Series] = []
  package private(set) var warnings: [String] = []
  package private(set) var infos: [String] = []

  package static func parse(_ bytes: [UInt8]) throws(MatrixJSONError) -> MatrixJSON {
    var reader = AnswerReader(bytes)
    do {
      return try reader.answer()
    } catch let error as MatrixJSONError {
      throw error
    } catch {
      throw MatrixJSONError("\(error)")
    }
  }

  /// Takes an answer apart; ends with a `MatrixJSONError` or, where it is no JSON, a `JSONError`.
  private struct AnswerReader {
    private var reader: JSONReader
    private var found = MatrixJSON()
    private var hasResult = false

    init(_ bytes: [UInt8]) { reader = JSONReader(bytes: bytes) }

    mutating func answer() throws -> MatrixJSON {
      var (status, error) = ("", "")
      var members = try reader.enter(.object)
      while let key = try reader.key(in: &members) {
        switch key {
        case "status": status = try text() ?? ""
        case "error": error = try text() ?? ""
        case "warnings": found.warnings = try texts()
        case "infos": found.infos = try texts()
        case "data": try data()
        case "result": try result()
        default: try reader.skipValue()
        }
      }
      try reader.end()
      guard status != "error" else { throw MatrixJSONError("an error answer: \(error)") }
      guard hasResult else {
        throw MatrixJSONError("the field data.result is missing, expected an answer of a query")
      }
      return found
    }

    private mutating func data() throws {
      guard reader.container() == .object else { return try reader.skipValue() }
      var members = try reader.enter(.object)
      while let key = try reader.key(in: &members) {
        if key == "result" { try result() } else { try reader.skipValue() }
      }
    }

    private mutating func result() throws {
      guard reader.container() == .array else { return try reader.skipValue() }
      hasResult = true
      found.series = []
      var elements = try reader.enter(.array)
      while try reader.hasMember(in: &elements) {
        // A scalar is a list as well: of its time and value.
        guard reader.container() == .object else {
          throw MatrixJSONError("result \(found.series.count) has no metric")
        }
        found.series.append(try element())
      }
    }

    private mutating func element() throws -> Series {
      var labels: Labels?
      var columns = SampleColumns()
      var hasHistograms = false
      let number = found.series.count
      var name: String { labels?.description ?? "result \(number)" }
      var members = try reader.enter(.object)
      while let key = try reader.key(in: &members) {
        switch key {
        case "metric" where reader.container() == .object:
          labels = try self.labels()
        case "values":
          columns = SampleColumns()
          var points = try reader.enter(.array)
          while try reader.hasMember(in: &points) { try point(of: name, &columns) }
        case "value":
          columns = SampleColumns()
          try point(of: name, &columns)
        case "histogram", "histograms":
          hasHistograms = true
          try reader.skipValue()
        default: try reader.skipValue()
        }
      }
      guard let labels else { throw MatrixJSONError("result \(number) has no metric") }
      guard !hasHistograms else {
        throw MatrixJSONError(
          "\(labels) has native histograms, which have lost their layout in JSON; import blocks or "
            + "use remote read", isAboutHistograms: true)
      }
      return Series(labels: labels, samples: columns)
    }

    private mutating func labels() throws -> Labels {
      var pairs: [(String, String)] = []
      var members = try reader.enter(.object)
      while let name = try reader.key(in: &members) { pairs.append((name, try text() ?? "")) }
      return Labels(pairs)
    }

    private mutating func point(of name: @autoclosure () -> String, _ columns: inout SampleColumns)
      throws
    {
      guard let (time, value) = try pair() else {
        throw MatrixJSONError(
          "a point of \(name()) is not [seconds, \"value\"], before byte \(reader.position)")
      }
      guard columns.timestamps.last.map({ $0 < time.milliseconds }) != false else {
        throw MatrixJSONError("the points of \(name()) are not in the order of time")
      }
      columns.append(time, value)
    }

    /// `[seconds, "value"]`; nil when it is something else.
    private mutating func pair() throws -> (Timestamp, Double)? {
      guard reader.container() == .array else { return nil }
      var members = try reader.enter(.array)
      guard try reader.hasMember(in: &members), reader.container() == nil,
        let seconds = try reader.value().asNumber, let time = Timestamp(seconds: seconds),
        try reader.hasMember(in: &members), let text = try text(),
        let value = NumberText.parse(text), try !reader.hasMember(in: &members)
      else { return nil }
      return (time, value)
    }

    /// The string here; nil for other values, which are read over.
    private mutating func text() throws -> String? {
      guard reader.container() == nil else {
        try reader.skipValue()
        return nil
      }
      return try reader.value().asString
    }

    private mutating func texts() throws -> [String] {
      guard reader.container() == .array else {
        try reader.skipValue()
        return []
      }
      var found: [String] = []
      var members = try reader.enter(.array)
      while try reader.hasMember(in: &members) {
        if let text = try text() { found.append(text) }
      }
      return found
    }
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
