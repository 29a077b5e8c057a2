package import Manifest

/// Metrics of the OpenTelemetry protocol in JSON, turned into protobuf so that one reader knows
/// what they mean.
///
///     let message = try OTLPJSON.message(body)
///     let contents = try OTLPMetrics.parse(message)
///
/// The rules are those of `opentelemetry-proto`: names in lowerCamelCase, 64-bit integers as texts
/// or numbers, trace and span ids in hexadecimal, enums as numbers; unknown fields are passed over.
package enum OTLPJSON {
  /// The protobuf message that says the same.
  ///
  /// - Throws: for what is no JSON, or a value of a kind that its field can't have.
  package static func message(_ bytes: [UInt8]) throws(JSONError) -> [UInt8] {
    let document = try JSONValue(parsing: bytes)
    var writer = ProtobufWriter()
    try write(document, as: "request", at: "", to: &writer)
    return writer.bytes
  }

  private enum Kind {
    case message(String)
    case text
    case hexadecimal
    case base64
    case double
    case fixed64
    case signedFixed64
    case varint
    case zigZag
    case bool
  }

  private typealias Fields = [String: (number: UInt64, kind: Kind)]

  private static let numberPoint: Fields = [
    "attributes": (7, .message("attribute")), "startTimeUnixNano": (2, .fixed64),
    "timeUnixNano": (3, .fixed64), "asDouble": (4, .double), "asInt": (6, .signedFixed64),
    "exemplars": (5, .message("exemplar")), "flags": (8, .varint),
  ]

  private static let schema: [String: Fields] = [
    "request": ["resourceMetrics": (1, .message("resourceMetrics"))],
    "resourceMetrics": [
      "resource": (1, .message("resource")), "scopeMetrics": (2, .message("scopeMetrics")),
      "schemaUrl": (3, .text),
    ],
    "resource": ["attributes": (1, .message("attribute"))],
    "scopeMetrics": [
      "scope": (1, .message("scope")), "metrics": (2, .message("metric")), "schemaUrl": (3, .text),
    ],
    "scope": [
      "name": (1, .text), "version": (2, .text), "attributes": (3, .message("attribute")),
    ],
    "metric": [
      "name": (1, .text), "description": (2, .text), "unit": (3, .text),
      "gauge": (5, .message("gauge")), "sum": (7, .message("sum")),
      "histogram": (9, .message("histogram")),
      "exponentialHistogram": (10, .message("exponentialHistogram")),
      "summary": (11, .message("summary")),
    ],
    "gauge": ["dataPoints": (1, .message("numberPoint"))],
    "sum": [
      "dataPoints": (1, .message("numberPoint")), "aggregationTemporality": (2, .varint),
      "isMonotonic": (3, .bool),
    ],
    "histogram": [
      "dataPoints": (1, .message("histogramPoint")), "aggregationTemporality": (2, .varint),
    ],
    "exponentialHistogram": [
      "dataPoints": (1, .message("exponentialPoint")), "aggregationTemporality": (2, .varint),
    ],
    "summary": ["dataPoints": (1, .message("summaryPoint"))],
    "numberPoint": numberPoint,
    "histogramPoint": [
      "attributes": (9, .message("attribute")), "startTimeUnixNano": (2, .fixed64),
      "timeUnixNano": (3, .fixed64), "count": (4, .fixed64), "sum": (5, .double),
      "bucketCounts": (6, .fixed64), "explicitBounds": (7, .double),
      "exemplars": (8, .message("exemplar")), "flags": (10, .varint),
    ],
    "exponentialPoint": [
      "attributes": (1, .message("attribute")), "startTimeUnixNano": (2, .fixed64),
      "timeUnixNano": (3, .fixed64), "count": (4, .fixed64), "sum": (5, .double),
      "scale": (6, .zigZag), "zeroCount": (7, .fixed64), "positive": (8, .message("buckets")),
      "negative": (9, .message("buckets")), "flags": (10, .varint),
      "exemplars": (11, .message("exemplar")), "zeroThreshold": (14, .double),
    ],
    "buckets": ["offset": (1, .zigZag), "bucketCounts": (2, .varint)],
    "summaryPoint": [
      "attributes": (7, .message("attribute")), "startTimeUnixNano": (2, .fixed64),
      "timeUnixNano": (3, .fixed64), "count": (4, .fixed64), "sum": (5, .double),
      "quantileValues": (6, .message("quantile")), "flags": (8, .varint),
    ],
    "quantile": ["quantile": (1, .double), "value": (2, .double)],
    "exemplar": [
      "filteredAttributes": (7, .message("attribute")), "timeUnixNano": (2, .fixed64),
      "asDouble": (3, .double), "asInt": (6, .signedFixed64), "spanId": (4, .hexadecimal),
      "traceId": (5, .hexadecimal),
    ],
    "attribute": ["key": (1, .text), "value": (2, .message("value"))],
    "value": [
      "stringValue": (1, .text), "boolValue": (2, .bool), "intValue": (3, .varint),
      "doubleValue": (4, .double), "arrayValue": (5, .message("values")),
      "kvlistValue": (6, .message("attributes")), "bytesValue": (7, .base64),
    ],
    "values": ["values": (1, .message("value"))],
    "attributes": ["values": (1, .message("attribute"))],
  ]

  private static func write(
    _ value: JSONValue, as name: String, at path: String, to writer: inout ProtobufWriter
  ) throws(JSONError) {
    guard case .object(let object) = value else {
      throw JSONError("\(path): found \(value.kindName), expected an object", offset: 0)
    }
    let fields = schema[name] ?? [:]
    for (key, content) in object.sorted(by: { $0.key < $1.key }) where content != .null {
      guard let (number, kind) = fields[key] else { continue }
      let path = path.isEmpty ? key : "\(path).\(key)"
      guard case .array(let elements) = content else {
        try write(content, kind, number, at: path, to: &writer)
        continue
      }
      for (index, element) in elements.enumerated() {
        try write(element, kind, number, at: "\(path)[\(index)]", to: &writer)
      }
    }
  }

  private static func write(
    _ value: JSONValue, _ kind: Kind, _ number: UInt64, at path: String,
    to writer: inout ProtobufWriter
  ) throws(JSONError) {
    func failure(_ expected: String) -> JSONError {
      JSONError("\(path): found \(value.kindName), expected \(expected)", offset: 0)
    }
    switch kind {
    case .message(let name):
      var inner = ProtobufWriter()
      try write(value, as: name, at: path, to: &inner)
      writer.text(number, inner.bytes)
    case .text:
      guard let text = value.asString else { throw failure("a text") }
      writer.text(number, text.utf8)
    case .hexadecimal:
      guard let bytes = value.asString.flatMap(hexadecimal) else {
        throw failure("hexadecimal digits")
      }
      writer.text(number, bytes)
    case .base64:
      guard let text = value.asString else { throw failure("bytes in base64") }
      writer.text(number, base64(text))
    case .double:
      guard let double = double(value) else { throw failure("a number") }
      writer.double(number, double)
    case .fixed64, .signedFixed64:
      guard let bits = integer(value) else { throw failure("an integer, as text or number") }
      writer.fixed(number, bits)
    case .varint:
      guard let bits = integer(value) else { throw failure("an integer, as text or number") }
      // Zero is written: it is an element of a list, or the value of an attribute.
      writer.raw(number << 3)
      writer.raw(bits)
    case .zigZag:
      guard let bits = integer(value) else { throw failure("an integer, as text or number") }
      writer.zigZag(number, Int64(bitPattern: bits))
    case .bool:
      guard case .bool(let truth) = value else { throw failure("true or false") }
      writer.raw(number << 3)
      writer.raw(truth ? 1 : 0)
    }
  }

  private static func double(_ value: JSONValue) -> Double? {
    switch value {
    case .integer(let integer): Double(integer)
    case .number(let number): number
    case .string("NaN"): .nan
    case .string("Infinity"): .infinity
    case .string("-Infinity"): -.infinity
    case .string(let text): Double(text)
    default: nil
    }
  }

  /// The bits of a signed or unsigned integer.
  private static func integer(_ value: JSONValue) -> UInt64? {
    switch value {
    case .integer(let integer): UInt64(bitPattern: integer)
    case .string(let text):
      UInt64(text) ?? Int64(text).map { UInt64(bitPattern: $0) }
    // Beyond 2^63 JSON's reader gives a number.
    case .number(let number): UInt64(exactly: number)
    default: nil
    }
  }

  private static func hexadecimal(_ text: String) -> [UInt8]? {
    let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
    guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }

  /// Bytes of base64 in either alphabet; what isn't a digit is passed over.
  private static func base64(_ text: String) -> [UInt8] {
    var (bytes, bits, count): ([UInt8], UInt32, Int) = ([], 0, 0)
    for byte in text.utf8 {
      let digit: UInt8
      switch byte {
      case 0x41...0x5a: digit = byte - 0x41
      case 0x61...0x7a: digit = byte - 0x61 + 26
      case 0x30...0x39: digit = byte - 0x30 + 52
      case UInt8(ascii: "+"), UInt8(ascii: "-"): digit = 62
      case UInt8(ascii: "/"), UInt8(ascii: "_"): digit = 63
      default: continue
      }
      bits = bits << 6 | UInt32(digit)
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return bytes
  }
}
