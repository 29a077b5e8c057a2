/// How requests to a target or a receiver are made: the fields of Prometheus' `http_config`.
package struct ClientOptions: Equatable, Sendable {
  package var credentials: ScrapeCredentials?
  package var tls: ScrapeTLS?
  /// Fields that each request bears: `http_headers`.
  package var headers: [ClientHeader] = []
  package var followsRedirects = true

  package init() {}

  /// The paths of secrets, certificates and keys.
  package var files: [String] {
    var secrets = headers.flatMap(\.values)
    switch credentials {
    case .basic(_, let password): secrets.append(password)
    case .authorization(_, let secret): secrets.append(secret)
    case nil: break
    }
    let paths = secrets.compactMap { secret in
      if case .file(let path) = secret { path } else { nil }
    }
    return paths + [tls?.caFile, tls?.certFile, tls?.keyFile].compactMap(\.self)
  }
}

/// A header field with its values.
package struct ClientHeader: Equatable, Sendable {
  package var name: String
  package var values: [ScrapeSecret]

  package init(name: String, values: [ScrapeSecret]) {
    self.name = name
    self.values = values
  }
}

/// How a request proves who sends it. Secrets in files are read by the shell at each request.
package enum ScrapeCredentials: Equatable, Sendable {
  case basic(username: String, password: ScrapeSecret)
  /// The type is the word before the secret, usually `Bearer`.
  case authorization(type: String, ScrapeSecret)
}

package enum ScrapeSecret: Equatable, Sendable {
  case text(String)
  case file(String)
}

/// `tls_config`.
package struct ScrapeTLS: Equatable, Sendable {
  package var caFile: String?
  package var certFile: String?
  package var keyFile: String?
  package var serverName: String?
  package var skipsVerification = false

  package init() {}
}
