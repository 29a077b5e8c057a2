import Foundation
import HTTPTransport
import Testing

/// Against `openssl s_server`, with an authority made for the occasion.
@Suite(.enabled(if: OpenSSL.isInstalled, "needs the openssl command")) struct TLSTests {
  let transport = HTTPTransport()

  @Test func `a server is trusted by its authority and name`() async throws {
    let openssl = try OpenSSL()
    let server = try openssl.serve()
    var request = HTTPRequest(.get, server.url)
    var error = await #expect(throws: TransportError.self) { try await transport.send(request) }
    #expect(error?.kind == .untrusted)

    request.tls.trust = .authorities(.file(openssl.path("ca.pem")))
    error = await #expect(throws: TransportError.self) { try await transport.send(request) }
    #expect(error?.kind == .untrusted, "the certificate is for model.example")

    request.tls.serverName = "model.example"
    #expect(try await transport.send(request).status == 200)

    request.tls.trust = .authorities(.bytes(try openssl.bytes("ca.pem")))
    #expect(try await transport.send(request).status == 200)

    request.tls.serverName = nil
    request.tls.trust = .anybody
    #expect(try await transport.send(request).status == 200)
  }

  @Test func `a client certificate is shown, from files and from bytes`() async throws {
    let openssl = try OpenSSL()
    let server = try openssl.serve(["-Verify", "1", "-CAfile", openssl.path("ca.pem")])
    var request = HTTPRequest(.get, server.url)
    request.tls.trust = .anybody
    let error = await #expect(throws: TransportError.self) { try await transport.send(request) }
    #expect(error != nil)

    request.tls.identity = TLSOptions.Identity(
      certificate: .file(openssl.path("client.pem")), key: .file(openssl.path("client.key")))
    #expect(try await transport.send(request).status == 200)

    request.tls.identity = TLSOptions.Identity(
      certificate: .bytes(try openssl.bytes("client.pem")),
      key: .bytes(try openssl.bytes("client.key")))
    #expect(try await transport.send(request).status == 200)
  }

  @Test func `a certificate that can't be read says so`() async {
    var request = HTTPRequest(.get, "https://127.0.0.1:1/")
    request.tls.trust = .authorities(.file("/does/not/exist.pem"))
    let error = await #expect(throws: TransportError.self) { try await transport.send(request) }
    #expect(error != nil)
  }
}

/// A directory with an authority, a server's and a client's certificate.
private final class OpenSSL {
  static let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")

  private let directory = FileManager.default.temporaryDirectory
    .appending(path: "tls-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    try run(
      ["req", "-x509"] + key
        + ["-keyout", path("ca.key"), "-out", path("ca.pem"), "-subj", "/CN=authority"])
    for (name, subject) in [("server", "model.example"), ("client", "client")] {
      try "subjectAltName=DNS:\(subject)".write(
        toFile: path("\(name).ext"), atomically: true, encoding: .utf8)
      try run(
        ["req"] + key
          + [
            "-keyout", path("\(name).key"), "-out", path("\(name).csr"), "-subj", "/CN=\(subject)",
          ])
      try run([
        "x509", "-req", "-in", path("\(name).csr"), "-CA", path("ca.pem"), "-CAkey",
        path("ca.key"), "-CAcreateserial", "-out", path("\(name).pem"), "-extfile",
        path("\(name).ext"),
      ])
    }
  }

  deinit { try? FileManager.default.removeItem(at: directory) }

  func path(_ name: String) -> String { directory.appending(path: name).path }
  func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: directory.appending(path: name)))
  }

  private func process(_ arguments: [String]) -> Process {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/openssl")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    return process
  }

  private func run(_ arguments: [String]) throws {
    // Not a `Process`: its end is seen only when other children, which share our descriptors, are
    // through as well, and these may wait for the thread that waits here.
    let words = ["/usr/bin/openssl"] + arguments
    let command = words.map { "'\($0)'" }.joined(separator: " ")
    let status = unsafe system("\(command) >/dev/null 2>&1")
    try #require(status == 0, "\(command)")
  }

  func serve(_ more: [String] = []) throws -> Server {
    let process = process(
      [
        "s_server", "-accept", "127.0.0.1:0", "-www", "-key", path("server.key"), "-cert",
        path("server.pem"),
      ] + more)
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    // `ACCEPT 127.0.0.1:43210`, then a line end.
    var text = ""
    while !text.contains(/ACCEPT [\d.]+:\d+\s/) {
      let more = output.fileHandleForReading.availableData
      try #require(!more.isEmpty, "openssl s_server ended: \(text)")
      text += String(decoding: more, as: UTF8.self)
    }
    let port = try #require(text.firstMatch(of: /ACCEPT [\d.]+:(\d+)/)).1
    return Server(process: process, url: "https://127.0.0.1:\(port)/")
  }

  final class Server {
    private let process: Process
    let url: String

    init(process: Process, url: String) {
      self.process = process
      self.url = url
    }

    // Not SIGTERM: signals may be blocked on the thread that started it, and so in it.
    deinit { kill(process.processIdentifier, SIGKILL) }
  }
}
