import Exposition
import Foundation
import Logging
import MetricModel
import Testing
import TimeSeriesStore

@testable import HTTPService

/// The server on a real socket, asked by real clients.
@Suite(.serialized) struct ServiceTests {
  private var batch: SampleBatch {
    var batch = SampleBatch()
    for job in ["a", "b"] {
      let series = batch.addSeries(Labels([("__name__", "up"), ("job", job)]))
      for index in 0..<5 {
        batch.append(
          series: series, Timestamp(milliseconds: 1_700_000_000_000 + Int64(index) * 15_000),
          Double(index))
      }
    }
    return batch
  }

  static let hasCurl = FileManager.default.isExecutableFile(atPath: "/usr/bin/curl")
  /// Debian's `promtool`: unpacked by `make test`, or installed.
  static let promtool: String = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let unpacked = root.appending(path: ".build/peers/usr/bin/promtool").path
    return FileManager.default.isExecutableFile(atPath: unpacked) ? unpacked : "/usr/bin/promtool"
  }()
  static let hasPromtool = FileManager.default.isExecutableFile(atPath: promtool)

  @Test(.enabled(if: hasCurl, "curl is not installed"))
  func `samples written over HTTP are answered over HTTP`() async throws {
    try await RunningService.with { service in
      #expect(await service.write(batch) == "\n204 ")
      let value =
        #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"#
        + #""value":[1700000060,"8"]}]}}"# + "\n200 application/json"
      let form = [
        await service.curl("/api/v1/query", "-d", "query=sum(up)", "-d", "time=1700000060"),
        await service.curl("/api/v1/query?query=sum(up)&time=2023-11-14T22:14:20Z"),
        await service.curl(
          "/api/v1/query?query=1", "-d", "query=sum(up)", "-d", "time=1700000060.000"),
      ]
      #expect(form == [value, value, value])
    }
  }

  @Test(.enabled(if: hasCurl, "curl is not installed"))
  func `other paths and methods get Prometheus' answers`() async throws {
    try await RunningService.with { service in
      #expect(
        await service.curl("/nowhere") == "404 page not found\n\n404 text/plain; charset=utf-8")
      let refused = await service.curl("/api/v1/write", "-i")
      #expect(refused.hasPrefix("HTTP/1.1 405 "))
      #expect(refused.lowercased().contains("allow: options, post\r\n"))
      let head = await service.curl("/-/ready", "-I")
      #expect(head.hasPrefix("HTTP/1.1 200 ") && !head.contains("Assay is Ready"))
      #expect(head.lowercased().contains("content-length: 16\r\n"))
    }
  }

  @Test(.enabled(if: hasCurl, "curl is not installed"))
  func `what exceeds a limit is refused`() async throws {
    try await RunningService.with {
      $0.formBytesMax = 100
      $0.writeBytesMax = 100
    } _: { service in
      let long = [UInt8](repeating: UInt8(ascii: "x"), count: 200)
      let form = await service.curl("/api/v1/query", "--data-binary", "@-", input: long)
      #expect(form == "the body exceeds 100 bytes\n\n413 text/plain; charset=utf-8")
      let write = await service.curl("/api/v1/write", "--data-binary", "@-", input: long)
      #expect(write == "the body exceeds 100 bytes\n\n413 text/plain; charset=utf-8")
      let query = String(repeating: "x", count: 70_000)
      let address = await service.curl("/api/v1/query?query=\(query)")
      #expect(
        address.hasPrefix(
          "URI Too Long: 70020 bytes, at most 65536 are read; send the query in the body of a POST"
        ) && address.hasSuffix("\n414 text/plain; charset=utf-8"))
      // The server still answers.
      #expect(await service.curl("/-/healthy").hasPrefix("Assay is Healthy."))
    }
  }

  @Test(.enabled(if: hasCurl, "curl is not installed"))
  func `requests are counted by route and status`() async throws {
    try await RunningService.with { service in
      _ = await service.curl("/api/v1/query?query=1")
      _ = await service.curl("/api/v1/query?query=)")
      _ = await service.curl("/nowhere")
      let text = await service.curl("/metrics")
      for line in [
        #"prometheus_http_requests_total{code="200",handler="/api/v1/query"} 1"#,
        #"prometheus_http_requests_total{code="400",handler="/api/v1/query"} 1"#,
        #"prometheus_http_requests_total{code="404",handler="other"} 1"#,
      ] {
        #expect(text.contains(line + "\n"))
      }
      #expect(text.hasSuffix("\n200 text/plain; version=0.0.4; charset=utf-8"))
    }
  }

  @Test(.enabled(if: hasCurl && hasPromtool, "curl or promtool is not installed"))
  func `promtool understands every answer`() async throws {
    try await RunningService.with { service in
      #expect(await service.write(batch) == "\n204 ")
      func promtool(_ kind: String, _ arguments: String...) async -> String {
        await service.run(
          Self.promtool, ["query", kind] + arguments.map { $0 == "@" ? service.address : $0 })
      }
      #expect(
        await promtool("instant", "--time=1700000060", "@", #"up{job="a"}"#)
          == "up{job=\"a\"} => 4 @[1700000060]\n")
      #expect(
        await promtool(
          "range", "--start=1700000000", "--end=1700000060", "--step=30s", "@", "sum(up)")
          == "{} =>\n0 @[1700000000]\n4 @[1700000030]\n8 @[1700000060]\n")
      let span = ["--start=1700000000", "--end=1700000060"]
      #expect(await promtool("labels", span[0], span[1], "@", "job") == "a\nb\n")
      #expect(
        await promtool("series", span[0], span[1], "--match=up", "@")
          == "{__name__=\"up\", job=\"a\"}\n{__name__=\"up\", job=\"b\"}\n")
      let refused = await promtool("instant", "@", "sum(")
      #expect(refused.contains("bad_data") && refused.contains("parse error"))
    }
  }

  @Test func `an address in use is an error with a remedy`() async throws {
    try await RunningService.with { service in
      let second = Service(
        store: try .open("other", on: MemoryFiles()), options: ServiceOptions(dataDirectory: "x"),
        logger: Logger(label: "test"))
      let address = ListenAddress(host: "127.0.0.1", port: service.port)
      let error = await #expect(throws: ServiceError.self) { try await second.run(at: address) }
      let text = error?.description ?? ""
      #expect(text.hasPrefix("cannot listen on \(address): "))
      #expect(text.contains("Address already in use"))
      #expect(text.hasSuffix("; stop what uses it, or choose another port"))
    }
  }

  @Test(.enabled(if: hasCurl, "curl is not installed"))
  func `a large answer comes in parts, and whole`() async throws {
    try await RunningService.with { service in
      #expect(await service.write(batch) == "\n204 ")
      // 10 series of 10,001 points.
      let names = (0..<10).map { "label_replace(vector(time()), \"x\", \"\($0)\", \"\", \"\")" }
      let range = [
        "-d", "query=\(names.joined(separator: " or "))", "-d", "start=0", "-d", "end=10000",
        "-d", "step=1",
      ]
      let path = "/api/v1/query_range"
      let plain = await service.run(
        "/usr/bin/curl", ["-s", "-D", "-"] + range + [service.address + path])
      #expect(plain.lowercased().contains("transfer-encoding: chunked\r\n"))
      let body = try #require(plain.range(of: "\r\n\r\n")).upperBound
      let json = try #require(
        try JSONSerialization.jsonObject(with: Data(plain[body...].utf8)) as? [String: Any])
      let data = try #require(json["data"] as? [String: Any])
      let result = try #require(data["result"] as? [[String: Any]])
      #expect(result.count == 10)
      #expect(result.allSatisfy { ($0["values"] as? [Any])?.count == 10_001 })
      let compressed = await service.run(
        "/usr/bin/curl", ["-s", "--compressed"] + range + [service.address + path])
      #expect(compressed == String(plain[body...]))
    }
  }
}
