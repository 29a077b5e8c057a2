internal import Manifest

/// A web configuration file of Prometheus (`--web.config.file`), as exporter-toolkit reads it.
///
/// What isn't supported is refused by its name when the file is read, never passed over.
package struct WebConfiguration: Sendable {
  /// Nil to serve plain HTTP.
  package var tls: TLSSettings?
  /// Header fields of every answer.
  package var headers: [String: String] = [:]
  /// Bcrypt hashes by user name; nobody is asked for a password when there are none.
  package var users: [String: String] = [:]
  /// What works otherwise than one who writes the file may expect.
  package var remarks: [String] = []

  /// - Parameter path: of the file, for messages and as the place of relative paths.
  init(_ document: ManifestNode?, path: String) throws(AdmissionError) {
    guard let document else { return }
    do throws(ManifestError) {
      var fields = try document.object(at: "")
      if let server = try fields.optionalObject("tls_server_config") {
        tls = try TLSSettings(server, path: path)
      }
      if var http = try fields.optionalObject("http_server_config") {
        if try http.optionalBool("http2") == true {
          remarks.append("\(path): http_server_config.http2: HTTP/1.1 is spoken all the same")
        }
        headers = try Self.headers(&http)
        try http.finish()
      }
      users = try Self.users(&fields)
      if let limit = fields.optional("rate_limit") {
        throw ManifestError("not supported, let a proxy limit rates", at: limit, path: "rate_limit")
      }
      try fields.finish()
    } catch {
      throw AdmissionError("\(path):\(error)")
    }
  }

  /// The fields that may be set, with the values that are accepted; any where there are none.
  private static let settable: [String: [String]] = [
    "Strict-Transport-Security": [],
    "X-Content-Type-Options": ["nosniff"],
    "X-Frame-Options": ["deny", "sameorigin"],
    "X-XSS-Protection": [],
    "Content-Security-Policy": [],
  ]

  private static func headers(
    _ http: inout ManifestObject
  ) throws(ManifestError) -> [String: String] {
    guard let node = http.optional("headers") else { return [:] }
    let path = http.path(of: "headers")
    var result: [String: String] = [:]
    let object = try node.object(at: path)
    for name in object.fields {
      let value = node[name] ?? node
      guard let accepted = settable[name] else {
        let known = settable.keys.sorted().joined(separator: ", ")
        throw ManifestError(
          "this header can't be configured, only \(known)", at: value, path: object.path(of: name))
      }
      let text = try value.scalarText(at: object.path(of: name))
      guard accepted.isEmpty || accepted.contains(text) else {
        throw ManifestError(
          "found \"\(text)\", expected \(accepted.joined(separator: " or "))", at: value,
          path: object.path(of: name))
      }
      guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
        throw ManifestError(
          "a header can't hold control characters", at: value, path: object.path(of: name))
      }
      if !text.isEmpty { result[name] = text }
    }
    return result
  }

  private static func users(
    _ fields: inout ManifestObject
  ) throws(ManifestError) -> [String: String] {
    guard let node = fields.optional("basic_auth_users") else { return [:] }
    var result: [String: String] = [:]
    let object = try node.object(at: "basic_auth_users")
    for name in object.fields {
      let value = node[name] ?? node
      let hash = try value.text(at: object.path(of: name))
      guard PasswordHash.isWellFormed(hash) else {
        throw ManifestError(
          "found no bcrypt hash, expected one such as htpasswd -nBC 10 \"\" makes", at: value,
          path: object.path(of: name))
      }
      result[name] = hash
    }
    return result
  }
}
