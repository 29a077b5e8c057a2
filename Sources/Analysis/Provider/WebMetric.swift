package import Manifest

/// `provider.web`: a request whose JSON answer holds the result.
package struct WebMetric: Equatable, Sendable {
  package enum Method: String, Sendable, Hashable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
  }

  package var method: Method
  package var server: ProviderEndpoint
  /// Nil for no body.
  package var body: String?
  /// Whether the body was given as `jsonBody`, which sets the content type.
  package var isJSON: Bool
  /// Where the result stands in the answer; all of it where the template doesn't say.
  package var path: Templated<JSONPath>

  init(
    _ object: inout ManifestObject, unknown: inout [ManifestError]
  ) throws(ManifestError) {
    server = ProviderEndpoint()
    server.address = try object.text("url")
    server.timeoutSeconds = try object.optionalInteger("timeoutSeconds")
    server.isInsecure = try object.optionalBool("insecure") ?? false
    try server.readHeaders(of: &object, unknown: &unknown)
    method = .get
    if let text = try object.optionalText("method"), !text.isEmpty {
      guard let known = Method(rawValue: text) else {
        throw ManifestError(
          "found \"\(text)\", expected GET, POST or PUT", at: try object.required("method"),
          path: object.path(of: "method"))
      }
      method = known
    }
    body = try object.optionalText("body")
    isJSON = false
    if let node = object.optional("jsonBody") {
      guard body == nil else {
        throw ManifestError(
          "use either body or jsonBody", at: node, path: object.path(of: "jsonBody"))
      }
      body = JSONValue(node).spelled
      isJSON = true
    }
    path = Templated(text: "{$}", value: .whole)
    if let text = try object.optionalText("jsonPath"), !text.isEmpty {
      path.text = text
      do throws(JSONPath.Fault) {
        path.value = Placeholders.occur(in: text) ? nil : try JSONPath(text)
      } catch {
        throw ManifestError(
          error.message, at: try object.required("jsonPath"), path: object.path(of: "jsonPath"))
      }
    }
  }
}

/// `provider.graphite`: the parameters of a render call, `target=...&from=-10min`.
package struct GraphiteMetric: Equatable, Sendable {
  package var server: ProviderEndpoint
  package var query: String

  init(
    _ object: inout ManifestObject, unknown: inout [ManifestError]
  ) throws(ManifestError) {
    server = ProviderEndpoint(address: try object.optionalText("address"))
    query = try object.optionalText("query") ?? ""
    unknown += object.unknownFields
  }
}

/// `provider.influxdb`: a Flux query; address, token and organisation are in a secret.
package struct InfluxMetric: Equatable, Sendable {
  /// The secret with the keys `address`, `authToken` and `org`; Argo's default is `influxdb`.
  package var profile: String
  package var query: String

  init(
    _ object: inout ManifestObject, unknown: inout [ManifestError]
  ) throws(ManifestError) {
    profile = try object.optionalText("profile") ?? "influxdb"
    query = try object.optionalText("query") ?? ""
    unknown += object.unknownFields
  }
}

/// `provider.job`: a Kubernetes Job, whose end is the outcome.
package struct JobMetric: Equatable, Sendable {
  /// The Job's spec as written.
  package var spec: ManifestNode
  /// Labels and annotations; nil for none.
  package var metadata: ManifestNode?

  init(
    _ object: inout ManifestObject, unknown: inout [ManifestError]
  ) throws(ManifestError) {
    spec = try object.required("spec")
    metadata = object.optional("metadata")
    unknown += object.unknownFields
  }
}
