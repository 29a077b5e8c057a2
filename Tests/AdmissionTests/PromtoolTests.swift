import Admission
import Foundation
import Testing

/// What Prometheus' own check says of a web configuration, we say too.
@Suite(
  .enabled(
    if: promtool != nil && FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl"),
    "needs promtool and openssl"))
struct PromtoolTests {
  @Test(arguments: [
    "", "tls_server_config: {cert_file: a.pem, key_file: a.key}",
    "tls_server_config: {cert_file: a.pem}", "tls_server_config: {key_file: a.key}",
    "tls_server_config: {cert_file: '', key_file: ''}",
    "tls_server_config: {cert_file: gone.pem, key_file: a.key}",
    "tls_server_config: {cert_file: a.pem, key_file: a.pem}",
    "tls_server_config: {cert_file: a.pem, key_file: b.key}",
    "tls_server_config: {cert_file: a.pem, key_file: a.key, client_auth_type: RequestClientCert}",
    "tls_server_config: {cert_file: a.pem, key_file: a.key, client_auth_type: RequireClientCert}",
    "tls_server_config: {cert_file: a.pem, key_file: a.key, client_auth_type: Other}",
    "tls_server_config: {cert_file: a.pem, key_file: a.key, client_ca_file: b.pem}",
    """
    tls_server_config:
      cert_file: a.pem
      key_file: a.key
      client_ca_file: b.pem
      client_auth_type: RequireAndVerifyClientCert
      min_version: TLS12
      max_version: TLS13
      prefer_server_cipher_suites: false
      cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]
      curve_preferences: [CurveP256, X25519]
    """,
    "tls_server_config: {cert_file: a.pem, key_file: a.key, min_version: TLS9}",
    "tls_server_config: {cert_file: a.pem, key_file: a.key, cipher_suites: [NONE]}",
    "tls_server_config: {cert_file: a.pem, key_file: a.key, curve_preferences: [P1]}",
    "tls_server_config: {cert_file: a.pem, key_file: a.key, unheard: 1}",
    "http_server_config: {http2: false, headers: {X-Frame-Options: deny}}",
    "http_server_config: {headers: {X-Frame-Options: no}}",
    "http_server_config: {headers: {Content-Type: no}}", "http_server_config: {other: 1}",
    "basic_auth_users: {a: $2b$04$abcdefghijklmnopqrstuuFmEfrkTQnczNzw475xE2VhDrK1uwJiC}",
    "basic_auth_users: {a: secret}", "basic_auth: {}", "nonsense", "[", "basic_auth_users: [a]",
  ])
  func `both take a file, or neither`(text: String) throws {
    let files = try AdmissionFiles()
    try files.makeCertificate("a")
    try files.makeCertificate("b")
    let path = try files.write(text, to: "web.yml")
    let theirs: Bool
    do {
      try files.run(promtool ?? "", ["check", "web-config", path])
      theirs = true
    } catch is AdmissionFiles.Failed {
      theirs = false
    }
    let ours: Bool
    do throws(AdmissionError) {
      _ = try Admission(webConfiguration: path, tenants: nil)
      ours = true
    } catch {
      ours = false
    }
    #expect(ours == theirs)
  }
}

/// Debian's `promtool`: unpacked by `make test`, or installed.
private let promtool: String? = {
  let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  return [root.appending(path: ".build/peers/usr/bin/promtool").path, "/usr/bin/promtool"]
    .first(where: FileManager.default.isExecutableFile)
}()
