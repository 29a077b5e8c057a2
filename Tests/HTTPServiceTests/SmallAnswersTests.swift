import MetricModel
import Testing

@testable import HTTPService

@Suite struct SmallAnswersTests {
  /// What came the second time is answered before all tasks.
  @Test(.enabled(if: ServiceTests.hasCurl, "curl is not installed"))
  func `small answers are those that any request gets`() async throws {
    try await RunningService.with { service in
      for path in [
        "/api/v1/query?query=vector(1)&time=60", "/api/v1/query?query=vector(&time=60",
        "/api/v1/query_range?query=time()&start=0&end=60&step=15", "/api/v1/labels",
        "/api/v1/label/job/values", "/api/v1/label/__name__/values?limit=x",
      ] {
        var answers: Set<String> = []
        for _ in 0..<4 {
          let answer = await service.curl(path, "-i")
          answers.insert(answer.split(separator: "\r\n").filter(isFixed).joined(separator: "\n"))
          #expect(answer.lowercased().contains("\r\ndate: "))
        }
        #expect(answers.count == 1, "\(path): \(answers)")
      }
    }
  }

  private func isFixed(_ line: Substring) -> Bool { !line.lowercased().hasPrefix("date: ") }

  @Test(.enabled(if: ServiceTests.hasCurl, "curl is not installed"))
  func `answers come in the order of requests sent at once`() async throws {
    try await RunningService.with { service in
      func query(_ number: Int) -> String { "/api/v1/query?query=vector(\(number))&time=60" }
      for _ in 0..<2 { _ = await service.curl(query(1)) }
      // Those of 1 are small, the others were never asked; the last ends the connection.
      let requests = [2, 1, 3, 1, 1, 4].enumerated().map { place, number in
        "GET \(query(number)) HTTP/1.1\\r\\nHost: x\\r\\n"
          + (place == 5 ? "Connection: close\\r\\n" : "") + "\\r\\n"
      }
      let script =
        "exec 3<>/dev/tcp/127.0.0.1/\(service.port); printf '\(requests.joined())' >&3; cat <&3"
      let answers = await service.run("/bin/bash", ["-c", script])
      let values = answers.matches(of: /"value":\[60,"(\d)"\]/).map { String($0.1) }
      #expect(values == ["2", "1", "3", "1", "1", "4"])
    }
  }

  @Test(.enabled(if: ServiceTests.hasCurl, "curl is not installed"))
  func `what is small is counted like any request`() async throws {
    try await RunningService.with { service in
      for _ in 0..<5 { _ = await service.curl("/api/v1/query?query=vector(1)&time=60") }
      let metrics = await service.curl("/metrics")
      #expect(
        metrics.contains(
          #"prometheus_http_requests_total{code="200",handler="/api/v1/query"} 5"#))
    }
  }

  @Test(arguments: [
    (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777_999, "Sun, 06 Nov 1994 08:49:37 GMT"),
    (1_709_164_800_000, "Thu, 29 Feb 2024 00:00:00 GMT"),
    (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
  ])
  func `dates are spelled as HTTP spells them`(milliseconds: Int64, text: String) {
    var date = HTTPDate()
    #expect(date.text(at: Timestamp(milliseconds: 1_000_000)) == "Thu, 01 Jan 1970 00:16:40 GMT")
    #expect(date.text(at: Timestamp(milliseconds: milliseconds)) == text)
    #expect(date.text(at: Timestamp(milliseconds: milliseconds)) == text)
  }
}
