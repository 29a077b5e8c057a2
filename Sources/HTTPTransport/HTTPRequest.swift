/// A request to be sent.
///
///     var request = HTTPRequest(.get, "https://prometheus.example/api/v1/query?query=up")
///     request.headers["authorization"] = "Bearer \(token)"
///     request.timeouts.total = .seconds(30)
package struct HTTPRequest: Sendable {
  package enum Method: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
  }

  package var method: Method
  /// Absolute, `http` or `https`, percent-encoded.
  package var url: String
  package var headers: HTTPHeaders
  /// nil sends none; empty sends one of length 0.
  package var body: [UInt8]?
  package var tls = TLSOptions()
  package var timeouts = HTTPTimeouts()
  /// Redirects to follow; with 0 a redirect is the answer.
  package var redirectsMax = 0
  /// Whether the server may compress; bodies arrive unpacked and count unpacked.
  package var acceptsCompression = false

  package init(
    _ method: Method, _ url: String, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8]? = nil
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
  }
}

/// How long to wait.
package struct HTTPTimeouts: Hashable, Sendable {
  /// Until a connection stands, its TLS handshake included.
  package var connect: Duration
  /// From the first step to the last byte; nil for streams that stay open.
  package var total: Duration?
  /// Without a byte arriving or leaving, in whole seconds; nil for no bound.
  package var idle: Duration?

  package init(
    connect: Duration = .seconds(10), total: Duration? = .seconds(60), idle: Duration? = nil
  ) {
    self.connect = connect
    self.total = total
    self.idle = idle
  }
}

/// Whom to trust, and who we are.
package struct TLSOptions: Hashable, Sendable {
  package enum Trust: Hashable, Sendable {
    /// The machine's own authorities.
    case system
    /// Only what these certificates vouch for.
    case authorities(PEM)
    /// Anybody.
    case anybody
  }

  /// Certificates or a key in PEM form.
  package enum PEM: Hashable, Sendable {
    case bytes([UInt8])
    case file(String)
  }

  package struct Identity: Hashable, Sendable {
    package var certificate: PEM
    package var key: PEM

    package init(certificate: PEM, key: PEM) {
      self.certificate = certificate
      self.key = key
    }
  }

  package var trust = Trust.system
  /// The client certificate to show.
  package var identity: Identity?
  /// The name to ask for and to check the certificate against, where it isn't the URL's host.
  package var serverName: String?

  package init() {}
}
