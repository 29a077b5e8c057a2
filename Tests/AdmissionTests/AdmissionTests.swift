import Admission
import Foundation
import Synchronization
import Testing

@Suite struct AdmissionTests {
  /// Made by Python's `crypt`, at cost 4.
  static let hashOfRight = "$2b$04$abcdefghijklmnopqrstuuFmEfrkTQnczNzw475xE2VhDrK1uwJiC"

  private static func basic(_ text: String) -> String {
    "Basic \(Data(text.utf8).base64EncodedString())"
  }

  @Test func `a password is hashed once, then remembered`() async throws {
    let files = try AdmissionFiles()
    let path = try files.write(
      "basic_auth_users: {ada: \"\(Self.hashOfRight)\"}", to: "web.yml")
    let admission = try Admission(webConfiguration: path, tenants: nil)
    let hashed = Mutex(0)
    let hashing: @Sendable (@escaping @Sendable () -> Bool) async -> Bool = { work in
      hashed.withLock { $0 += 1 }
      return work()
    }
    let refused = Admission.Decision.refused(challenges: ["Basic"])
    #expect(try await admission.decision(on: nil, hashing: hashing) == refused)
    for header in ["", "Basic", "Basic !", "Bearer right", Self.basic("ada")] {
      #expect(try await admission.decision(on: header, hashing: hashing) == refused, "\(header)")
    }
    #expect(hashed.withLock { $0 } == 0)
    for _ in 0..<3 {
      #expect(
        try await admission.decision(on: Self.basic("ada:right"), hashing: hashing) == .owner)
    }
    #expect(hashed.withLock { $0 } == 1)
    // A user who doesn't exist takes as long as one who does.
    for wrong in ["ada:wrong", "ada:", "bob:right", ":right", "ada:right\0", "ada:right:"] {
      for _ in 0..<2 {
        #expect(
          try await admission.decision(on: Self.basic(wrong), hashing: hashing) == refused,
          "\(wrong)")
      }
    }
    #expect(hashed.withLock { $0 } == 7)
  }

  @Test func `a changed file counts from the next request on`() async throws {
    let files = try AdmissionFiles()
    let path = try files.write("basic_auth_users: {}", to: "web.yml")
    let admission = try Admission(webConfiguration: path, tenants: nil)
    #expect(try await admission.decision(on: nil) { $0() } == .owner)
    try files.write("basic_auth_users: {ada: \"\(Self.hashOfRight)\"}", to: "web.yml")
    #expect(
      try await admission.decision(on: nil) { $0() } == .refused(challenges: ["Basic"]))
    #expect(try await admission.decision(on: Self.basic("ada:right")) { $0() } == .owner)
    // A file that can't be read lets nobody in, until it is mended.
    try files.write("basic_auth_users: {ada: x}", to: "web.yml")
    await #expect(throws: AdmissionError.self) {
      try await admission.decision(on: Self.basic("ada:right")) { $0() }
    }
    try FileManager.default.removeItem(atPath: path)
    await #expect(throws: AdmissionError.self) { try await admission.decision(on: nil) { $0() } }
    try files.write("basic_auth_users: {ada: \"\(Self.hashOfRight)\"}", to: "web.yml")
    #expect(try await admission.decision(on: Self.basic("ada:right")) { $0() } == .owner)
  }

  @Test func `a token is one tenant's, by hash or by file`() async throws {
    let files = try AdmissionFiles()
    try files.write("token-of-the-other-one\n", to: "other.token")
    let path = try files.write(
      """
      tenants:
        - name: shop
          # printf %s token-of-shop | sha256sum
          token_sha256: 49170cf4f02649b8b0903e6ce1ae4bfeb3a3053bc13145b0a0ac66b00dcac87f
          limits: {series: 10, samples_per_second: 20, queries: 3, analyses: 4}
        - {name: other, directory: theirs, token_file: other.token, asks_servers: true}
      """, to: "tenants.yml")
    let admission = try Admission(webConfiguration: nil, tenants: path)
    let tenants = try admission.tenants()
    #expect(tenants.map(\.name) == ["shop", "other"])
    #expect(tenants.map(\.directory) == ["shop", "theirs"])
    #expect(tenants.map(\.asksServers) == [false, true])
    #expect(tenants[0].limits.series == 10 && tenants[0].limits.samplesPerSecond == 20)
    #expect(tenants[0].limits.queries == 3 && tenants[0].limits.analyses == 4)
    func decision(_ header: String?) async throws -> Admission.Decision {
      try await admission.decision(on: header) { $0() }
    }
    #expect(try await decision("Bearer token-of-shop") == .tenant("shop"))
    #expect(try await decision("bearer token-of-the-other-one") == .tenant("other"))
    let refused = Admission.Decision.refused(challenges: ["Bearer"])
    for header in [nil, "", "Bearer", "Bearer token-of-shop2", "Basic token-of-shop", "Bearer  x"] {
      #expect(try await decision(header) == refused, "\(header ?? "none")")
    }
    try files.write("another token, renewed", to: "other.token")
    #expect(try await decision("Bearer token-of-the-other-one") == refused)
    #expect(try await decision("Bearer another token, renewed") == .tenant("other"))
  }

  @Test(arguments: [
    ("tenants: [{name: a}]", "tenants[0]: expected one of token_sha256, token_file"),
    ("tenants: [{name: .., token_sha256: x}]", "tenants[0].name: found \"..\", expected 1 to 64"),
    ("tenants: [{name: a/b, token_sha256: x}]", "tenants[0].name: found \"a/b\""),
    ("tenants: [{name: a, token_sha256: abc}]", "token_sha256: found no SHA-256"),
    ("tenants: [{name: a, token_file: missing}]", "missing: can't be read"),
    ("tenants: [{name: a, token_file: short}]", "the token has 5 bytes, expected 16"),
    ("tenants: [{name: a, token_file: t, tokn: 1}]", "tenants[0].tokn: unknown field"),
    (
      "tenants: [{name: a, token_file: t, limits: {series: 0}}]",
      "tenants[0].limits.series: found 0, expected a number from 1"
    ),
    (
      "tenants: [{name: a, token_file: t}, {name: a, token_file: u}]",
      "tenants[1]: the name is another tenant's"
    ),
    (
      "tenants: [{name: a, token_file: t}, {name: b, directory: a, token_file: u}]",
      "tenants[1]: the directory is another tenant's"
    ),
    (
      "tenants: [{name: a, token_file: t}, {name: b, token_file: t}]",
      "tenants[1]: the token is a's"
    ),
  ])
  func `a tenants file that can't be right says where`(text: String, message: String) throws {
    let files = try AdmissionFiles()
    try files.write("short", to: "short")
    try files.write("a token that is long enough", to: "t")
    try files.write("a token that is long enough too", to: "u")
    let path = try files.write(text, to: "tenants.yml")
    let error = #expect(throws: AdmissionError.self) {
      try Admission(webConfiguration: nil, tenants: path)
    }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
  }

  @Test(
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")),
    arguments: ["NoClientCert", "RequestClientCert", "RequireAnyClientCert"])
  func `a certificate is taken up, and followed when it is renewed`(asked: String) throws {
    let files = try AdmissionFiles()
    try files.makeCertificate("a")
    let path = try files.write(
      "tls_server_config: {cert_file: a.pem, key_file: a.key, client_auth_type: \(asked)}",
      to: "web.yml")
    let admission = try Admission(webConfiguration: path, tenants: nil)
    #expect(admission.usesTLS)
    #expect(try admission.tlsHandler() != nil)
    try files.write("nonsense", to: "a.pem")
    let error = #expect(throws: AdmissionError.self) { try admission.tlsHandler() }
    #expect(error?.description.contains("a.pem: holds no certificate in PEM") == true)
    try files.makeCertificate("a")
    #expect(try admission.tlsHandler() != nil)
    // What came up with TLS never goes on without.
    try files.write("basic_auth_users: {}", to: "web.yml")
    #expect(throws: AdmissionError.self) { try admission.tlsHandler() }
  }
}
