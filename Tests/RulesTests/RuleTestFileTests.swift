import Manifest
import MetricModel
import PromQL
import Rules
import Testing
import YAMLReader

struct RuleTestFileTests {
  private static let rules = """
    groups:
      - name: availability
        rules:
          - record: job:up:avg
            expr: avg by (job) (up)
          - alert: MostlyDown
            expr: job:up:avg < 0.6
            for: 2m
            labels: {severity: page, site: '{{ $externalLabels.site }}'}
            annotations:
              summary: 'only {{ $value | humanizePercentage }} of {{ $labels.job }} up at {{ now }}'
    """

  private func failures(_ tests: String) throws -> [String] {
    let document = try #require(
      try YAMLReader.documents(in: tests, scalars: .asWritten).first)
    let file = try RuleTestFile(document)
    let rules = RuleFile.read(
      try YAMLReader.documents(in: Self.rules, scalars: .asWritten).first, path: "r.yml")
    try #require(rules.errors == [])
    return file.tests.flatMap {
      file.failures(of: $0, rules: [rules.file], queries: QueryOptions())
    }
  }

  private static let input = """
    rule_files: [r.yml]
    evaluation_interval: 1m
    tests:
      - interval: 1m
        name: two of three
        external_labels: {site: here}
        input_series:
          - {series: 'up{job="api", pod="1"}', values: 1x9}
          - {series: 'up{job="api", pod="2"}', values: 1x2 0x6}
    """

  @Test func `what is as expected passes`() throws {
    let cases = """

          alert_rule_test:
            - {eval_time: 4m, alertname: MostlyDown}
            - eval_time: 5m
              alertname: MostlyDown
              exp_alerts:
                - exp_labels: {severity: page, site: here, job: api}
                  exp_annotations: {summary: only 50% of api up at 300}
          promql_expr_test:
            - expr: job:up:avg
              eval_time: 3m
              exp_samples: [{labels: 'job:up:avg{job="api"}', value: 5e-1}]
            - {expr: 'count(ALERTS{alertstate="firing"})', eval_time: 6m, exp_samples: [{value: 1}]}
            - {expr: absent(nothing) > 5, eval_time: 6m}
      """
    #expect(try failures(Self.input + cases) == [])
  }

  @Test func `histograms are compared as they are written`() throws {
    let file = """
      evaluation_interval: 1m
      tests:
        - interval: 1m
          input_series:
            - {series: 'h{job="a"}', values: '{{count:3 sum:4 buckets:[1 2]}}x5'}
          promql_expr_test:
            - {expr: 'h * 2', eval_time: 1m, exp_samples: [
                {labels: '{job="a"}', histogram: '{{count:6 sum:8 buckets:[2 4]}}'}]}
            - {expr: h, eval_time: 1m, exp_samples: [
                {labels: 'h{job="a"}', histogram: '{{count:3 sum:5 buckets:[1 2]}}'}]}
            - {expr: h, eval_time: 1m, exp_samples: [{labels: 'h{job="a"}', histogram: '3'}]}
      """
    let found = try failures(file)
    #expect(found.count == 2)
    #expect(
      found[0] == """
            expr: "h", time: 1m,
                exp: {__name__="h", job="a"} {{count:3 sum:5 buckets:[1 2]}}
                got: {__name__="h", job="a"} {{count:3 sum:4 buckets:[1 2]}}
        """)
    #expect(found[1].contains("expected histogram, got \"3\""))
  }

  @Test func `what isn't is told with both sides`() throws {
    let cases = """

          alert_rule_test:
            - {eval_time: 5m, alertname: MostlyDown}
          promql_expr_test:
            - {expr: job:up:avg, eval_time: 3m, exp_samples: [{labels: x, value: 1}]}
            - {expr: up + on(job) up, eval_time: 1m}
            - {expr: 'sum(', eval_time: 1m}
      """
    let found = try failures(Self.input + cases)
    #expect(found.count == 4)
    #expect(
      found[0] == """
            name: two of three,
            alertname: MostlyDown, time: 5m,\u{20}
                exp:[],\u{20}
                got:[
                    0:
                      Labels:{alertname="MostlyDown", job="api", severity="page", site="here"}
                      Annotations:{summary="only 50% of api up at 300"}
                    ]
        """)
    #expect(
      found[1] == """
            expr: "job:up:avg", time: 3m,
                exp: {__name__="x"} 1
                got: {__name__="job:up:avg", job="api"} 0.5
        """)
    #expect(found[2].contains("many-to-many"))
    #expect(found[3].contains("parse error"))
  }

  @Test func `a broken file names the place`() throws {
    let broken = try #require(
      try YAMLReader.documents(
        in: "tests: [{input_series: [{serie: x}]}]", scalars: .asWritten
      ).first)
    #expect {
      try RuleTestFile(broken)
    } throws: {
      "\($0)" == "1:26: tests[0].input_series[0].serie: unknown field, known here: series, values"
    }
  }
}
