import Analysis
import AnalysisExecutor
import HTTPTransport
import MetricModel
import Testing

/// What is sent to servers, and what becomes of their answers.
@Suite struct RemoteSourceTests {
  private static let now = Timestamp(milliseconds: 1_700_000_000_250)

  private static func answer(
    _ provider: String, _ servers: ScriptedServers,
    _ settings: RemoteSource.Settings = RemoteSource.Settings()
  ) async throws -> MeasurementAnswer {
    await RemoteSource(sending: servers, settings: settings)
      .answer(try Specs.request(provider), of: "r", at: now)
  }

  private static func body(_ request: HTTPRequest) -> String {
    request.body.map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  private static let vector = """
    {"status":"success","data":{"resultType":"vector","result":[
      {"metric":{"pod":"a"},"value":[1700000000.25,"0.5"]},
      {"metric":{"pod":"b"},"value":[1700000000.25,"NaN"]}]},"warnings":["slow"]}
    """

  @Test func `Prometheus is asked by POST with a form`() async throws {
    let servers = ScriptedServers { _, _ in HTTPResponse(200, Self.vector) }
    let answer = try await Self.answer(
      "prometheus: {address: 'http://p:9090/', query: 'rate(x{a=\"b c\"}[5m])', "
        + "headers: [{key: X-Scope-OrgID, value: t1}], "
        + "authentication: {basicAuth: {username: me, password: you}}, timeout: 7}", servers)
    guard case .answered(let values) = answer, case .vector(let samples)? = values.first else {
      Issue.record("\(answer)")
      return
    }
    #expect(samples.map { $0.value.number?.description } == ["0.5", "nan"])
    #expect(samples.first?.time == Self.now)
    let request = try #require(servers.requests.first)
    #expect(servers.requests.count == 1)
    #expect(request.method == .post && request.url == "http://p:9090/api/v1/query")
    #expect(
      Self.body(request)
        == "query=rate%28x%7Ba%3D%22b%20c%22%7D%5B5m%5D%29&time=1700000000.250")
    #expect(request.headers["Content-Type"] == "application/x-www-form-urlencoded")
    #expect(request.headers["x-scope-orgid"] == "t1")
    #expect(request.headers["authorization"] == "Basic bWU6eW91")
    #expect(request.timeouts.total == .seconds(7))
  }

  @Test(arguments: [403, 405, 501])
  func `a server that refuses POST is asked by GET`(status: Int) async throws {
    let servers = ScriptedServers { request, _ in
      HTTPResponse(request.method == .post ? status : 200, Self.vector)
    }
    let answer = try await Self.answer("prometheus: {address: 'http://p', query: up}", servers)
    guard case .answered = answer else {
      Issue.record("\(answer)")
      return
    }
    #expect(servers.requests.map(\.method) == [.post, .get])
    #expect(servers.requests[1].url == "http://p/api/v1/query?query=up&time=1700000000.250")
    #expect(servers.requests[1].body == nil)
  }

  /// The rows of buckets that the API gives.
  private static func spelled(_ histogram: NativeHistogram) -> String {
    let rows = histogram.buckets.filter { $0.count != 0 }.map {
      "[\($0.boundaryRule),\"\($0.lower)\",\"\($0.upper)\",\"\($0.count)\"]"
        .replacing("inf", with: "Inf")
    }
    return "{\"count\":\"\(histogram.count)\",\"sum\":\"\(histogram.sum)\",\"buckets\":["
      + rows.joined(separator: ",") + "]}"
  }

  private static let histograms: [NativeHistogram] =
    (Int32(-4)...8).map { schema in
      NativeHistogram(
        schema: schema, zeroThreshold: 0x1p-128, zeroCount: 2, count: 12, sum: 1.5,
        positive: HistogramBuckets(indices: [-3, -2, 0, 7], [1, 2, 3, 1]),
        negative: HistogramBuckets(indices: [-1, 4], [2, 1]))
    } + [
      // The zero bucket covers half of the one beside it, whose bounds the API cuts.
      NativeHistogram(
        schema: 0, zeroThreshold: 0.0015, zeroCount: 2, count: 5, sum: 1,
        positive: HistogramBuckets(indices: [-9, 1], [2, 1])),
      NativeHistogram(
        schema: 0, zeroThreshold: 0.0015, zeroCount: 2, count: 4, sum: 1,
        positive: HistogramBuckets(indices: [-9], [2])),
      NativeHistogram(
        schema: 3, count: 3, sum: 9, positive: HistogramBuckets(indices: [1000, 1001], [1, 2])),
      NativeHistogram(
        schema: NativeHistogram.customSchema, count: 7, sum: 9,
        positive: HistogramBuckets(from: 0, [1, 2, 3, 1]), customBounds: [0.1, 0.25, 3]),
      NativeHistogram(),
    ]

  @Test(arguments: histograms)
  func `native histograms are as they were before the API spelled them`(
    histogram: NativeHistogram
  ) async throws {
    let spelled = Self.spelled(histogram)
    let matrix = """
      {"status":"success","data":{"resultType":"matrix","result":[
        {"metric":{},"histograms":[[1,\(spelled)],[2,\(spelled)]]}]}}
      """
    let vector = """
      {"status":"success","data":{"resultType":"vector","result":[
        {"metric":{},"histogram":[1,\(spelled)]}]}}
      """
    for answer in [matrix, vector] {
      let servers = ScriptedServers { _, _ in HTTPResponse(200, answer) }
      let got = try await Self.answer("prometheus: {address: 'http://p', query: h}", servers)
      guard case .answered(let values) = got else {
        Issue.record("\(got)")
        return
      }
      switch values.first {
      case .matrix(let series):
        #expect(series.first?.samples.histograms.values == [histogram, histogram])
        #expect(series.first?.samples.histograms.timestamps == [1000, 2000])
      case .vector(let samples): #expect(samples.first?.value == .histogram(histogram))
      default: Issue.record("\(values)")
      }
    }
  }

  @Test(arguments: [
    #"[1,{"count":"1","sum":"x"}]"#, #"[1,{"count":"1"}]"#, "[1]", "7",
    #"[1,{"count":"1","sum":"1","buckets":[[0,"2","1","1"]]}]"#,
    #"[1,{"count":"1","sum":"1","buckets":[[9,"1","2","1"]]}]"#,
    #"[1,{"count":"2","sum":"1","buckets":[[0,"1","2","1"],[0,"1","2","1"]]}]"#,
    #"[1,{"count":"2","sum":"1","buckets":[[0,"1","2","1"],[0,"1","1.5","1"]]}]"#,
    #"[1,{"count":"2","sum":"1","buckets":[[0,"1","+Inf","1"],[0,"1","NaN","1"]]}]"#,
    #"[1,{"count":"2","sum":"1","buckets":[[0,"-Inf","+Inf","-3"]]}]"#,
  ])
  func `a histogram that can't be is an error`(pair: String) async throws {
    let matrix = """
      {"status":"success","data":{"resultType":"matrix","result":[
        {"metric":{},"histograms":[\(pair)]}]}}
      """
    let servers = ScriptedServers { _, _ in HTTPResponse(200, matrix) }
    let got = try await Self.answer("prometheus: {address: 'http://p', query: h}", servers)
    guard case .failed(let reason) = got else {
      Issue.record("\(got)")
      return
    }
    #expect(reason.contains("bad_response"))
  }

  @Test func `range queries have their bounds and step`() async throws {
    let matrix = """
      {"status":"success","data":{"resultType":"matrix","result":[
        {"metric":{},"values":[[1,"1"],[2.5,"+Inf"]]}]}}
      """
    let servers = ScriptedServers { _, _ in HTTPResponse(200, matrix) }
    let answer = try await Self.answer(
      "prometheus: {address: 'http://p', query: up, rangeQuery: {start: 'now() - "
        + "duration(\"1m\")', end: now(), step: 15s}}", servers)
    let samples = SampleColumns(timestamps: [1000, 2500], values: [1, .infinity])
    #expect(answer == .answered([.matrix([Series(labels: .empty, samples: samples)])]))
    #expect(
      Self.body(servers.requests[0])
        == "query=up&start=1699999940.250&end=1700000000.250&step=15")
  }

  @Test(arguments: [
    (
      400, #"{"status":"error","errorType":"bad_data","error":"1:3: parse error"}"#,
      "bad_data: 1:3: parse error"
    ),
    (
      422, #"{"status":"error","errorType":"execution","error":"too many samples"}"#,
      "execution: too many samples"
    ),
    (404, "not here", "client_error: client error: 404"),
    (502, "<html>", "server_error: server error: 502"),
    (
      200, "<html>",
      "bad_response: the answer of Prometheus isn't readable: JSON, byte 0: "
        + "found a character that starts no value"
    ),
    (200, "{}", "bad_response: the answer has no status"),
    (
      200, #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{}}]}}"#,
      "bad_response: can't read {\"metric\":{}}"
    ),
    (
      200, #"{"status":"success","data":{"resultType":"tensor","result":[]}}"#,
      "bad_response: unexpected value type \"tensor\""
    ),
    (
      200,
      #"{"status":"success","data":{"resultType":"matrix","result":"#
        + #"[{"metric":{},"values":[[2,"1"],[1,"1"]]}]}}"#,
      "bad_response: the times of a series don't ascend"
    ),
  ])
  func `what Prometheus can't answer is told`(
    status: Int, body: String, reason: String
  ) async throws {
    let servers = ScriptedServers { _, _ in HTTPResponse(status, body) }
    #expect(
      try await Self.answer("prometheus: {address: 'http://p', query: up}", servers)
        == .failed(reason))
  }

  @Test func `a server that isn't there is a failure with its reason`() async throws {
    struct Refused: Error, CustomStringConvertible {
      var description: String { "POST http://p/api/v1/query: connection refused" }
    }
    let servers = ScriptedServers { _, _ in throw Refused() }
    #expect(
      try await Self.answer("prometheus: {address: 'http://p', query: up}", servers)
        == .failed("POST http://p/api/v1/query: connection refused"))
    #expect(
      try await Self.answer("prometheus: {query: up}", servers)
        == .failed("the metric names no Prometheus address, and there is none by default"))
  }

  @Test func `tokens by client credentials are fetched once and renewed when refused`()
    async throws
  {
    let servers = ScriptedServers { request, number in
      if request.url == "https://id/token" {
        let isInForm = Self.body(request).contains("client_secret=s")
        guard isInForm else { return HTTPResponse(401, "") }
        return HTTPResponse(200, #"{"access_token":"t\#(number)","expires_in":3600}"#)
      }
      return HTTPResponse(number == 5 ? 401 : 200, Self.vector)
    }
    let source = RemoteSource(sending: servers)
    let request = try Specs.request(
      "prometheus: {address: 'http://p', query: up, authentication: {oauth2: {clientId: c, "
        + "clientSecret: s, tokenUrl: 'https://id/token', scopes: [a, b]}}}")
    for _ in 0..<3 {
      guard case .answered = await source.answer(request, of: "r", at: Self.now) else {
        Issue.record("no answer")
        return
      }
    }
    // Token by header, by form, query, query, query refused, token again twice, query.
    let sent = servers.requests.map { $0.url == "https://id/token" ? "token" : "query" }
    #expect(
      sent == ["token", "token", "query", "query", "query", "token", "token", "query"])
    #expect(servers.requests[0].headers["authorization"] == "Basic Yzpz")
    #expect(
      Self.body(servers.requests[1])
        == "grant_type=client_credentials&scope=a%20b&client_id=c&client_secret=s")
    #expect(servers.requests[3].headers["authorization"] == "Bearer t2")
    #expect(servers.requests[7].headers["authorization"] == "Bearer t7")
  }

  @Test func `a web metric is asked as its template says`() async throws {
    let servers = ScriptedServers { _, _ in HTTPResponse(201, #"{"data":{"ok":true}}"#) }
    let answer = try await Self.answer(
      "web: {url: 'https://gate/v', method: POST, jsonBody: {app: shop, n: 1}, "
        + "headers: [{key: Authorization, value: Bearer abc}], insecure: true, "
        + "jsonPath: '{$.data}'}",
      servers)
    #expect(answer == .body(#"{"data":{"ok":true}}"#))
    let request = servers.requests[0]
    #expect(request.method == .post && Self.body(request) == #"{"app":"shop","n":1}"#)
    #expect(request.headers["content-type"] == "application/json")
    #expect(request.headers["authorization"] == "Bearer abc")
    #expect(request.tls.trust == .anybody && request.timeouts.total == .seconds(10))
    let refusing = ScriptedServers { _, _ in HTTPResponse(503, "busy") }
    #expect(
      try await Self.answer("web: {url: 'http://gate'}", refusing)
        == .failed("received non 2xx response code: 503"))
  }

  @Test func `graphite and influxdb are asked as Argo asks them`() async throws {
    let servers = ScriptedServers { _, _ in HTTPResponse(200, "[]") }
    _ = try await Self.answer(
      "graphite: {address: 'http://g/', query: 'target=summarize( a.b, \"5min\" )&from=-10min'}",
      servers)
    #expect(
      servers.requests[0].url
        == "http://g/render?target=summarize%28a.b%2C%225min%22%29&from=-10min&format=json")
    var settings = RemoteSource.Settings()
    settings.secret = { name, key in name == "flux" ? "\(key)-value" : nil }
    _ = try await Self.answer("influxdb: {profile: flux, query: 'from(b)'}", servers, settings)
    let request = servers.requests[1]
    #expect(request.url == "address-value/api/v2/query?org=org-value")
    #expect(request.headers["authorization"] == "Token authToken-value")
    #expect(Self.body(request).contains(#""query":"from(b)""#))
    #expect(
      try await Self.answer("influxdb: {query: 'from(b)'}", servers, settings)
        == .failed("influxdb profile \"influxdb\": the secret has no key \"address\""))
  }

  @Test func `a canary of Kayenta is started and asked for until it is judged`() async throws {
    let servers = ScriptedServers { request, number in
      switch number {
      case 1: HTTPResponse(200, #"[{"id":"x","name":"other"},{"id":"7","name":"my config"}]"#)
      case 2: HTTPResponse(200, #"{"canaryExecutionId":"e1"}"#)
      case 3: HTTPResponse(200, #"{"complete":false}"#)
      default:
        HTTPResponse(
          200, #"{"complete":true,"result":{"judgeResult":{"score":{"score":92.99}}}}"#)
      }
    }
    var settings = RemoteSource.Settings()
    settings.sleep = { _ in }
    let answer = try await Self.answer(
      "kayenta: {address: 'http://k', application: app, canaryConfigName: my config, "
        + "configurationAccountName: c, metricsAccountName: p, storageAccountName: s, "
        + "threshold: {pass: 93, marginal: 60}, scopes: [{name: default, controlScope: "
        + "{scope: a, region: r, step: 60}, experimentScope: {scope: b, region: r, step: 60}}]}",
      servers, settings)
    guard case .body(let text) = answer else {
      Issue.record("\(answer)")
      return
    }
    #expect(text.contains("92.99"))
    let requests = servers.requests
    #expect(requests.map(\.method) == [.get, .post, .get, .get])
    #expect(
      requests[0].url == "http://k/canaryConfig?application=app&configurationAccountName=s")
    #expect(
      requests[1].url == "http://k/canary/7?application=app&metricsAccountName=p"
        + "&configurationAccountName=c&storageAccountName=s")
    #expect(
      Self.body(requests[1])
        == #"{"scopes":{"default":{"controlScope":{"end":"2023-11-14T22:13:20.25Z","location":"r","#
        + #""scope":"a","start":"2023-11-14T22:12:20.25Z","step":60},"experimentScope":"#
        + #"{"end":"2023-11-14T22:13:20.25Z","location":"r","scope":"b","#
        + #""start":"2023-11-14T22:12:20.25Z","step":60}}},"thresholds":{"marginal":60,"pass":93}}"#
    )
    #expect(requests[3].url == "http://k/canary/e1")
  }
}
