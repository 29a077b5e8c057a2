import Exposition
import MetricModel
import Rules
import Testing
import TimeSeriesStore

@testable import HTTPService

/// Series for other servers: whole when few, in parts when many, and the same bytes in both.
@Suite struct ReadEndpointTests {
  /// A store that also holds `x{i="0000"}` and so on with some samples before 60 s.
  private func served(_ count: Int, samples: Int = 1) throws -> ServedStore {
    let served = try ServedStore()
    var batch = SampleBatch()
    for number in 0..<count {
      let series = batch.addSeries(name(number))
      for index in 0..<samples {
        batch.append(
          series: series, Timestamp(milliseconds: 60_000 - Int64(samples - index)),
          Double(number) + Double(index) / 10)
      }
    }
    #expect(try served.store.append(batch).accepted == count * samples)
    return served
  }

  private func name(_ number: Int) -> Labels {
    let digits = String(number)
    let padded = String(repeating: "0", count: 6 - digits.count) + digits
    return Labels([("__name__", "x"), ("i", padded)])
  }

  /// How many parts an answer has, with its bytes.
  private func parts(_ served: ServedStore, _ path: String) throws -> (count: Int, body: [UInt8]) {
    let request = path.split(separator: "?")
    guard
      case .route(let route, let parameter) = served.routes.find(method: "GET", path: request[0])
    else { return (0, []) }
    var decoded = APIRequest()
    decoded.pathParameter = String(parameter)
    decoded.parameters = try RequestParameters(form: [], query: request.last?.utf8 ?? "".utf8[...])
    var (answer, count) = (try route.answer(decoded), 0)
    while let part = try answer.parts?.next() {
      answer.body += part
      count += 1
    }
    return (count, answer.body)
  }

  @Test func `federation gives the newest samples by metric`() throws {
    let served = try ServedStore {
      $0.rules.environment.externalLabels = [
        LabelPair(name: "zone", value: "a\"b"), LabelPair(name: "job", value: "mine"),
      ]
    }
    #expect(
      try served.text("GET /federate?match[]=up&match[]=gone&match[]=up{job=%22b%22}")
        == """
        200 # TYPE gone untyped
        gone{job="a",zone="a\\"b",instance=""} 1 0
        # TYPE up untyped
        up{job="a",zone="a\\"b",instance=""} 4 60000
        up{job="b",zone="a\\"b",instance=""} 5 60000

        """)
    #expect(try served.text("GET /federate?match[]=nothing") == "200 ")
    #expect(try served.text("GET /federate?match[]=up%7B").hasPrefix("400 1:"))
  }

  @Test func `many series are federated in parts`() throws {
    let (count, body) = try parts(served(12_000), "/federate?match[]=x")
    #expect(count >= 2)
    var expected = "# TYPE x untyped\n"
    for number in 0..<12_000 {
      let (_, label) = name(number).pairs.last ?? ("", "")
      expected += "x{i=\"\(label)\",instance=\"\"} \(number) 59999\n"
    }
    #expect(String(decoding: body, as: UTF8.self) == expected)
  }

  @Test(arguments: ["labels?", "label/i/values?", "series?match[]=x&"])
  func `a long list comes in parts`(_ path: String) throws {
    let served = try served(12_000)
    let (count, body) = try parts(served, "/api/v1/\(path)start=0")
    let (few, start) = try parts(served, "/api/v1/\(path)start=0&limit=10000")
    #expect(few == 0)
    if path == "labels?" {
      #expect(count == 0 && body == start)
    } else {
      #expect(count >= 2)
      let warning = #"],"warnings":["results truncated due to limit"]}"#
      let text = String(decoding: start, as: UTF8.self)
      #expect(text.hasSuffix(warning))
      #expect(String(decoding: body, as: UTF8.self).hasPrefix(text.dropLast(warning.count)))
      #expect(String(decoding: body, as: UTF8.self).hasSuffix(#""011999""# + closing(path)))
    }
  }

  private func closing(_ path: String) -> String { path.hasPrefix("series") ? "}]}" : "]}" }

  @Test(arguments: [ReadRequest.Answer.samples, .chunks])
  func `whole series come in parts`(_ kind: ReadRequest.Answer) throws {
    let served = try served(100, samples: 600)
    func query(_ name: String, after start: Int64) -> ReadRequest.Query {
      ReadRequest.Query(
        start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: 60_000),
        matchers: [LabelMatcher("__name__", equals: name)])
    }
    let queries = [query("none", after: 0), query("x", after: 59_500), query("up", after: 0)]
    let asked = ReadRequest(queries: queries + [queries[0]], accepted: [kind])
    let answer = try served.ask("POST /api/v1/read", body: asked.body)
    let results =
      switch kind {
      case .samples: try ReadAnswer.parse(message: RemoteWrite.decompressed(answer.body))
      case .chunks: try ReadAnswer.parse(frames: answer.body, queryCount: 4)
      }
    let expected = try asked.queries.map { query in
      let found = try served.store.snapshot().select(query.matchers, in: query.range)
      return try found.labels.indices.map { index in
        var samples = SampleColumns()
        try found.read(index, in: query.range, into: &samples)
        return Series(labels: found.labels[index], samples: samples)
      }
    }
    #expect(expected.map(\.count) == [0, 100, 2, 0] && expected[1][7].samples.count == 500)
    #expect(results == expected)
  }

  @Test func `nobody waits for an answer that is not read`() throws {
    let served = try served(10, samples: 10)
    let query = ReadRequest.Query(
      start: .earliest, end: .latest, matchers: [LabelMatcher("__name__", equals: "x")])
    guard case .route(let route, _) = served.routes.find(method: "POST", path: "/api/v1/read")
    else { return }
    var request = APIRequest()
    request.body = ReadRequest(queries: [query]).body
    request.isAbandoned = { true }
    var answer = try route.answer(request)
    #expect(throws: APIError(.canceled, "the client has gone")) { try answer.parts?.next() }
  }
}
