import Analysis
import AnalysisExecutor
import Manifest
import MetricModel
import Testing

@testable import HTTPService

/// The contracts by which controllers ask for verdicts, request by request.
@Suite struct AnalysisContractTests {
  /// Answers every query with one number.
  private struct Constant: MetricSource {
    var value: Double

    func answer(
      _ request: MeasurementRequest, of run: String, at now: Timestamp
    ) async -> MeasurementAnswer {
      .answered([.scalar(ScalarPoint(time: now, value: value))])
    }
  }

  private static func template(_ rest: String = "") throws -> AnalysisTemplate {
    let text = """
      {"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate",
       "metadata": {"name": "gate"}, "spec": {
        "args": [{"name": "canary-hash", "value": "c"}, {"name": "stable-hash", "value": "s"}],
        "metrics": [{"name": "ok\(rest)", "successCondition": "result > 0",
          "provider": {"prometheus": {
            "query": "up{v=\\"{{args.canary-hash}}{{args.stable-hash}}\\"}"}}}]}}
      """
    return try AnalysisTemplate(JSONValue(parsing: text).manifestNode)
  }

  private static func endpoints(_ value: Double) throws -> AnalysisEndpoints {
    AnalysisEndpoints(
      runner: AnalysisRunner(source: Constant(value: value)),
      catalog: AnalysisCatalog([try template()]),
      judge: { spec, start, end in
        var driver = RunDriver(AnalysisRun(name: "canary", spec: spec)) { _, now in
          .answered([.scalar(ScalarPoint(time: now, value: value))])
        }
        driver.drive(from: start, until: end)
        return driver.run
      }, newName: { "fresh" })
  }

  private struct Answer {
    var status: Int
    var json: JSONValue
    var text: String
  }

  private static func ask(
    _ endpoints: AnalysisEndpoints, _ method: String, _ path: String, _ body: String = ""
  ) async -> Answer? {
    var request = APIRequest()
    request.body = Array(body.utf8)
    guard
      case .whole(let response)? = await endpoints.reply(
        method: method, path: path[...], request)
    else { return nil }
    return Answer(
      status: response.status, json: (try? JSONValue(parsing: response.body)) ?? .null,
      text: String(decoding: response.body, as: UTF8.self))
  }

  private static func ended(_ endpoints: AnalysisEndpoints, _ name: String) async -> Bool {
    for _ in 0..<100_000 {
      if await endpoints.runner.run(name)?.phase.isCompleted == true { return true }
      await Task.yield()
    }
    return false
  }

  @Test(arguments: [(1.0, "pass", 100.0), (-1.0, "fail", 0.0)])
  func `Argo's web provider gets the verdict at once`(
    value: Double, word: String, score: Double
  ) async throws {
    let endpoints = try Self.endpoints(value)
    let order = #"{"name":"a/b","templateName":"gate","args":{"canary-hash":"x"}}"#
    let first = try #require(await Self.ask(endpoints, "POST", "/api/v1/verdict", order))
    #expect(first.status == 200)
    #expect(await Self.ended(endpoints, "a/b"))
    let answer = try #require(
      await Self.ask(endpoints, "GET", "/api/v1/analyses/a%2Fb/verdict"))
    // jsonPath {$.data}, conditions on result.verdict.
    let data = try JSONPath("{$.data}").first(in: answer.json)
    #expect(data?["verdict"]?.asString == word)
    #expect(data?["score"]?.asNumber == score)
    let input = ConditionInput(ConditionValue(decoding: try #require(data)))
    let pair = ConditionPair(
      success: "result.verdict == 'pass'", failure: "result.verdict == 'fail'")
    let phase = pair.judgedPhase(of: input, at: Timestamp(milliseconds: 0)).phase
    #expect(phase == (word == "pass" ? .successful : .failed))
    // The same order again is adopted.
    let again = try #require(await Self.ask(endpoints, "POST", "/api/v1/verdict", order))
    #expect(again.json[path: "data", "verdict"]?.asString == word)
  }

  @Test(arguments: [(1.0, 100.0), (-1.0, 0.0)])
  func `Argo's kayenta provider finds, starts and reads a canary`(
    value: Double, score: Double
  ) async throws {
    let endpoints = try Self.endpoints(value)
    let configs = try #require(await Self.ask(endpoints, "GET", "/canaryConfig"))
    #expect(configs.json[0]?["name"]?.asString == "gate")
    let id = try #require(configs.json[0]?["id"]?.asString)
    let side =
      #"{"scope":"s","location":"r","step":60,"start":"2026-01-01T00:00:00Z","#
      + #""end":"2026-01-01T00:30:00Z"}"#
    let body =
      #"{"scopes":{"default":{"controlScope":"# + side + #","experimentScope":"# + side
      + #"}},"thresholds":{"pass":95,"marginal":75}}"#
    let started = try #require(await Self.ask(endpoints, "POST", "/canary/\(id)", body))
    #expect(started.status == 200)
    let execution = try #require(started.json["canaryExecutionId"]?.asString)
    let state = try #require(await Self.ask(endpoints, "GET", "/canary/\(execution)"))
    #expect(state.status == 200 && state.json["complete"]?.asBool == true)
    #expect(
      state.json[path: "result", "judgeResult", "score", "score"]?.asNumber == score)
    #expect(await Self.ask(endpoints, "GET", "/canary/none")?.status == 404)
    #expect(await Self.ask(endpoints, "POST", "/canary/\(id)", "{}")?.status == 400)
    #expect(await Self.ask(endpoints, "POST", "/canary/none", body)?.status == 404)
  }

  private static func hook(_ metadata: String = #"{"template":"gate","canary-hash":"x"}"#)
    -> String
  {
    #"{"name":"podinfo","namespace":"test","phase":"Progressing","checksum":"85d5","metadata":"#
      + metadata + "}"
  }

  @Test func `Flagger's webhooks say yes by 200 and no by 409`() async throws {
    let name = "flagger/test/podinfo/85d5"
    let good = try Self.endpoints(1)
    #expect(await Self.ask(good, "POST", "/flagger/confirm-promotion", Self.hook())?.status == 404)
    #expect(await Self.ask(good, "POST", "/flagger/pre-rollout", Self.hook())?.status == 200)
    #expect(await Self.ended(good, name))
    #expect(await Self.ask(good, "POST", "/flagger/rollout", Self.hook())?.status == 200)
    #expect(await Self.ask(good, "POST", "/flagger/confirm-promotion", Self.hook())?.status == 200)
    #expect(await Self.ask(good, "POST", "/flagger/rollback", Self.hook("{}"))?.status == 409)
    let bad = try Self.endpoints(-1)
    _ = await Self.ask(bad, "POST", "/flagger/rollout", Self.hook())
    #expect(await Self.ended(bad, name))
    #expect(await Self.ask(bad, "POST", "/flagger/rollout", Self.hook())?.status == 409)
    let rollback = await Self.ask(bad, "POST", "/flagger/rollback", Self.hook("{}"))
    #expect(rollback?.status == 200)
    #expect(rollback?.text == "roll back: ok: failed (1) > failureLimit (0), last -1\n")
    #expect(await Self.ask(bad, "POST", "/flagger/confirm-promotion", Self.hook())?.status == 409)
    #expect(await Self.ask(bad, "POST", "/flagger/event", Self.hook())?.status == 200)
    #expect(await Self.ask(bad, "POST", "/flagger/post-rollout", Self.hook())?.status == 200)
    let unknown = Self.hook(#"{"template":"gone"}"#).replacing("85d5", with: "new")
    #expect(await Self.ask(bad, "POST", "/flagger/rollout", unknown)?.status == 404)
    #expect(await Self.ask(bad, "GET", "/flagger/rollout")?.status == 405)
    #expect(await Self.ask(bad, "POST", "/flagger/rollout", "no json")?.status == 400)
  }

  @Test func `analyses are created, listed, streamed, cancelled and removed`() async throws {
    let endpoints = try Self.endpoints(1)
    let endless =
      #"{"name":"e","template":{"apiVersion":"argoproj.io/v1alpha1","kind":"#
      + #""AnalysisTemplate","metadata":{"name":"t"},"spec":{"metrics":[{"name":"m","interval":"#
      + #""1h","provider":{"prometheus":{"query":"up"}}}]}}}"#
    let created = try #require(await Self.ask(endpoints, "POST", "/api/v1/analyses", endless))
    #expect(created.status == 201)
    #expect(created.json[path: "data", "kind"]?.asString == "AnalysisRun")
    #expect(await Self.ask(endpoints, "POST", "/api/v1/analyses", endless)?.status == 200)
    let list = await Self.ask(endpoints, "GET", "/api/v1/analyses")
    #expect(list?.json[path: "data", 0, "name"]?.asString == "e")
    #expect(await Self.ask(endpoints, "DELETE", "/api/v1/analyses/e")?.status == 400)
    guard
      case .events(let events)? = await endpoints.reply(
        method: "GET", path: "/api/v1/analyses/e/events", APIRequest())
    else {
      Issue.record("no stream")
      return
    }
    #expect(await Self.ask(endpoints, "POST", "/api/v1/analyses/e/cancel")?.status == 202)
    var last = ""
    for await run in events { last = AnalysisEndpoints.event(run) }
    #expect(last.hasPrefix("event: Successful\ndata: {"))
    #expect(await Self.ask(endpoints, "DELETE", "/api/v1/analyses/e")?.status == 204)
    #expect(await Self.ask(endpoints, "GET", "/api/v1/analyses/e")?.status == 404)
  }

  @Test(arguments: [
    ("{", "the body is no JSON"), ("[]", "expected an object"),
    (#"{"templateName": 7}"#, "templateName: expected a text"),
    (#"{"templateName": "gate", "arg": {}}"#, "unknown field \"arg\""),
    (#"{"templateName": "gate", "args": {"a": []}}"#, "args.a: found an array"),
    (#"{"name": "", "templateName": "gate"}"#, "name: expected 1 to 200 letters"),
    ("{}", "say what to run"), (#"{"template": {"kind": "Pod"}}"#, "template: "),
    (
      #"{"template":{"apiVersion":"argoproj.io/v1alpha1","kind":"AnalysisTemplate","metadata":"#
        + #"{"name":"t"},"spec":{"metrics":[]}}}"#, "no metrics specified"
    ),
  ])
  func `a bad order is refused with the reason`(body: String, reason: String) async throws {
    let answer = try #require(
      await Self.ask(try Self.endpoints(1), "POST", "/api/v1/analyses", body))
    #expect(answer.status == 400)
    #expect(answer.json["error"]?.asString?.contains(reason) == true, "\(answer.text)")
  }

  @Test func `paths of others are left to them, and the document is JSON`() async throws {
    let endpoints = try Self.endpoints(1)
    for path in ["/api/v1/query", "/", "/api/v1/analyses/a/b/c", "/canary", "/flagger"] {
      #expect(await endpoints.reply(method: "GET", path: path[...], APIRequest()) == nil)
    }
    let document = try #require(await Self.ask(endpoints, "GET", "/api/v1/openapi.json"))
    #expect(document.json["openapi"]?.asString == "3.1.0")
    let paths = document.json["paths"]?.asObject ?? [:]
    #expect(paths.count == 11)
  }
}

/// What Prometheus' clients among the controllers send, by curl as the reference records it.
@Suite struct PrometheusContractTests {
  @Test func `Argo, Flagger, KEDA, Keptn and Grafana get what they expect`() async throws {
    try await RunningService.with { service in
      // Argo: POST form with float time; KEDA: GET with RFC 3339 and a namespace.
      let argo = await service.curl(
        "/api/v1/query", "--data-urlencode", "query=vector(1)", "-d", "time=1700000000.25")
      #expect(
        argo.contains(
          #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":"#
            + #"[1700000000.25"#))
      #expect(argo.hasSuffix("200 application/json"))
      let keda = await service.curl(
        "/api/v1/query?query=sum(gone)&time=2023-11-14T22:13:20Z&namespace=prod")
      #expect(keda.contains(#""resultType":"vector","result":[]"#))
      // Flagger's check at its start, without time.
      let flagger = await service.curl("/api/v1/query?query=vector(1)")
      #expect(flagger.contains(#","1"]"#))
      // 0/0 is the text NaN.
      let nan = await service.curl("/api/v1/query?query=vector(0)/vector(0)&time=1")
      #expect(nan.contains(#""value":[1,"NaN"]"#))
      // Keptn: POST query_range with a step of a minute.
      let keptn = await service.curl(
        "/api/v1/query_range", "-d",
        "query=vector(2)&start=1700000000&end=1700000120&step=1m")
      #expect(keptn.contains(#""resultType":"matrix""#))
      // Grafana's test of a data source.
      #expect(await service.curl("/api/v1/query", "-d", "query=1%2B1").contains(#""2""#))
      #expect(await service.curl("/api/v1/status/buildinfo").contains(#""status":"success""#))
      // Errors of the API have a body that clients read: 400.
      let bad = await service.curl("/api/v1/query?query=rate(")
      #expect(bad.contains(#""errorType":"bad_data""#) && bad.hasSuffix("400 application/json"))
    }
  }
}
