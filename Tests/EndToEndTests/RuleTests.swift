import Foundation
import FoundationNetworking
import Testing

/// Rules as Prometheus' own tools take them: promtool's files, and the real Alertmanager.
@Suite(.serialized) struct RuleTests {
  private static let rules = """
    groups:
      - name: availability
        interval: 1s
        rules:
          - record: job:up:avg
            expr: avg by (job) (up)
          - alert: MostlyDown
            expr: job:up:avg < 0.6
            for: 2m
            labels: {severity: page}
            annotations: {summary: '{{ $value | humanizePercentage }} of {{ $labels.job }} are up'}
    """

  private static func tests(expecting summary: String) -> String {
    """
    rule_files: [rules.yml]
    evaluation_interval: 1m
    tests:
      - interval: 1m
        input_series:
          - {series: 'up{job="api", pod="1"}', values: 1x9}
          - {series: 'up{job="api", pod="2"}', values: 1x2 0x6}
        alert_rule_test:
          - {eval_time: 4m, alertname: MostlyDown}
          - eval_time: 5m
            alertname: MostlyDown
            exp_alerts:
              - exp_labels: {severity: page, job: api}
                exp_annotations: {summary: '\(summary)'}
        promql_expr_test:
          - expr: job:up:avg
            eval_time: 3m
            exp_samples: [{labels: 'job:up:avg{job="api"}', value: 0.5}]
    """
  }

  @Test(
    .enabled(if: Program.promtool != nil, "promtool could not be had"),
    arguments: [("50% of api are up", Int32(0)), ("nothing of the kind", 1)])
  func `unit tests of rules end as promtool ends them`(summary: String, code: Int32) throws {
    let folder = try TemporaryFolder()
    let rules = try folder.write("rules.yml", Self.rules)
    let tests = try folder.write("tests.yml", Self.tests(expecting: summary))
    let promtool = try #require(Program.promtool)
    #expect(try promtool.run("test", "rules", tests).exitCode == code)
    let outcome = try Program.assay.run("test", "rules", tests)
    #expect(outcome.exitCode == code, "\(outcome.errors)")
    #expect(outcome.output.hasSuffix(code == 0 ? "1 passed, 0 failed\n" : "0 passed, 1 failed\n"))
    let theirs = try promtool.run("check", "rules", rules)
    let ours = try Program.assay.run("check", "rules", rules)
    #expect((ours.exitCode, ours.output) == (theirs.exitCode, theirs.output))
  }

  @Test(
    .enabled(if: Program.promtool != nil, "promtool could not be had"),
    arguments: [
      "groups: [{name: g, rules: [{record: a, expr: 'sum('}]}]",
      "groups: [{name: g, rules: [{alert: a, expr: up, annotations: {s: '{{ $x }}'}}]}]",
      "groups: [{name: g, rules: [{record: a, expr: up}]}, {name: g, rules: []}]",
      "groups: [{name: g, rules: [{record: a, alert: b, expr: up}]}]",
      "groups: [{name: g, rules: [{alert: a, expr: up, four: 5m}]}]",
    ])
  func `rules that promtool refuses are refused`(text: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("rules.yml", text)
    let promtool = try #require(Program.promtool)
    #expect(try promtool.run("check", "rules", path).exitCode == 1)
    let outcome = try Program.assay.run("check", "rules", path)
    #expect(outcome.exitCode == 1)
    #expect(outcome.errors.contains(path))
  }

  @Test(
    .enabled(if: Program.alertmanager != nil, "Debian's prometheus-alertmanager isn't installed"))
  func `a firing alert reaches the real Alertmanager`() async throws {
    let folder = try TemporaryFolder()
    let configuration = try folder.write(
      "alertmanager.yml", "route: {receiver: none}\nreceivers: [{name: none}]\n")
    let alertmanager = try await Server(
      try #require(Program.alertmanager), log: folder.file("alertmanager.log")
    ) { port in
      [
        "--config.file=\(configuration)", "--storage.path=\(folder.file("am"))",
        "--web.listen-address=127.0.0.1:\(port)", "--cluster.listen-address=",
      ]
    }
    let rules = try folder.write(
      "rules.yml",
      """
      groups:
        - name: g
          interval: 100ms
          rules:
            - {record: answer, expr: vector(42)}
            - alert: Answered
              expr: answer > 41
              labels: {severity: page}
              annotations: {summary: 'it is {{ $value }}'}
      """)
    let server = try await Server(.assay, log: folder.file("assay.log")) { port in
      [
        "serve", "--data", folder.file("data"), "--listen", "127.0.0.1:\(port)",
        "--rules", rules, "--alertmanager", alertmanager.address, "--external-label", "site=here",
      ]
    }
    let delivered = try await Self.eventually {
      let answer = try await alertmanager.send(alertmanager.request("/api/v2/alerts"))
      return answer.text.contains("Answered") ? answer.text : nil
    }
    #expect(delivered.contains(#""summary":"it is 42""#))
    #expect(delivered.contains(#""site":"here""#))
    #expect(delivered.contains(#""severity":"page""#))
    let alerts = try await server.send(server.request("/api/v1/alerts"))
    #expect(alerts.text.contains(#""state":"firing""#))
    let series = try await Self.eventually {
      let path = "/api/v1/query?query=ALERTS%7Balertstate%3D%22firing%22%7D"
      let answer = try await server.send(server.request(path))
      return answer.text.contains("Answered") ? answer.text : nil
    }
    #expect(series.contains(#""alertname":"Answered""#))
  }

  /// Asks again until there is an answer; an error of the test after half a minute.
  private static func eventually(_ ask: () async throws -> String?) async throws -> String {
    let deadline = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < deadline {
      if let answer = try await ask() { return answer }
      try await Task.sleep(for: .milliseconds(20))
    }
    return try #require(try await ask(), "no answer within 30 seconds")
  }
}
