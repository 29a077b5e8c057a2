internal import Analysis
internal import HTTPTransport
internal import Manifest
internal import MetricModel

extension RemoteSource {
  /// The answers of a Prometheus server in the order of the queries.
  func prometheus(_ queries: [QueryRequest]) async throws -> MeasurementAnswer {
    var values: [QueryValue] = []
    for query in queries { values.append(try await prometheus(query)) }
    return .answered(values)
  }

  /// By POST, and by GET where the server doesn't take POST: 403, 405 and 501, as Prometheus' own
  /// client does (client_golang, `DoGetFallback`).
  private func prometheus(_ query: QueryRequest) async throws -> QueryValue {
    let given = query.server.address.flatMap { $0.isEmpty ? nil : $0 }
    guard let address = given ?? settings.prometheusAddress else {
      throw AnswerFault("the metric names no Prometheus address, and there is none by default")
    }
    var fields = [("query", query.text)]
    let path: String
    switch query.evaluation {
    case .instant(let time):
      path = "/api/v1/query"
      fields.append(("time", Self.seconds(time)))
    case .range(let start, let end, let step):
      path = "/api/v1/query_range"
      fields += [
        ("start", Self.seconds(start)), ("end", Self.seconds(end)),
        ("step", NumberText.plain(step.seconds)),
      ]
    }
    let url = Self.joined(address, path)
    let form = PercentEncoding.form(fields)
    var request = HTTPRequest(.post, url, body: Array(form.utf8))
    request.headers["content-type"] = PercentEncoding.formType
    var answer = try await ask(request, query.server)
    if [403, 405, 501].contains(answer.status) {
      answer = try await ask(HTTPRequest(.get, "\(url)?\(form)"), query.server)
    }
    return try PrometheusAnswer(answer).value
  }

  private func ask(
    _ request: HTTPRequest, _ server: ProviderEndpoint
  ) async throws -> HTTPResponse {
    try await endpoints.send(
      request, to: server, timeout: settings.prometheusTimeout,
      bytesMax: settings.prometheusBytesMax)
  }

  /// Unix time with as many decimals as needed: `1700000000.123`.
  private static func seconds(_ time: Timestamp) -> String {
    let (whole, rest) = time.milliseconds.flooredDivision(by: 1000)
    guard rest != 0 else { return String(whole) }
    let digits = String(1000 + rest).dropFirst()
    return "\(whole).\(digits)"
  }

  static func joined(_ address: String, _ path: String) -> String {
    (address.hasSuffix("/") ? String(address.dropLast()) : address) + path
  }
}

/// What a Prometheus server answered.
struct PrometheusAnswer {
  let value: QueryValue

  init(_ response: HTTPResponse) throws(AnswerFault) {
    // Only these carry an error of the API; anything else is the server's or a proxy's.
    let isAnswer = response.isSuccess || response.status == 400 || response.status == 422
    guard isAnswer else {
      let kind = response.status / 100 == 4 ? "client_error" : "server_error"
      let word = response.status / 100 == 4 ? "client error" : "server error"
      throw AnswerFault("\(kind): \(word): \(response.status)")
    }
    let document: JSONValue
    do {
      document = try JSONValue(parsing: response.body)
    } catch {
      throw AnswerFault("bad_response: the answer of Prometheus isn't readable: \(error)")
    }
    guard document["status"]?.asString == "success" else {
      let type = document["errorType"]?.asString ?? "bad_response"
      throw AnswerFault("\(type): \(document["error"]?.asString ?? "the answer has no status")")
    }
    value = try Self.value(document["data"])
  }

  private static func value(_ data: JSONValue?) throws(AnswerFault) -> QueryValue {
    guard let type = data?["resultType"]?.asString, let result = data?["result"] else {
      throw AnswerFault("bad_response: the answer has no data.resultType and data.result")
    }
    switch type {
    case "scalar":
      let point = try self.point(result)
      return .scalar(point)
    case "string":
      guard let text = result[1]?.asString else { throw unreadable(result) }
      return .string(text, at: try time(result[0]))
    case "vector":
      var samples: [VectorSample] = []
      for element in result.asArray ?? [] {
        let labels = try labels(element["metric"])
        if let pair = element["histogram"] {
          let remote = try RemoteHistogram(pair)
          let histogram = try remote.histogram(in: RemoteHistogram.layout(of: [remote]))
          samples.append(
            VectorSample(labels: labels, time: remote.time, value: .histogram(histogram)))
          continue
        }
        guard let pair = element["value"] else { throw unreadable(element) }
        let point = try self.point(pair)
        samples.append(VectorSample(labels: labels, time: point.time, value: point.value))
      }
      return .vector(samples)
    case "matrix":
      return .matrix(try matrix(result.asArray ?? []))
    default: throw AnswerFault("bad_response: unexpected value type \"\(type)\"")
    }
  }

  /// Series of numbers, native histograms, or both.
  private static func matrix(_ elements: [JSONValue]) throws(AnswerFault) -> [Series] {
    var histograms: [[RemoteHistogram]] = []
    for element in elements {
      var remote: [RemoteHistogram] = []
      for pair in element["histograms"]?.asArray ?? [] { remote.append(try RemoteHistogram(pair)) }
      histograms.append(remote)
    }
    let layout = RemoteHistogram.layout(of: histograms.flatMap(\.self))
    var series: [Series] = []
    for (element, remote) in zip(elements, histograms) {
      guard let pairs = element["values"]?.asArray ?? (remote.isEmpty ? nil : []) else {
        throw unreadable(element)
      }
      var samples = SampleColumns()
      for pair in pairs {
        let point = try self.point(pair)
        try checkOrder(point.time, after: samples.timestamps.last)
        samples.append(point.time, point.value)
      }
      for one in remote {
        try checkOrder(one.time, after: samples.histograms.timestamps.last)
        samples.histograms.append(one.time, try one.histogram(in: layout))
      }
      series.append(Series(labels: try labels(element["metric"]), samples: samples))
    }
    return series
  }

  private static func checkOrder(_ time: Timestamp, after last: Int64?) throws(AnswerFault) {
    if let last, time.milliseconds <= last {
      throw AnswerFault("bad_response: the times of a series don't ascend")
    }
  }

  private static func point(_ pair: JSONValue) throws(AnswerFault) -> ScalarPoint {
    guard let text = pair[1]?.asString, let value = NumberText.parse(text) else {
      throw unreadable(pair)
    }
    return ScalarPoint(time: try time(pair[0]), value: value)
  }

  private static func time(_ value: JSONValue?) throws(AnswerFault) -> Timestamp {
    guard let seconds = value?.asNumber, let time = Timestamp(seconds: seconds) else {
      throw unreadable(value ?? .null)
    }
    return time
  }

  private static func labels(_ value: JSONValue?) throws(AnswerFault) -> Labels {
    var pairs: [(String, String)] = []
    for (name, value) in value?.asObject ?? [:] {
      guard let text = value.asString else { throw unreadable(value) }
      pairs.append((name, text))
    }
    return Labels(pairs)
  }

  private static func unreadable(_ value: JSONValue) -> AnswerFault {
    AnswerFault("bad_response: can't read \(value.spelled.prefix(100))")
  }
}
