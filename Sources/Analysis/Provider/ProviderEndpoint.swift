internal import Manifest

/// A server as a template names it; for Prometheus, all fields empty mean the store at hand.
package struct ProviderEndpoint: Equatable, Hashable, Sendable {
  /// Nil for the default of whoever performs the query.
  package var address: String?
  /// Nil for the provider's default: 30 seconds for Prometheus, 10 for web and graphite.
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

  /// Reads `headers` and `authentication`.
  mutating func readHeaders(
    of object: inout ManifestObject, unknown: inout [ManifestError]
  ) throws(ManifestError) {
    for (node, path) in try object.list("headers") {
      var header = try node.object(at: path)
      headers.append(Header(name: try header.text("key"), value: try header.text("value")))
      unknown += header.unknownFields
    }
    if var fields = try object.optionalObject("authentication") {
      authentication = try Self.authentication(&fields, unknown: &unknown)
    }
  }

  private static func authentication(
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
