import Admission
import Exposition
import Foundation
import MetricModel
import Synchronization
import Testing
import TimeSeriesStore

@testable import HTTPService

/// TLS, passwords and tenants on a real socket, asked by curl.
@Suite(
  .serialized,
  .enabled(
    if: ServiceTests.hasCurl && FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl"),
    "needs curl and openssl"))
struct AccessTests {
  private let files: AccessFiles

  init() throws { files = try AccessFiles() }

  /// Of "right", at bcrypt's lowest cost.
  private static let users =
    "basic_auth_users: {ada: \"$2b$04$abcdefghijklmnopqrstuuFmEfrkTQnczNzw475xE2VhDrK1uwJiC\"}"

  @Test func `a password is asked for, on every path`() async throws {
    let web = try files.write(Self.users, to: "web.yml")
    let access = ServiceAccess(
      admission: try Admission(webConfiguration: web, tenants: nil))
    try await RunningService.with(access: access) { service in
      for path in ["/-/healthy", "/metrics", "/api/v1/query?query=1", "/nowhere"] {
        let refused = await service.curl(path, "-i")
        #expect(refused.hasPrefix("HTTP/1.1 401 "))
        #expect(refused.lowercased().contains("www-authenticate: basic\r\n"))
        #expect(refused.contains("\r\n\r\nUnauthorized\n\n401 text/plain"))
      }
      #expect(await service.curl("/-/healthy", "-u", "ada:wrong").hasPrefix("Unauthorized"))
      #expect(await service.curl("/-/healthy", "-u", "bob:right").hasPrefix("Unauthorized"))
      for _ in 0..<2 {
        #expect(await service.curl("/-/healthy", "-u", "ada:right").hasPrefix("Assay is Healthy."))
      }
      // A file that can't be read lets nobody in.
      try files.write("basic_auth_users: 7", to: "web.yml")
      #expect(
        await service.curl("/-/healthy", "-u", "ada:right")
          == "Internal Server Error\n\n500 text/plain; charset=utf-8")
      try files.write(
        "http_server_config: {headers: {X-Frame-Options: deny}}", to: "web.yml")
      let open = await service.curl("/-/healthy", "-i")
      #expect(open.hasPrefix("HTTP/1.1 200 ") && open.contains("X-Frame-Options: deny\r\n"))
    }
  }

  @Test func `TLS is spoken, with the certificate that is there when a connection begins`()
    async throws
  {
    try await files.makeCertificate("first")
    try await files.makeCertificate("second")
    func configuration(_ name: String) -> String {
      "tls_server_config: {cert_file: \(name).pem, key_file: \(name).key, max_version: TLS12}"
    }
    let web = try files.write(configuration("first"), to: "web.yml")
    let access = ServiceAccess(admission: try Admission(webConfiguration: web, tenants: nil))
    try await RunningService.with(access: access) { service in
      func ask(_ authority: String, _ more: String...) async -> String {
        await service.curl("/-/healthy", ["--cacert", files.path("\(authority).pem")] + more)
      }
      #expect(await ask("first").hasPrefix("Assay is Healthy."))
      #expect(await ask("first", "--tlsv1.3") == "\n000 ")
      #expect(await ask("second") == "\n000 ")
      try files.write(configuration("second"), to: "web.yml")
      #expect(await ask("second").hasPrefix("Assay is Healthy."))
      #expect(await ask("first") == "\n000 ")
      // A broken file breaks new connections, and they come back once it is mended.
      try files.write("tls_server_config: {cert_file: first.pem}", to: "web.yml")
      #expect(await ask("first") == "\n000 ")
      try files.write(configuration("first"), to: "web.yml")
      #expect(await ask("first").hasPrefix("Assay is Healthy."))
      let plain = await service.run(
        "/usr/bin/curl", ["-s", "-w", "%{http_code}", "http://127.0.0.1:\(service.port)/-/healthy"])
      #expect(plain == "000")
    }
  }

  @Test(arguments: [
    // What is asked; who gets through: nobody's certificate, a foreign one, one of the authority.
    ("NoClientCert", "", [true, true, true]),
    ("RequestClientCert", "", [true, true, true]),
    ("RequireAnyClientCert", "", [false, true, true]),
    ("VerifyClientCertIfGiven", "client_ca_file: client.pem", [true, false, true]),
    ("RequireAndVerifyClientCert", "client_ca_file: client.pem", [false, false, true]),
  ])
  func `clients show certificates as the configuration asks`(
    asked: String, authority: String, expected: [Bool]
  ) async throws {
    for name in ["server", "foreign", "client"] { try await files.makeCertificate(name) }
    let web = try files.write(
      """
      tls_server_config:
        cert_file: server.pem
        key_file: server.key
        client_auth_type: \(asked)
        \(authority)
      """, to: "web.yml")
    let access = ServiceAccess(admission: try Admission(webConfiguration: web, tenants: nil))
    try await RunningService.with(access: access) { service in
      for (index, name) in [nil, "foreign", "client"].enumerated() {
        var arguments = ["--cacert", files.path("server.pem")]
        if let name {
          arguments += ["--cert", files.path("\(name).pem"), "--key", files.path("\(name).key")]
        }
        let answer = await service.curl("/-/healthy", arguments)
        #expect(
          answer.hasPrefix("Assay is Healthy.") == expected[index],
          "\(asked), \(name ?? "none"): \(answer)")
      }
    }
  }

  @Test func `tenants see their own samples, within their limits`() async throws {
    try files.write("a-token-of-the-shop", to: "shop.token")
    try files.write("a-token-of-the-bank", to: "bank.token")
    let web = try files.write(Self.users, to: "web.yml")
    let path = try files.write(
      """
      tenants:
        - {name: shop, token_file: shop.token, limits: {series: 3}}
        - {name: bank, token_file: bank.token, limits: {samples_per_second: 1}}
      """, to: "tenants.yml")
    let admission = try Admission(webConfiguration: web, tenants: path)
    var premises: [ServiceAccess.Premises] = []
    for tenant in try admission.tenants() {
      var options = StoreOptions()
      options.seriesMax = tenant.limits.series ?? .max
      premises.append(
        ServiceAccess.Premises(
          tenant: tenant,
          store: try Store.open(tenant.directory, on: MemoryFiles(), options: options),
          dataDirectory: tenant.directory, analyses: nil))
    }
    let access = ServiceAccess(admission: admission, premises: premises)
    let now = Mutex(Timestamp(milliseconds: 1_700_000_000_000))
    try await RunningService.with(
      { $0.now = { now.withLock { $0 } } }, access: access
    ) { service in
      let shop = ["-H", "Authorization: Bearer a-token-of-the-shop"]
      let bank = ["-H", "Authorization: Bearer a-token-of-the-bank"]
      let owner = ["-u", "ada:right"]
      func batch(_ name: String, series: Int) -> SampleBatch {
        var batch = SampleBatch()
        for number in 0..<series {
          let index = batch.addSeries(Labels([("__name__", name), ("n", "\(number)")]))
          batch.append(series: index, now.withLock { $0 }, 1)
        }
        return batch
      }
      func write(_ batch: SampleBatch, _ arguments: [String]) async -> String {
        await service.write(batch, arguments[0], arguments[1])
      }
      func names(_ arguments: [String]) async -> String {
        await service.curl("/api/v1/label/__name__/values", arguments)
      }
      func answer(_ names: String) -> String {
        "{\"status\":\"success\",\"data\":[\(names)]}\n200 application/json"
      }
      #expect(await write(batch("of_shop", series: 3), shop) == "\n204 ")
      #expect(await write(batch("of_bank", series: 30), bank) == "\n204 ")
      #expect(await write(batch("of_owner", series: 4), owner) == "\n204 ")
      #expect(await names(shop) == answer("\"of_shop\""))
      #expect(await names(bank) == answer("\"of_bank\""))
      #expect(await names(owner) == answer("\"of_owner\""))
      for wrong in [[], ["-H", "Authorization: Bearer a-token-of-the-shoe"], ["-u", "ada:wrong"]] {
        #expect(await names(wrong) == "Unauthorized\n\n401 text/plain; charset=utf-8")
      }
      // A fourth series of the shop is one too many; known ones go on.
      now.withLock { $0 = $0.advanced(by: .seconds(1)) }
      let refused = await write(batch("of_shop", series: 4), shop)
      #expect(refused.hasPrefix("1 of 4 samples were not stored, the others were: "))
      #expect(refused.contains("a new series, and the limit of 3 is reached\n\n400 text/plain"))
      // The bank has sent thirty, ten are free, one comes back each second.
      let waiting = await write(batch("of_bank", series: 1), bank)
      #expect(
        waiting
          == #"{"status":"error","errorType":"unavailable","error":"this tenant's limit is 1 "#
          + "samples a second\"}\n429 application/json")
      now.withLock { $0 = $0.advanced(by: .seconds(25)) }
      #expect(await write(batch("of_bank", series: 1), bank) == "\n204 ")
      // One who isn't known yet is told so, and gets nothing of another's.
      try files.write(
        "tenants: [{name: new, token_file: shop.token}, {name: bank, token_file: bank.token}]",
        to: "tenants.yml")
      #expect(await names(shop).hasSuffix("503 text/plain; charset=utf-8"))
      #expect(await names(bank) == answer("\"of_bank\""))
    }
  }

  @Test func `a tenant's queries at once are limited`() throws {
    var limits = Tenant.Limits()
    limits.queries = 2
    let gate = RequestGate(
      limits, counters: ServiceCounters(), now: { Timestamp(milliseconds: 0) })
    #expect(gate.enter(.queries) == nil)
    #expect(gate.enter(.queries) == nil)
    let refusal = try #require(gate.enter(.queries))
    #expect(refusal.status == 429 && refusal.headers["Retry-After"] == "1")
    #expect(gate.enter(.here) == nil && gate.enter(.ingestion) == nil)
    gate.leave(.queries)
    #expect(gate.enter(.queries) == nil)
  }
}

/// A folder with configurations and certificates, which goes away with the test.
private final class AccessFiles: Sendable {
  private let root = FileManager.default.temporaryDirectory
    .appending(path: "access-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  func path(_ name: String) -> String { root.appending(path: name).path }

  @discardableResult
  func write(_ text: String, to name: String) throws -> String {
    try Data(text.utf8).write(to: URL(filePath: path(name)), options: .atomic)
    return path(name)
  }

  /// `NAME.pem` and `NAME.key`, self-signed.
  func makeCertificate(_ name: String) async throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/openssl")
    process.arguments = [
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
      path("\(name).key"), "-out", path("\(name).pem"), "-subj", "/CN=\(name)", "-addext",
      "subjectAltName=DNS:localhost,IP:127.0.0.1",
    ]
    process.standardError = Pipe()
    // No thread of the pool may wait here: the end is seen only when other children, which share
    // our descriptors, are through as well, and these wait for the pool.
    try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
      process.terminationHandler = { _ in done.resume() }
      do { try process.run() } catch { done.resume(throwing: error) }
    }
  }
}
