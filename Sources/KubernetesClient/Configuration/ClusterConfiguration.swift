package import HTTPTransport

/// Where the API server is and how to be known there.
package struct ClusterConfiguration: Sendable {
  /// Without a slash at the end.
  package var server: String
  package var tls: TLSOptions
  package var credentials: Credentials
  /// The namespace meant where none is named.
  package var namespace: String

  package init(
    server: String, tls: TLSOptions = TLSOptions(), credentials: Credentials = .none,
    namespace: String = "default"
  ) {
    self.server = server.hasSuffix("/") ? String(server.dropLast()) : server
    self.tls = tls
    self.credentials = credentials
    self.namespace = namespace
  }

  /// Who asks, beyond a client certificate.
  package enum Credentials: Hashable, Sendable {
    case none
    case token(String)
    /// Read again from time to time: bound tokens are replaced within the hour.
    case tokenFile(String)
    case basic(user: String, password: String)
    case plugin(CredentialPlugin)
  }

  /// What a Pod gets from its service account. `host` and `port` are the environment's
  /// `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`.
  package static func inCluster(
    host: String, port: String,
    directory: String = "/var/run/secrets/kubernetes.io/serviceaccount"
  ) throws(ClusterError) -> ClusterConfiguration {
    let namespace = try TextFile.read("\(directory)/namespace")
    var tls = TLSOptions()
    tls.trust = .authorities(.file("\(directory)/ca.crt"))
    return ClusterConfiguration(
      server: "https://\(host.contains(":") ? "[\(host)]" : host):\(port)", tls: tls,
      credentials: .tokenFile("\(directory)/token"),
      namespace: namespace.filter { !$0.isWhitespace })
  }
}

/// `users[].user.exec`: a program that prints a credential.
package struct CredentialPlugin: Hashable, Sendable {
  package var command: String
  package var arguments: [String]
  /// Added to the environment, as `NAME=value`.
  package var environment: [String]
  package var apiVersion: String
  /// What a command with a slash is relative to.
  package var directory: String

  package init(
    command: String, arguments: [String] = [], environment: [String] = [],
    apiVersion: String = "client.authentication.k8s.io/v1", directory: String = "."
  ) {
    self.command = command
    self.arguments = arguments
    self.environment = environment
    self.apiVersion = apiVersion
    self.directory = directory
  }
}
