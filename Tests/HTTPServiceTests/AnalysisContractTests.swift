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
      judge: { spec, start, end, looksMax in
        var driver = RunDriver(AnalysisRun(name: "canary", spec: spec)) { _, now in
          .answered([.scalar(ScalarPoint(time: now, value: value))])
        }
        let isWhole = driver.drive(from: start, until: end, passesMax: looksMax)
        return isWhole ? driver.run : nil
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
    #expect(await Self.ask(endpoints, "DELETE", "/api/v1/analyses/e")?.status == 409)
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
    ("{", 400, "the body is no JSON"), ("[]", 400, "expected an object"),
    (#"{"templateName": 7}"#, 400, "templateName: found a number, expected a text"),
    (#"{"templateName": "gate", "arg": {}}"#, 400, "unknown field \"arg\""),
    (#"{"templateName": "gate", "args": {"a": []}}"#, 400, "args.a: found an array"),
    (#"{"name": "", "templateName": "gate"}"#, 400, "name: found \"\", expected letters"),
    ("{}", 400, "say what to run"), (#"{"template": {"kind": "Pod"}}"#, 422, "template: "),
    (#"{"templateName": "none"}"#, 404, "there is no AnalysisTemplate \"none\" here"),
    (
      #"{"template":{"apiVersion":"argoproj.io/v1alpha1","kind":"AnalysisTemplate","metadata":"#
        + #"{"name":"t"},"spec":{"metrics":[]}}}"#, 422, "no metrics specified"
    ),
  ])
  func `a bad order is refused with the reason`(
    body: String, status: Int, reason: String
  ) async throws {
    let answer = try #require(
      await Self.ask(try Self.endpoints(1), "POST", "/api/v1/analyses", body))
    #expect(answer.status == status)
    #expect(answer.json["error"]?.asString?.contains(reason) == true, "\(answer.text)")
  }

  @Test func `a name is taken by the first that has it, and a stretch is bounded`() async throws {
    let endpoints = try Self.endpoints(1)
    func order(_ query: String) -> String {
      #"{"name":"n","template":{"apiVersion":"argoproj.io/v1alpha1","kind":"AnalysisTemplate","#
        + #""metadata":{"name":"t"},"spec":{"metrics":[{"name":"m","interval":"1m","provider":"#
        + #"{"prometheus":{"query":""# + query + #""}}}]}}}"#
    }
    #expect(await Self.ask(endpoints, "POST", "/api/v1/analyses", order("up"))?.status == 201)
    #expect(await Self.ask(endpoints, "POST", "/api/v1/analyses", order("down"))?.status == 409)
    let endless = try AnalysisTemplate(
      try #require(JSONValue(parsing: order("up"))["template"]).manifestNode)
    let judging = AnalysisEndpoints(
      runner: endpoints.runner, catalog: AnalysisCatalog([endless]), judge: endpoints.judge,
      newName: { "fresh" })
    func canary(_ end: String) -> String {
      let side = #"{"scope":"s","start":"2026-01-01T00:00:00Z","end":""# + end + #""}"#
      return #"{"scopes":{"default":{"controlScope":"# + side + #","experimentScope":"# + side
        + "}}}"
    }
    let day = await Self.ask(judging, "POST", "/canary/t", canary("2026-01-02T00:00:00Z"))
    #expect(day?.status == 200)
    let long = await Self.ask(judging, "POST", "/canary/t", canary("9999-01-01T00:00:00Z"))
    #expect(long?.status == 422)
    #expect(long?.text.contains("more than 11000 looks") == true)
    let backwards = await Self.ask(judging, "POST", "/canary/t", canary("2025-01-01T00:00:00Z"))
    #expect(backwards?.status == 422)
  }

  @Test func `paths of others are left to them, and the document is JSON`() async throws {
    let endpoints = try Self.endpoints(1)
    for path in ["/api/v1/query", "/", "/api/v1/analyses/a/b/c", "/canary", "/flagger"] {
      #expect(await endpoints.reply(method: "GET", path: path[...], APIRequest()) == nil)
    }
    let document = try #require(await Self.ask(endpoints, "GET", "/api/v1/openapi.json"))
    #expect(document.json["openapi"]?.asString == "3.1.0")
    let paths = document.json["paths"]?.asObject ?? [:]
    #expect(paths.count == 18)
  }
}
