internal import Manifest

/// A PromQL query and where to send it.
package struct PrometheusMetric: Equatable, Sendable {
  package var query: String
  package var server: PrometheusServer
  /// Nil for an instant query.
  package var range: RangeExpressions?

  /// The bounds of a range query, as expressions on `now()`, and its step.
  package struct RangeExpressions: Equatable, Sendable {
    package var start: String
    package var end: String
    package var step: Templated<GoDuration>
  }

  init(
    _ object: inout ManifestObject, unknown: inout [ManifestError]
  ) throws(ManifestError) {
    query = try object.optionalText("query") ?? ""
    server = PrometheusServer()
    server.address = try object.optionalText("address")
    server.timeoutSeconds = try object.optionalInteger("timeout")
    server.isInsecure = try object.optionalBool("insecure") ?? false
    for (node, path) in try object.list("headers") {
      var header = try node.object(at: path)
      server.headers.append(
        PrometheusServer.Header(name: try header.text("key"), value: try header.text("value")))
      unknown += header.unknownFields
    }
    if var authentication = try object.optionalObject("authentication") {
      server.authentication = try PrometheusServer.authentication(
        &authentication, unknown: &unknown)
    }
    if var range = try object.optionalObject("rangeQuery") {
      guard let step = try range.optionalTemplatedDuration("step") else {
        throw ManifestError(
          "required field is missing", at: range.node, path: range.path(of: "step"))
      }
      self.range = RangeExpressions(
        start: try range.text("start"), end: try range.text("end"), step: step)
      unknown += range.unknownFields
    }
    unknown += object.unknownFields
  }
}

/// A Prometheus server as a template names it; all fields empty for the store at hand.
package struct PrometheusServer: Equatable, Hashable, Sendable {
  /// Nil for the default of whoever performs the query.
  package var address: String?
  /// Nil for Argo's 30 seconds.
  package var timeoutSeconds: Int64?
  /// Whether certificates go unchecked.
  package var isInsecure = false
  package var headers: [Header] = []
  package var authentication: Authentication?

  package init(address: String? = nil) {
    self.address = address
  }

  /// A header to send along.
  package struct Header: Equatable, Hashable, Sendable {
    package var name: String
    package var value: String
  }

  /// How to identify to the server.
  package enum Authentication: Equatable, Hashable, Sendable {
    case basic(user: String, password: String)
    case oauth2(clientID: String, clientSecret: String, tokenAddress: String, scopes: [String])
    case sigv4(region: String, profile: String, roleARN: String)
  }

  static func authentication(
    _ object: inout ManifestObject, unknown: inout [ManifestError]
  ) throws(ManifestError) -> Authentication? {
    var result: Authentication?
    if var basic = try object.optionalObject("basicAuth") {
      result = .basic(
        user: try basic.optionalText("username") ?? "",
        password: try basic.optionalText("password") ?? "")
      unknown += basic.unknownFields
    }
    if var oauth = try object.optionalObject("oauth2") {
      var scopes: [String] = []
      for (node, path) in try oauth.list("scopes") { scopes.append(try node.text(at: path)) }
      result = .oauth2(
        clientID: try oauth.optionalText("clientId") ?? "",
        clientSecret: try oauth.optionalText("clientSecret") ?? "",
        tokenAddress: try oauth.optionalText("tokenUrl") ?? "", scopes: scopes)
      unknown += oauth.unknownFields
    }
    if var signed = try object.optionalObject("sigv4") {
      result = .sigv4(
        region: try signed.optionalText("region") ?? "",
        profile: try signed.optionalText("profile") ?? "",
        roleARN: try signed.optionalText("roleArn") ?? "")
      unknown += signed.unknownFields
    }
    unknown += object.unknownFields
    return result
  }
}
