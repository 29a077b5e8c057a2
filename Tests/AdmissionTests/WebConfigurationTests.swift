import Admission
import Foundation
import Testing

@Suite struct WebConfigurationTests {
  /// Files that are refused, with what is said of them after the path.
  @Test(arguments: [
    ("users: {}", ":1:1: users: unknown field"),
    ("rate_limit: {burst: 1}", "rate_limit: not supported"),
    ("tls_server_config: {cert_file: a.pem}", "tls_server_config: missing one of key or key_file"),
    ("tls_server_config: {key_file: a.key}", "tls_server_config: missing one of cert or cert_file"),
    (
      "tls_server_config: {cert_file: a, key_file: b, client_allowed_sans: [x]}",
      "client_allowed_sans: not supported"
    ),
    (
      "tls_server_config: {cert_file: a, key_file: b, client_ca_file: c}",
      "tls_server_config.client_ca_file: authorities for clients are named, but clients aren't"
    ),
    (
      "tls_server_config: {cert_file: a, key_file: b, client_auth_type: Maybe}",
      "client_auth_type: found \"Maybe\", expected one of NoClientCert, RequestClientCert"
    ),
    (
      "tls_server_config: {cert_file: a, key_file: b, min_version: TLS111}",
      "min_version: \"TLS111\" isn't supported, only TLS13, TLS12"
    ),
    (
      "tls_server_config: {cert_file: a, key_file: b, cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]}",
      "cipher_suites[0]: \"TLS_RSA_WITH_RC4_128_SHA\" isn't supported"
    ),
    (
      "tls_server_config: {cert_file: a, key_file: b, curve_preferences: [CurveP257]}",
      "curve_preferences[0]: \"CurveP257\" isn't supported, only CurveP256"
    ),
    ("tls_server_config: {cert_file: a, key_file: b, extra: 1}", "extra: unknown field"),
    ("tls_server_config: {cert_file: a, key_file: b}", "/a: can't be read"),
    ("http_server_config: {headers: {X-Mine: a}}", "headers.X-Mine: this header can't be"),
    (
      "http_server_config: {headers: {X-Frame-Options: never}}",
      "headers.X-Frame-Options: found \"never\", expected deny or sameorigin"
    ),
    (
      "http_server_config: {headers: {X-XSS-Protection: \"a\\r\\nb: c\"}}",
      "X-XSS-Protection: a header can't hold control characters"
    ),
    ("basic_auth_users: {ada: secret}", "basic_auth_users.ada: found no bcrypt hash"),
    ("basic_auth_users: [ada]", "basic_auth_users: found a list, expected an object"),
    ("a: [", ":"),
  ])
  func `a file that asks for what can't be done is refused by name`(
    text: String, message: String
  ) throws {
    let files = try AdmissionFiles()
    let path = try files.write(text, to: "web.yml")
    let error = #expect(throws: AdmissionError.self) {
      try Admission(webConfiguration: path, tenants: nil)
    }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
  }

  @Test(arguments: ["", "# nothing", "tls_server_config: {}", "basic_auth_users: {}"])
  func `a file that says nothing lets everybody in`(text: String) async throws {
    let files = try AdmissionFiles()
    let path = try files.write(text, to: "web.yml")
    let admission = try Admission(webConfiguration: path, tenants: nil)
    #expect(!admission.usesTLS)
    #expect(try await admission.decision(on: nil) { $0() } == .owner)
  }

  @Test func `headers are given to every answer`() throws {
    let files = try AdmissionFiles()
    let path = try files.write(
      "http_server_config: {http2: true, headers: {X-Frame-Options: deny, X-XSS-Protection: ''}}",
      to: "web.yml")
    let admission = try Admission(webConfiguration: path, tenants: nil)
    #expect(try admission.headers() == ["X-Frame-Options": "deny"])
    #expect(try admission.remarks().count == 1)
  }
}
