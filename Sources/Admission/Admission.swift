package import NIOSSL

/// Who may come in: TLS for connections, passwords and tokens for requests.
///
///     let admission = try Admission(webConfiguration: "web.yml", tenants: "tenants.yml")
///     let handler = try admission.tlsHandler()                   // for each connection
///     switch try await admission.decision(on: header, hashing: onOwnThread) { ... }
///
/// Both files, and the certificates they name, are looked at again with each connection and
/// request, as Prometheus does, so that a renewed certificate or a withdrawn password counts at
/// once.
package final class Admission: Sendable {
  /// What becomes of a request.
  package enum Decision: Equatable, Sendable {
    /// One of the web configuration's users, or anybody where nobody is asked: sees the main store.
    case owner
    /// Sees its own store and nothing else.
    case tenant(String)
    /// Answered with 401 and these values of `WWW-Authenticate`.
    case refused(challenges: [String])
  }

  private let web: WatchedFiles<WebConfiguration>?
  private let tls: WatchedFiles<TLSContext?>?
  private let known: WatchedFiles<[Tenant]>?
  private let passwords = PasswordCheck()
  /// Whether connections speak TLS: decided at the start, as in Prometheus.
  package let usesTLS: Bool

  /// Reads the files once, so that what is wrong with them is said before anybody is served.
  ///
  /// - Parameters:
  ///   - webConfiguration: Prometheus' file of `--web.config.file`; nil for plain HTTP without
  ///     passwords.
  ///   - tenants: the tenants file; nil where everybody sees the main store.
  package init(webConfiguration: String?, tenants: String?) throws(AdmissionError) {
    web = webConfiguration.map { path in
      WatchedFiles { (reading) throws(AdmissionError) in
        try WebConfiguration(try reading.document(path), path: path)
      }
    }
    tls = webConfiguration.map { path in
      WatchedFiles { (reading) throws(AdmissionError) in
        guard let settings = try WebConfiguration(try reading.document(path), path: path).tls
        else { return nil }
        return try TLSContext(settings, &reading)
      }
    }
    known = tenants.map { path in
      WatchedFiles { (reading) throws(AdmissionError) in try TenantsFile.read(path, &reading) }
    }
    usesTLS = try tls?.current() != nil
    _ = try known?.current()
  }

  /// The tenants as they are now.
  package func tenants() throws(AdmissionError) -> [Tenant] { try known?.current() ?? [] }

  /// What the files ask for that works otherwise here.
  package func remarks() throws(AdmissionError) -> [String] { try web?.current().remarks ?? [] }

  /// Header fields of every answer.
  package func headers() throws(AdmissionError) -> [String: String] {
    try web?.current().headers ?? [:]
  }

  /// The first handler of a new connection; nil for plain HTTP.
  ///
  /// - Throws: where the files no longer ask for TLS too: what came up encrypted never goes on
  ///   otherwise.
  package func tlsHandler() throws(AdmissionError) -> NIOSSLServerHandler? {
    guard usesTLS else { return nil }
    guard let context = try tls?.current() else {
      throw AdmissionError("TLS was turned off in the web configuration; that takes a restart")
    }
    return context.handler()
  }

  /// What becomes of a request with this `Authorization`.
  ///
  /// - Parameter hashing: runs a comparison that takes tens of milliseconds, one after the other.
  package func decision(
    on authorization: String?,
    hashing: @Sendable (@escaping @Sendable () -> Bool) async -> Bool
  ) async throws(AdmissionError) -> Decision {
    let users = try web?.current().users ?? [:]
    let tenants = try known?.current()
    guard tenants != nil || !users.isEmpty else { return .owner }
    if let authorization {
      if let tenant = Self.tenant(authorization, tenants ?? []) { return .tenant(tenant.name) }
      if !users.isEmpty, let credentials = BasicCredentials(header: authorization) {
        if let isRight = passwords.remembered(credentials, users) {
          if isRight { return .owner }
        } else if await hashing({ [passwords] in passwords.decide(credentials, users) }) {
          return .owner
        }
      }
    }
    return .refused(
      challenges: (users.isEmpty ? [] : ["Basic"]) + (tenants == nil ? [] : ["Bearer"]))
  }

  /// Looks at every tenant, so that the time doesn't tell which one came near.
  private static func tenant(_ authorization: String, _ tenants: [Tenant]) -> Tenant? {
    let parts = authorization.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    let digest = Digest(of: parts[1].utf8)
    var found: Tenant?
    for tenant in tenants where tenant.token.equals(digest) { found = tenant }
    return found
  }
}
