internal import Manifest
internal import MetricModel

/// Native histograms as records keep them: what makes up the sample, bit for bit.
///
///     {"schema": 3, "zeroThreshold": 1e-128, "zeroCount": 0, "count": 12, "sum": 4.5,
///      "positive": {"indices": [-3, -2], "counts": [4, 8]}}
extension NativeHistogram {
  var json: JSONValue {
    .object(
      omittingNil: [
        "schema": .integer(Int64(schema)), "zeroThreshold": JSONValue(exact: zeroThreshold),
        "zeroCount": JSONValue(exact: zeroCount), "count": JSONValue(exact: count),
        "sum": JSONValue(exact: sum), "hint": .integer(Int64(hint.rawValue)),
        "positive": positive.json, "negative": negative.json,
        "customBounds": customBounds.isEmpty
          ? nil : .array(customBounds.map { JSONValue(exact: $0) }),
      ])
  }

  init(_ object: ManifestObject) throws(ManifestError) {
    var object = object
    let schema = try object.integer("schema")
    guard let schema = Int32(exactly: schema) else {
      throw ManifestError(
        "found \(schema), expected the schema of a histogram", at: object.node,
        path: object.path(of: "schema"))
    }
    self.init(
      schema: schema, zeroThreshold: try object.exactNumber("zeroThreshold"),
      zeroCount: try object.exactNumber("zeroCount"), count: try object.exactNumber("count"),
      sum: try object.exactNumber("sum"),
      positive: try HistogramBuckets(try object.optionalObject("positive")),
      negative: try HistogramBuckets(try object.optionalObject("negative")),
      customBounds: try object.exactNumbers("customBounds"),
      hint: UInt8(exactly: try object.integer("hint")).flatMap(CounterResetHint.init) ?? .unknown)
    do {
      try validate()
    } catch {
      throw ManifestError("\(error)", at: object.node, path: object.path)
    }
  }
}

extension HistogramBuckets {
  fileprivate var json: JSONValue? {
    isEmpty
      ? nil
      : .object([
        "indices": .array(indices.map { .integer(Int64($0)) }),
        "counts": .array(values.map { JSONValue(exact: $0) }),
      ])
  }

  fileprivate init(_ object: ManifestObject?) throws(ManifestError) {
    guard var object else {
      self.init()
      return
    }
    var indices: [Int32] = []
    for (node, path) in try object.list("indices") {
      let index = try node.integer(at: path)
      guard let index = Int32(exactly: index), indices.last.map({ $0 < index }) ?? true else {
        throw ManifestError("found \(index), expected ascending indices", at: node, path: path)
      }
      indices.append(index)
    }
    let counts = try object.exactNumbers("counts")
    guard counts.count == indices.count else {
      throw ManifestError(
        "found \(counts.count) counts for \(indices.count) buckets", at: object.node,
        path: object.path)
    }
    self.init(indices: indices, counts)
  }
}

extension ManifestObject {
  fileprivate mutating func exactNumbers(_ field: String) throws(ManifestError) -> [Double] {
    var numbers: [Double] = []
    for (node, path) in try list(field) { numbers.append(try node.exactNumber(at: path)) }
    return numbers
  }
}
