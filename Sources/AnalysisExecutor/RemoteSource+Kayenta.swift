internal import Analysis
internal import HTTPTransport
internal import Manifest
internal import MetricModel

extension RemoteSource {
  /// Finds the config, starts a canary, and asks for it until it is judged
  /// (metricproviders/kayenta/kayenta.go); the answer of the last call.
  func kayenta(_ metric: KayentaMetric, body: JSONValue) async throws -> String {
    let application = ("application", metric.application)
    // Argo sends the storage account under the name of the configuration account here.
    let found = try await call(
      .get, metric, "/canaryConfig",
      [application, ("configurationAccountName", metric.storageAccountName)])
    guard
      let id = found.asArray?.first(where: { $0["name"]?.asString == metric.canaryConfigName })?[
        "id"]?.asString
    else { throw AnswerFault("kayenta has no canary config \"\(metric.canaryConfigName)\"") }
    let started = try await call(
      .post, metric, "/canary/\(PercentEncoding.escaped(id))",
      [
        application, ("metricsAccountName", metric.metricsAccountName),
        ("configurationAccountName", metric.configurationAccountName),
        ("storageAccountName", metric.storageAccountName),
      ], body: body)
    guard let execution = started["canaryExecutionId"]?.asString else {
      throw AnswerFault("kayenta gave no canaryExecutionId")
    }
    for _ in 0..<settings.kayentaPollsMax {
      try await settings.sleep(settings.kayentaPolling)
      let state = try await call(.get, metric, "/canary/\(PercentEncoding.escaped(execution))", [])
      if state["complete"]?.asBool == true { return state.spelled }
    }
    throw AnswerFault("kayenta didn't judge canary \(execution) in time")
  }

  private func call(
    _ method: HTTPRequest.Method, _ metric: KayentaMetric, _ path: String,
    _ fields: [(String, String)], body: JSONValue? = nil
  ) async throws -> JSONValue {
    let query = fields.isEmpty ? "" : "?\(PercentEncoding.form(fields))"
    var request = HTTPRequest(
      method, Self.joined(metric.address, path) + query, body: body.map { Array($0.spelled.utf8) })
    if body != nil { request.headers["content-type"] = "application/json" }
    let answer = try await endpoints.send(
      request, to: ProviderEndpoint(), timeout: settings.kayentaTimeout,
      bytesMax: settings.webBytesMax)
    guard answer.status == 200 else {
      throw AnswerFault("kayenta answered \(answer.status) to \(method.rawValue) \(path)")
    }
    do {
      return try JSONValue(parsing: answer.body)
    } catch {
      throw AnswerFault("kayenta's answer to \(method.rawValue) \(path) is unreadable: \(error)")
    }
  }
}
