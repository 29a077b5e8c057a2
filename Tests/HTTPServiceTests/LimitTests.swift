import MetricModel
import Testing

@testable import HTTPService

/// What a query may not do, asked over a socket: each refusal says which limit it met, what was
/// needed and what to do, and the next query is answered.
struct LimitTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var query: String
    /// Of a range query of so many steps; nil for an instant one.
    var steps: Int?
    var status = 422
    var says: [String]
    var configure: @Sendable (inout ServiceOptions) -> Void = { _ in }

    var testDescription: String { String(query.prefix(40)) }
  }

  private static let cases = [
    Case(
      query: "x", steps: 60, says: ["1200 at once", "limit is 500", "--query.max-samples"]
    ) { $0.querySamplesMax = 500 },
    Case(
      query: "x", steps: 60, says: ["bytes in memory", "limit is 4000", "--query.max-bytes"]
    ) { $0.queryBytesMax = 4000 },
    Case(
      query: "max_over_time(x[5m:1ms])", says: ["limit is 500", "--query.max-samples"]
    ) { $0.querySamplesMax = 500 },
    Case(
      query: "x", steps: 11_002, status: 400,
      says: ["maximum resolution of 11,000 points", "11002 were asked for, a step of 15s"]),
    Case(
      query: "max_over_time(quantile_over_time(0.5, x[1h:1s])[1d:1s])", status: 503,
      says: ["query timed out", "was given 20 ms", "--query.timeout"]
    ) { $0.queryTimeout = Milliseconds(20) },
    Case(
      query: String(repeating: "(", count: 5000) + "x" + String(repeating: ")", count: 5000),
      status: 400, says: ["nested too deeply", "at most"]),
    Case(
      query: #"x{i=~"((((((a{30}){30}){30}){30}){30}){30})"}"#, status: 400, says: ["a{30}"]),
  ]

  @Test(.enabled(if: ServiceTests.hasCurl, "curl is not installed"), arguments: cases)
  func `a refusal says what to do, and nothing else is disturbed`(_ limit: Case) async throws {
    try await RunningService.with(limit.configure) { service in
      var batch = SampleBatch()
      for number in 0..<20 {
        let labels = Labels([
          ("__name__", "x"), ("i", String(repeating: "a", count: 200) + "\(number)"),
        ])
        let series = batch.addSeries(labels)
        for index in 0..<60 {
          let time = Timestamp(milliseconds: 1_700_000_000_000 + Int64(index) * 15_000)
          batch.append(series: series, time, Double(index))
        }
      }
      _ = await service.write(batch)
      var arguments = ["--data-urlencode", "query=\(limit.query)"]
      var path = "/api/v1/query"
      if let steps = limit.steps {
        path += "_range"
        arguments += ["-d", "start=1700000000&step=15&end=\(1_700_000_000 + 15 * (steps - 1))"]
      } else {
        arguments += ["-d", "time=1700000800"]
      }
      let refusal = await service.curl(path, arguments)
      #expect(refusal.hasSuffix("\n\(limit.status) application/json"), "\(refusal.prefix(300))")
      for text in limit.says { #expect(refusal.contains(text), "\(refusal.prefix(600))") }
      let light = await service.curl("/api/v1/query", "-d", "query=vector(1)&time=1")
      #expect(light.contains(#""value":[1,"1"]"#))
    }
  }

  @Test(.enabled(if: ServiceTests.hasCurl, "curl is not installed"))
  func `a pattern that would backtrack for ever is matched at once`() async throws {
    try await RunningService.with { service in
      var batch = SampleBatch()
      let labels = Labels([("__name__", "x"), ("i", String(repeating: "a", count: 30_000))])
      batch.append(series: batch.addSeries(labels), Timestamp(milliseconds: 1_700_000_000_000), 1)
      _ = await service.write(batch)
      let query = #"query=x{i=~"(a*)*(a|aa)+b"} or x{i=~"(a|a?)+"}"#
      let answer = await service.curl(
        "/api/v1/query", "--data-urlencode", query, "-d", "time=1700000000&timeout=20s")
      #expect(answer.contains(#""__name__":"x""#) && answer.hasSuffix("\n200 application/json"))
    }
  }
}

@Suite struct SourceErrorTests {
  /// By whichever endpoint: 422 says that asking for less helps.
  @Test func `too much to read is the request's fault, a failed storage isn't`() {
    #expect(APIError(SelectError.exceeded("5 bytes")).status == 422)
    #expect(APIError(SelectError.unreadable("gone")).status == 500)
    #expect(APIError(SelectError.corrupt("bits")).status == 500)
  }
}
