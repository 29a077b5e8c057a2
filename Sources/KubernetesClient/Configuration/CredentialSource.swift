internal import Dispatch
internal import FoundationEssentials
internal import HTTPTransport
internal import Manifest
internal import MetricModel

/// The credential of the moment: reads token files again, runs plugins again when theirs expire.
actor CredentialSource {
  /// What goes into a request.
  struct Credential: Sendable {
    /// The field `authorization`; nil for certificates.
    var authorization: String?
    var identity: TLSOptions.Identity?
  }

  private let credentials: ClusterConfiguration.Credentials
  private var known: Credential?
  private var goodUntil: ContinuousClock.Instant?

  init(_ credentials: ClusterConfiguration.Credentials) { self.credentials = credentials }

  /// Forgets what the API server refused.
  func refused() { known = nil }

  func credential() async throws(ClusterError) -> Credential {
    if let known, goodUntil.map({ ContinuousClock.now < $0 }) ?? true { return known }
    let fresh: Credential
    switch credentials {
    case .none:
      fresh = Credential()
      goodUntil = nil
    case .token(let token):
      fresh = Credential(authorization: "Bearer \(token)")
      goodUntil = nil
    case .basic(let user, let password):
      let pair = Data("\(user):\(password)".utf8).base64EncodedString()
      fresh = Credential(authorization: "Basic \(pair)")
      goodUntil = nil
    case .tokenFile(let path):
      let token = try TextFile.read(path).filter { !$0.isWhitespace }
      fresh = Credential(authorization: "Bearer \(token)")
      goodUntil = .now + .seconds(60)
    case .plugin(let plugin):
      let answer = try await Self.run(plugin)
      fresh = answer.credential
      goodUntil = answer.expires.map { .now + $0 }
    }
    known = fresh
    return fresh
  }

  private static func run(
    _ plugin: CredentialPlugin
  ) async throws(ClusterError) -> (credential: Credential, expires: Duration?) {
    let line = plugin.commandLine
    let result = await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(returning: PluginProcess.output(of: line, limitBytes: 1 << 20))
      }
    }
    guard let result, result.status == 0 else {
      throw .configuration(
        "exec plugin \"\(plugin.command)\" failed"
          + (result.map { ", exit status \($0.status >> 8 & 0xff)" } ?? ""))
    }
    return try plugin.credential(
      in: result.bytes, now: Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)))
  }
}

extension CredentialPlugin {
  /// For `sh -c`; every word is quoted.
  var commandLine: String {
    let request: JSONValue = [
      "apiVersion": .string(apiVersion), "kind": "ExecCredential", "spec": ["interactive": false],
    ]
    let isRelative = command.contains("/") && !command.hasPrefix("/")
    let words =
      ["env"] + environment + ["KUBERNETES_EXEC_INFO=\(request.spelled)"]
      + [isRelative ? "\(directory)/\(command)" : command] + arguments
    return words.map(quoted).joined(separator: " ")
  }

  private func quoted(_ word: String) -> String {
    "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
      + "'"
  }

  /// Reads an `ExecCredential`.
  func credential(
    in output: [UInt8], now: Timestamp
  ) throws(ClusterError) -> (credential: CredentialSource.Credential, expires: Duration?) {
    let object: JSONValue
    do throws(JSONError) {
      object = try JSONValue(parsing: output)
    } catch {
      throw .configuration("exec plugin \"\(command)\": \(error)")
    }
    let status = object["status"]
    var credential = CredentialSource.Credential()
    credential.authorization = status?["token"]?.asString.map { "Bearer \($0)" }
    if let certificate = status?["clientCertificateData"]?.asString,
      let key = status?["clientKeyData"]?.asString
    {
      credential.identity = TLSOptions.Identity(
        certificate: .bytes(Array(certificate.utf8)), key: .bytes(Array(key.utf8)))
    }
    guard credential.authorization != nil || credential.identity != nil else {
      throw .configuration(
        "exec plugin \"\(command)\": found neither token nor certificate in its answer")
    }
    let expires = status?["expirationTimestamp"]?.asString.flatMap { Timestamp(parsing: $0) }
    let left = expires.map { Duration.milliseconds($0.since(now).count - 10_000) }
    return (credential, left)
  }
}
