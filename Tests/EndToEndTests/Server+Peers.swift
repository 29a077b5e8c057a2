import Exposition
import Foundation
import FoundationNetworking
import MetricModel
import Testing

/// The servers that tests start, ours and others', each with its files in a folder of the test.
extension Server {
  /// `assay serve` over a data directory of this name.
  static func assay(
    _ folder: TemporaryFolder, _ name: String = "data", _ options: String...
  ) async throws -> Server {
    try await Server(.assay, log: folder.file("\(name).log")) { port in
      ["serve", "--data", folder.file(name), "--listen", "127.0.0.1:\(port)"] + options
    }
  }

  /// Debian's Prometheus, which scrapes nothing and takes remote write.
  static func prometheus(
    _ folder: TemporaryFolder, _ name: String = "prometheus", port: Int? = nil,
    _ options: String...
  ) async throws -> Server {
    let program = try #require(Program.prometheus)
    let config = try folder.write("\(name).yml", "global: {scrape_interval: 1h}\n")
    return try await Server(program, port: port, log: folder.file("\(name).log")) { port in
      [
        "--config.file=\(config)", "--storage.tsdb.path=\(folder.file(name))",
        "--storage.tsdb.retention.time=50y", "--web.listen-address=127.0.0.1:\(port)",
        "--web.enable-remote-write-receiver",
      ] + options
    }
  }

  /// Debian's VictoriaMetrics.
  static func victoriaMetrics(
    _ folder: TemporaryFolder, _ name: String = "victoria-metrics", port: Int? = nil
  ) async throws -> Server {
    let program = try #require(Program.victoriaMetrics)
    return try await Server(
      program, readyPath: "/health", port: port, log: folder.file("\(name).log")
    ) { port in
      [
        "-storageDataPath=\(folder.file(name))", "-httpListenAddr=127.0.0.1:\(port)",
        "-retentionPeriod=50y",
      ]
    }
  }

  /// Sends samples by remote write, which must be taken.
  func write(_ batch: SampleBatch) async throws {
    var request = try request(
      "/api/v1/write", method: "POST", body: Foundation.Data(RemoteWrite.encode(batch)))
    request.setValue("snappy", forHTTPHeaderField: "Content-Encoding")
    request.setValue("application/x-protobuf", forHTTPHeaderField: "Content-Type")
    let answer = try await send(request)
    #expect(answer.status == 204, "\(answer.text)")
  }

  /// Makes what VictoriaMetrics was sent show in its answers.
  func flush() async throws {
    #expect(try await send(request("/internal/force_flush")).status == 200)
  }

  /// The field `data` of a good answer.
  func data(_ path: String) async throws -> NSObject {
    let answer = try await send(request(path))
    #expect(answer.status == 200, "\(path): \(answer.text)")
    let json = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any]
    return try #require(json?["data"] as? NSObject, "\(path)")
  }

  /// Text as a part of an address.
  static func escaped(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
  }
}
