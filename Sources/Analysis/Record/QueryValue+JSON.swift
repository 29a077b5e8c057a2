internal import Manifest
internal import MetricModel

/// Answers as records keep them: times in milliseconds, samples in columns.
///
/// A look at a growing window sees again what the look before it saw. So of each series only the
/// samples beyond those of the metric's previous answer are written, with their number as `same`.
/// Native histograms, which no measurement is judged by, are left out: NaN stands for one in a
/// vector.
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
    sampleCount += samples.count - same
    return .object(
      omittingNil: [
        "labels": JSONValue(series.labels), "same": same > 0 ? .integer(Int64(same)) : nil,
        "t": .array(samples.timestamps[same...].map { .integer($0) }),
        "v": .array(samples.values[same...].map { JSONValue(exact: $0) }),
      ])
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
    if object.optional("same") != nil {
      let same = try object.count("same")
      guard let known = known[labels], known.count >= same else {
        throw ManifestError(
          "refers to \(same) samples of an answer before it that hasn't that many",
          at: object.node, path: object.path(of: "same"))
      }
      samples = SampleColumns(
        timestamps: Array(known.timestamps.prefix(same)), values: Array(known.values.prefix(same)))
    }
    let (times, values) = (try object.list("t"), try object.list("v"))
    guard times.count == values.count else {
      throw ManifestError(
        "found \(times.count) times beside \(values.count) values", at: object.node,
        path: object.path)
    }
    for (time, value) in zip(times, values) {
      samples.append(
        try time.node.time(at: time.path), try value.node.exactNumber(at: value.path))
    }
    return Series(labels: labels, samples: samples)
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
