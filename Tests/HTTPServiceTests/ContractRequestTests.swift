import Analysis
import AnalysisExecutor
import Exposition
import Manifest
import MetricModel
import Testing

@testable import HTTPService

/// The requests of controllers and dashboards as their sources write them, over a real socket.
@Suite(.serialized, .enabled(if: ServiceTests.hasCurl, "curl is not installed"))
struct ContractRequestTests {
  private struct Constant: MetricSource {
    func answer(
      _ request: MeasurementRequest, of run: String, at now: Timestamp
    ) async -> MeasurementAnswer {
      .answered([.scalar(ScalarPoint(time: now, value: 1))])
    }
  }

  private static func endpoints() throws -> AnalysisEndpoints {
    let text = """
      {"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate",
       "metadata": {"name": "gate"}, "spec": {
        "args": [{"name": "canary-hash", "value": "c"}, {"name": "stable-hash", "value": "s"}],
        "metrics": [{"name": "ok", "successCondition": "result > 0",
          "provider": {"prometheus": {"query": "up"}}}]}}
      """
    return AnalysisEndpoints(
      runner: AnalysisRunner(source: Constant()),
      catalog: AnalysisCatalog([try AnalysisTemplate(JSONValue(parsing: text).manifestNode)]),
      judge: { spec, start, end, looksMax in
        var driver = RunDriver(AnalysisRun(name: "canary", spec: spec)) { _, now in
          .answered([.scalar(ScalarPoint(time: now, value: 1))])
        }
        let isWhole = driver.drive(from: start, until: end, passesMax: looksMax)
        return isWhole ? driver.run : nil
      }, newName: { "fresh" })
  }

  @Test func `Argo's web and kayenta providers and Flagger's webhooks`() async throws {
    try await RunningService.with(analyses: try Self.endpoints()) { service in
      let json = ["-H", "Content-Type: application/json"]
      // metricproviders/webmetric: POST with a JSON body, 2xx, jsonPath {$.data}.
      let order = #"{"name":"web-1","templateName":"gate","args":{"canary-hash":"6d4b9c7f58"}}"#
      var verdict = await service.curl("/api/v1/verdict", json + ["-d", order])
      for _ in 0..<100 where !verdict.contains(#""verdict":"pass""#) {
        verdict = await service.curl("/api/v1/verdict", json + ["-d", order])
      }
      #expect(verdict.contains(#""verdict":"pass""#) && verdict.contains(#""score":100"#))
      #expect(verdict.hasSuffix("\n200 application/json"))
      // metricproviders/kayenta: three calls, with the accounts in the address.
      let accounts = "application=guestbook&metricsAccountName=m&configurationAccountName=c"
      let configs = await service.curl(
        "/canaryConfig?application=guestbook&configurationAccountName=s")
      #expect(configs.hasPrefix("[{") && configs.contains(#""id":"gate""#))
      #expect(configs.hasSuffix("\n200 application/json"))
      let side =
        #"{"scope":"s","location":"us-east-2","step":60,"start":"2026-01-01T00:00:00Z","#
        + #""end":"2026-01-01T00:30:00Z"}"#
      let started = await service.curl(
        "/canary/gate?\(accounts)&storageAccountName=s",
        json + [
          "-d",
          #"{"scopes":{"default":{"controlScope":"# + side + #","experimentScope":"# + side
            + #"}},"thresholds":{"pass":90,"marginal":75}}"#,
        ])
      #expect(started == "{\"canaryExecutionId\":\"canary-1\"}\n200 application/json")
      let state = await service.curl("/canary/canary-1")
      #expect(state.contains(#""complete":true"#) && state.contains(#""score":100"#))
      #expect(state.hasSuffix("\n200 application/json"))
      // pkg/controller/webhook.go: what isn't at most 202 is no.
      func hook(_ name: String, _ phase: String) async -> String {
        let answer = await service.curl(
          "/flagger/\(name)",
          json + [
            "-d",
            #"{"name":"podinfo","namespace":"test","phase":""# + phase
              + #"","checksum":"85d557f47b","metadata":{"template":"gate"}}"#,
          ])
        return answer.split(separator: "\n").last?.split(separator: " ").first.map(String.init)
          ?? ""
      }
      #expect(await hook("confirm-promotion", "Promoting") == "404")
      #expect(await hook("confirm-rollout", "Waiting") == "200")
      #expect(await hook("pre-rollout", "Progressing") == "200")
      #expect(await hook("rollout", "Progressing") == "200")
      #expect(await hook("confirm-traffic-increase", "Progressing") == "200")
      var promotion = await hook("confirm-promotion", "Promoting")
      for _ in 0..<100 where promotion == "409" {
        promotion = await hook("confirm-promotion", "Promoting")
      }
      #expect(promotion == "200")
      #expect(await hook("rollback", "Progressing") == "409")
      #expect(await hook("event", "Progressing") == "200")
      #expect(await hook("post-rollout", "Finalising") == "200")
      #expect(await hook("unheard-of", "Progressing") == "404")
    }
  }

  @Test func `what Grafana asks of a Prometheus data source`() async throws {
    try await RunningService.with { service in
      var batch = SampleBatch()
      for job in ["a", "b"] {
        let series = batch.addSeries(
          Labels([("__name__", "up"), ("job", job), ("only_\(job)", "1")]))
        batch.append(series: series, Timestamp(milliseconds: 1_700_000_000_000), 1)
      }
      #expect(await service.write(batch) == "\n204 ")
      let span = "start=1699999000&end=1700001000"
      func data(_ path: String, _ arguments: String...) async -> String {
        let answer = await service.curl(path, arguments)
        #expect(answer.hasSuffix("\n200 application/json"), "\(path): \(answer)")
        let start = #"{"status":"success","data":"#
        #expect(answer.hasPrefix(start), "\(path): \(answer)")
        return String(answer.dropFirst(start.count).prefix { $0 != "\n" }.dropLast())
      }
      let match = "match[]=up{job=\"a\"}"
      let names = #"["__name__","job","only_a"]"#
      #expect(await data("/api/v1/labels?match%5B%5D=up%7Bjob%3D%22a%22%7D&\(span)") == names)
      #expect(await data("/api/v1/labels", "--data-urlencode", match, "-d", span) == names)
      #expect(
        await data("/api/v1/label/job/values?match%5B%5D=up%7Bonly_b%3D%221%22%7D&\(span)")
          == #"["b"]"#)
      #expect(
        await data("/api/v1/series", "--data-urlencode", match, "-d", span)
          == #"[{"__name__":"up","job":"a","only_a":"1"}]"#)
      #expect(await data("/api/v1/metadata") == "{}")
      #expect(
        await data("/api/v1/format_query", "--data-urlencode", "query=sum(up)by(job)")
          == #""sum by (job) (up)""#)
      #expect(await data("/api/v1/status/buildinfo").contains(#""version":"#))
      let range = await data(
        "/api/v1/query_range", "--data-urlencode", "query=sum(up)", "-d",
        "start=1700000000.000&end=1700000030.000&step=15")
      #expect(
        range
          == #"{"resultType":"matrix","result":[{"metric":{},"values":[[1700000000,"2"],"#
          + #"[1700000015,"2"],[1700000030,"2"]]}]}"#)
      // What is odd but no error is a list beside the data.
      let warned = await service.curl(
        "/api/v1/query", "-d", "time=1700000000", "--data-urlencode",
        "query=histogram_quantile(9, up)")
      #expect(warned.contains(#""warnings":["PromQL warning: "#), "\(warned)")
    }
  }
}
