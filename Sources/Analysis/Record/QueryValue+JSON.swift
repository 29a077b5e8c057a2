internal import Manifest
internal import MetricModel

/// Answers as records keep them: times in milliseconds, samples in columns.
///
/// A look at a growing window sees again what the look before it saw. So of each series only the
/// samples beyond those of the metric's previous answer are written, with their number as `same`
/// (`sameHistograms`). NaN stands for a native histogram in a vector, which nothing is judged by.
struct AnswerCoding {
  /// The latest answers, by metric and place among its queries.
  private var previous: [Place: [Labels: SampleColumns]] = [:]

  private struct Place: Hashable {
    var metric: String
    var query: Int
  }

  /// The samples written out so far.
  private(set) var sampleCount = 0

  mutating func json(_ value: QueryValue, metric: String, query: Int) -> JSONValue {
    switch value {
    case .scalar(let point):
      return .object(["scalar": .array([JSONValue(point.time), JSONValue(exact: point.value)])])
    case .string(let text, let time):
      return .object(["string": .array([JSONValue(time), .string(text)])])
    case .vector(let samples):
      sampleCount += samples.count
      return .object([
        "vector": .array(
          samples.map {
            .object([
              "labels": JSONValue($0.labels), "t": JSONValue($0.time),
              "v": JSONValue(exact: $0.value.number ?? .nan),
            ])
          })
      ])
    case .matrix(let series):
      let place = Place(metric: metric, query: query)
      let known = previous[place] ?? [:]
      previous[place] = Dictionary(
        series.map { ($0.labels, $0.samples) }, uniquingKeysWith: { first, _ in first })
      return .object(["matrix": .array(series.map { json($0, known: known[$0.labels]) })])
    }
  }

  private mutating func json(_ series: Series, known: SampleColumns?) -> JSONValue {
    let samples = series.samples
    var same = 0
    if let known {
      let count = min(known.count, samples.count)
      while same < count, known.timestamps[same] == samples.timestamps[same],
        known.values[same].bitPattern == samples.values[same].bitPattern
      {
        same += 1
      }
    }
    let histograms = samples.histograms
    var sameHistograms = 0
    if let known = known?.histograms {
      let count = min(known.count, histograms.count)
      while sameHistograms < count,
        known.timestamps[sameHistograms] == histograms.timestamps[sameHistograms],
        known.values[sameHistograms] == histograms.values[sameHistograms]
      {
        sameHistograms += 1
      }
    }
    sampleCount += samples.count - same + histograms.count - sameHistograms
    var fields: [String: JSONValue?] = [
      "labels": JSONValue(series.labels), "same": same > 0 ? .integer(Int64(same)) : nil,
      "t": .array(samples.timestamps[same...].map { .integer($0) }),
      "v": .array(samples.values[same...].map { JSONValue(exact: $0) }),
    ]
    if !histograms.isEmpty {
      fields["sameHistograms"] = sameHistograms > 0 ? .integer(Int64(sameHistograms)) : nil
      fields["th"] = .array(histograms.timestamps[sameHistograms...].map { .integer($0) })
      fields["h"] = .array(histograms.values[sameHistograms...].map(\.json))
    }
    return .object(omittingNil: fields)
  }

  /// The value that `json` wrote, read in the same order.
  mutating func value(
    _ node: ManifestNode, at path: String, metric: String, query: Int
  ) throws(ManifestError) -> QueryValue {
    var object = try node.object(at: path)
    if object.optional("scalar") != nil {
      let pair = try Self.pair("scalar", of: &object)
      return .scalar(
        ScalarPoint(
          time: try pair[0].node.time(at: pair[0].path),
          value: try pair[1].node.exactNumber(at: pair[1].path)))
    }
    if object.optional("string") != nil {
      let pair = try Self.pair("string", of: &object)
      return .string(
        try pair[1].node.text(at: pair[1].path), at: try pair[0].node.time(at: pair[0].path))
    }
    if object.optional("vector") != nil {
      var samples: [VectorSample] = []
      for (node, path) in try object.list("vector") {
        var sample = try node.object(at: path)
        samples.append(
          VectorSample(
            labels: try sample.required("labels").labels(at: sample.path(of: "labels")),
            time: try sample.required("t").time(at: sample.path(of: "t")),
            value: try sample.exactNumber("v")))
      }
      return .vector(samples)
    }
    let place = Place(metric: metric, query: query)
    let known = previous[place] ?? [:]
    var series: [Series] = []
    _ = try object.required("matrix")
    for (node, path) in try object.list("matrix") {
      series.append(try Self.series(try node.object(at: path), known: known))
    }
    previous[place] = Dictionary(
      series.map { ($0.labels, $0.samples) }, uniquingKeysWith: { first, _ in first })
    return .matrix(series)
  }

  private static func series(
    _ object: ManifestObject, known: [Labels: SampleColumns]
  ) throws(ManifestError) -> Series {
    var object = object
    let labels = try object.required("labels").labels(at: object.path(of: "labels"))
    var samples = SampleColumns()
    let known = known[labels] ?? SampleColumns()
    let same = try Self.repeated("same", of: &object, outOf: known.count)
    samples = SampleColumns(
      timestamps: Array(known.timestamps.prefix(same)), values: Array(known.values.prefix(same)))
    for (time, value) in try Self.columns("t", "v", of: &object) {
      samples.append(time, try value.node.exactNumber(at: value.path))
    }
    let histograms = known.histograms
    let sameHistograms = try Self.repeated("sameHistograms", of: &object, outOf: histograms.count)
    samples.histograms = HistogramColumns(
      timestamps: Array(histograms.timestamps.prefix(sameHistograms)),
      values: Array(histograms.values.prefix(sameHistograms)))
    for (time, value) in try Self.columns("th", "h", of: &object) {
      samples.histograms.append(
        time, try NativeHistogram(try value.node.object(at: value.path)))
    }
    return Series(labels: labels, samples: samples)
  }

  /// How many samples of the answer before are meant.
  private static func repeated(
    _ field: String, of object: inout ManifestObject, outOf known: Int
  ) throws(ManifestError) -> Int {
    guard object.optional(field) != nil else { return 0 }
    let same = try object.count(field)
    guard known >= same else {
      throw ManifestError(
        "refers to \(same) samples of an answer before it that hasn't that many",
        at: object.node, path: object.path(of: field))
    }
    return same
  }

  private static func columns(
    _ times: String, _ values: String, of object: inout ManifestObject
  ) throws(ManifestError) -> [(Timestamp, (node: ManifestNode, path: String))] {
    let (times, values) = (try object.list(times), try object.list(values))
    guard times.count == values.count else {
      throw ManifestError(
        "found \(times.count) times beside \(values.count) values", at: object.node,
        path: object.path)
    }
    var pairs: [(Timestamp, (node: ManifestNode, path: String))] = []
    for (time, value) in zip(times, values) {
      pairs.append((try time.node.time(at: time.path), value))
    }
    return pairs
  }

  private static func pair(
    _ field: String, of object: inout ManifestObject
  ) throws(ManifestError) -> [(node: ManifestNode, path: String)] {
    let pair = try object.list(field)
    guard pair.count == 2 else {
      throw ManifestError(
        "expected a time and a value", at: object.node, path: object.path(of: field))
    }
    return pair
  }
}
