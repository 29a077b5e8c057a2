package import Manifest
internal import MetricModel

/// The body of an HTTP answer as conditions see it, by the provider that was asked.
enum ProviderReading {
  case result(ResultReading)
  /// The provider has judged by itself.
  case judged(AnalysisPhase, value: String)

  init(_ body: String, for provider: MetricProvider?) throws(ConditionError) {
    switch provider {
    case .web(let web): self = .result(try Self.web(body, at: web.path.value ?? .whole))
    case .graphite: self = .result(try Self.graphite(body))
    case .influxdb: self = .result(try Self.influx(body))
    case .kayenta(let kayenta): self = try Self.kayenta(body, kayenta)
    default: throw ConditionError("the metric asks for no document, found one")
    }
  }

  /// The value at the path; what isn't JSON is a text (metricproviders/webmetric).
  private static func web(
    _ body: String, at path: JSONPath
  ) throws(ConditionError) -> ResultReading {
    guard let document = try? JSONValue(parsing: body) else {
      return ResultReading(input: ConditionInput(.text(body)), text: JSONValue.quoted(body))
    }
    guard let value = path.first(in: document) else {
      throw ConditionError("result of web metric produced no value")
    }
    return ResultReading(
      input: ConditionInput(ConditionValue(decoding: value)), text: value.spelled)
  }

  /// The points of the first series that aren't null (metricproviders/graphite).
  private static func graphite(_ body: String) throws(ConditionError) -> ResultReading {
    guard case .array(let list) = try json(body) else {
      throw ConditionError("graphite gave no list of series")
    }
    var numbers: [Double] = []
    for point in list.first?["datapoints"]?.asArray ?? [] {
      if let number = point[0]?.asNumber { numbers.append(number) }
    }
    return reading(of: numbers)
  }

  /// The column `_value` of annotated CSV; nothing is an error (metricproviders/influxdb).
  private static func influx(_ body: String) throws(ConditionError) -> ResultReading {
    var values: [ConditionValue] = []
    var column: Int?
    for record in DelimitedText(body).records {
      guard let first = record.first else { continue }
      if first.hasPrefix("#") {
        column = nil
      } else if column == nil || record.contains("_value") {
        column = record.firstIndex(of: "_value")
      } else if let column, record.indices.contains(column) {
        let field = record[column]
        values.append(NumberText.parse(field).map { .number($0) } ?? .text(field))
      }
    }
    guard !values.isEmpty else { throw ConditionError("no results returned from query") }
    let value = ConditionValue.list(values)
    return ResultReading(
      input: ConditionInput(value, type: .list(.any)),
      text: "[" + values.map(\.text).joined(separator: ",") + "]")
  }

  private static func kayenta(
    _ body: String, _ metric: KayentaMetric
  ) throws(ConditionError) -> ProviderReading {
    guard
      let score = try json(body)[path: "result", "judgeResult", "score", "score"]?.asNumber
    else { throw ConditionError("kayenta gave no score") }
    return .judged(
      metric.phase(of: score), value: NumberText.plain(score.rounded(.towardZero)))
  }

  private static func json(_ body: String) throws(ConditionError) -> JSONValue {
    do {
      return try JSONValue(parsing: body)
    } catch {
      throw ConditionError("the answer is no JSON: \(error)")
    }
  }

  private static func reading(of numbers: [Double]) -> ResultReading {
    ResultReading(
      input: ConditionInput(.list(numbers.map { .number($0) }), type: .list(.number)),
      text: "[" + numbers.map { NumberText.plain($0) }.joined(separator: ",") + "]")
  }
}

extension ConditionValue {
  /// As Go decodes JSON: every number is a float64.
  package init(decoding value: JSONValue) {
    switch value {
    case .null: self = .null
    case .bool(let truth): self = .bool(truth)
    case .integer(let integer): self = .number(Double(integer))
    case .number(let number): self = .number(number)
    case .string(let text): self = .text(text)
    case .array(let elements): self = .list(elements.map { ConditionValue(decoding: $0) })
    case .object(let fields): self = .map(fields.mapValues { ConditionValue(decoding: $0) })
    }
  }
}

/// Comma-separated values with quotes (RFC 4180).
struct DelimitedText {
  private(set) var records: [[String]] = []

  init(_ text: String) {
    var record: [String] = []
    var field: [UInt8] = []
    var isQuoted = false
    var previous: UInt8 = 0
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\"") {
        // A doubled quote inside quotes is one.
        if !isQuoted, previous == byte { field.append(byte) }
        isQuoted.toggle()
      } else if isQuoted {
        field.append(byte)
      } else if byte == UInt8(ascii: ",") {
        record.append(String(decoding: field, as: UTF8.self))
        field = []
      } else if byte == UInt8(ascii: "\n") {
        record.append(String(decoding: field, as: UTF8.self))
        if record != [""] { records.append(record) }
        (record, field) = ([], [])
      } else if byte != UInt8(ascii: "\r") {
        field.append(byte)
      }
      previous = byte
    }
    record.append(String(decoding: field, as: UTF8.self))
    if record != [""] { records.append(record) }
  }
}
