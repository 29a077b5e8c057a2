internal import Analysis
internal import HTTPTransport
internal import Manifest
internal import MetricModel

extension RemoteSource {
  /// The body of a web metric's answer.
  func web(_ metric: WebMetric) async throws -> String {
    let methods: [WebMetric.Method: HTTPRequest.Method] = [.get: .get, .post: .post, .put: .put]
    var request = HTTPRequest(
      methods[metric.method] ?? .get, metric.server.address ?? "",
      body: metric.body.map { Array($0.utf8) })
    if metric.isJSON { request.headers["content-type"] = "application/json" }
    return try await body(of: request, metric.server)
  }

  /// A render call, always as JSON.
  func graphite(_ metric: GraphiteMetric) async throws -> String {
    guard let address = metric.server.address, !address.isEmpty else {
      throw AnswerFault("the metric names no graphite address")
    }
    // Blanks and line breaks are how people lay out long queries.
    let query = metric.query.split(whereSeparator: \.isWhitespace).joined()
    let parts = query.split(separator: "&").filter { !$0.hasPrefix("format=") }
      .map { part -> String in
        guard let sign = part.firstIndex(of: "=") else { return String(part) }
        let value = String(part[part.index(after: sign)...])
        return "\(part[..<sign])=\(PercentEncoding.escaped(value))"
      }
    let url =
      Self.joined(address, "/render?") + (parts + ["format=json"]).joined(separator: "&")
    return try await body(of: HTTPRequest(.get, url), metric.server)
  }

  /// Flux through the API of version 2, whose address and token are in a secret.
  func influx(_ metric: InfluxMetric) async throws -> String {
    var values: [String: String] = [:]
    for key in ["address", "authToken", "org"] {
      guard let value = await settings.secret(metric.profile, key), !value.isEmpty else {
        throw AnswerFault(
          "influxdb profile \"\(metric.profile)\": the secret has no key \"\(key)\"")
      }
      values[key] = value
    }
    let org = PercentEncoding.escaped(values["org"] ?? "")
    let dialect = JSONValue.object([
      "annotations": .array(["datatype", "group", "default"].map(JSONValue.string)),
      "delimiter": .string(","), "header": .bool(true),
    ])
    let body = JSONValue.object([
      "query": .string(metric.query), "type": .string("flux"), "dialect": dialect,
    ])
    var request = HTTPRequest(
      .post, Self.joined(values["address"] ?? "", "/api/v2/query?org=\(org)"),
      body: Array(body.spelled.utf8))
    request.headers["content-type"] = "application/json"
    request.headers["accept"] = "application/csv"
    request.headers["authorization"] = "Token \(values["authToken"] ?? "")"
    return try await self.body(of: request, ProviderEndpoint())
  }

  private func body(of request: HTTPRequest, _ server: ProviderEndpoint) async throws -> String {
    let answer = try await endpoints.send(
      request, to: server, timeout: settings.webTimeout, bytesMax: settings.webBytesMax)
    guard answer.isSuccess else {
      throw AnswerFault("received non 2xx response code: \(answer.status)")
    }
    return answer.text
  }
}
