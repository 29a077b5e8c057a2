import Manifest
import MetricModel

extension ClientOptions {
  /// What Prometheus' clients know beyond this.
  static let otherFields = [
    "oauth2", "sigv4", "azuread", "google_iam", "enable_http2", "proxy_url", "no_proxy",
    "proxy_from_environment", "proxy_connect_header",
  ]

  /// Takes the fields of a client out of an object that has others beside them.
  init(_ object: inout ManifestObject) throws(ManifestError) {
    credentials = try Self.credentials(&object)
    tls = try Self.tls(&object)
    headers = try Self.headers(&object)
    if let value = object.optional("follow_redirects") {
      followsRedirects = try value.scalarBool(at: object.path(of: "follow_redirects"))
    }
  }

  /// At most one of `basic_auth`, `authorization`, `bearer_token` and `bearer_token_file`.
  private static func credentials(
    _ object: inout ManifestObject
  ) throws(ManifestError) -> ScrapeCredentials? {
    var found: [ScrapeCredentials] = []
    if var basic = try object.optionalObject("basic_auth") {
      let username = try basic.scalar("username")
      let password = try secret(&basic, text: "password", file: "password_file")
      found.append(.basic(username: username ?? "", password: password ?? .text("")))
      try basic.finish()
    }
    if var authorization = try object.optionalObject("authorization") {
      let type = try authorization.scalar("type")
      if let secret = try secret(
        &authorization, text: "credentials", file: "credentials_file")
      {
        found.append(.authorization(type: type ?? "Bearer", secret))
      }
      try authorization.finish()
    }
    if let secret = try secret(&object, text: "bearer_token", file: "bearer_token_file") {
      found.append(.authorization(type: "Bearer", secret))
    }
    guard found.count <= 1 else {
      throw ManifestError(
        "at most one of basic_auth, authorization, bearer_token & bearer_token_file must be "
          + "configured", at: object.node, path: object.path)
    }
    return found.first
  }

  private static func secret(
    _ object: inout ManifestObject, text: String, file: String
  ) throws(ManifestError) -> ScrapeSecret? {
    let written = try object.scalar(text)
    let path = try object.scalar(file)
    if let written {
      guard path == nil else {
        throw ManifestError(
          "at most one of \(text) & \(file) must be configured", at: object.node,
          path: object.path)
      }
      return .text(written)
    }
    return path.map(ScrapeSecret.file)
  }

  private static func tls(_ object: inout ManifestObject) throws(ManifestError) -> ScrapeTLS? {
    guard var fields = try object.optionalObject("tls_config") else { return nil }
    var tls = ScrapeTLS()
    tls.caFile = try fields.scalar("ca_file")
    tls.certFile = try fields.scalar("cert_file")
    tls.keyFile = try fields.scalar("key_file")
    guard (tls.certFile == nil) == (tls.keyFile == nil) else {
      throw ManifestError(
        "exactly one of cert_file and key_file is configured, expected both or none",
        at: fields.node, path: fields.path)
    }
    tls.serverName = try fields.scalar("server_name")
    if let value = fields.optional("insecure_skip_verify") {
      tls.skipsVerification = try value.scalarBool(at: fields.path(of: "insecure_skip_verify"))
    }
    try fields.finish()
    return tls
  }

  /// What a client sets by itself, so that a configuration may not.
  private static let reservedHeaders: Set<String> = [
    "accept", "accept-encoding", "authorization", "connection", "content-encoding",
    "content-length", "content-type", "host", "user-agent", "x-prometheus-scrape-timeout-seconds",
    "x-prometheus-remote-write-version", "transfer-encoding", "www-authenticate",
  ]

  static func checkHeader(_ name: String, at node: ManifestNode, path: String) throws(ManifestError)
  {
    guard !reservedHeaders.contains(name.lowercased()) else {
      throw ManifestError(
        "setting header \(GoText.quoted(name)) is not allowed", at: node, path: path)
    }
  }

  private static func headers(
    _ object: inout ManifestObject
  ) throws(ManifestError) -> [ClientHeader] {
    guard var fields = try object.optionalObject("http_headers") else { return [] }
    var headers: [ClientHeader] = []
    for name in fields.fields {
      try checkHeader(name, at: fields.node, path: fields.path(of: name))
      guard var field = try fields.optionalObject(name) else { continue }
      var header = ClientHeader(name: name, values: [])
      for (node, path) in try field.list("values") + field.list("secrets") {
        header.values.append(.text(try node.scalarText(at: path)))
      }
      for (node, path) in try field.list("files") {
        header.values.append(.file(try node.scalarText(at: path)))
      }
      try field.finish()
      headers.append(header)
    }
    return headers
  }

  /// With files relative to a configuration's folder found from there.
  func resolved(_ resolve: (String) -> String) -> ClientOptions {
    func resolved(_ secret: ScrapeSecret) -> ScrapeSecret {
      guard case .file(let path) = secret else { return secret }
      return .file(resolve(path))
    }
    var result = self
    switch credentials {
    case .basic(let username, let password):
      result.credentials = .basic(username: username, password: resolved(password))
    case .authorization(let type, let secret):
      result.credentials = .authorization(type: type, resolved(secret))
    case nil: break
    }
    result.tls?.caFile = tls?.caFile.map(resolve)
    result.tls?.certFile = tls?.certFile.map(resolve)
    result.tls?.keyFile = tls?.keyFile.map(resolve)
    for index in headers.indices {
      result.headers[index].values = headers[index].values.map(resolved)
    }
    return result
  }
}
