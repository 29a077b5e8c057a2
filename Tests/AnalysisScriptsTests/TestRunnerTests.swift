import AnalysisScripts
import Foundation
import Manifest
import Testing
import YAMLReader

@Suite struct TestRunnerTests {
  private static let derived = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/conformance/rollouts/derived").standardized

  private static func entries(of path: URL) throws -> [TestReport.Entry] {
    let text = try String(contentsOf: path, encoding: .utf8)
    return TestRunner { _ in [] }
      .entries(of: try YAMLReader.documents(in: text), file: path.lastPathComponent)
  }

  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: derived.path),
      "the reference answers aren't beside this package"),
    arguments: [
      ("analysis-run-phases.json", 31), ("conditions.json", 32), ("kayenta-judge.json", 66),
    ])
  func `reference answers are met`(file: String, count: Int) throws {
    let entries = try Self.entries(of: Self.derived.appending(path: file))
    #expect(entries.count == count)
    #expect(TestReport(entries: entries).failureLines == [])
  }

  private static let template = """
    apiVersion: argoproj.io/v1alpha1
    kind: AnalysisTemplate
    metadata: {name: errors}
    spec:
      args: [{name: version}]
      metrics:
      - name: error-rate
        interval: 1m
        count: 3
        failureLimit: 1
        successCondition: result[0] <= 0.01
        provider:
          prometheus:
            query: |
              rate(errors_total{version="{{args.version}}"}[2m])
                / rate(requests_total{version="{{args.version}}"}[2m])
    ---
    """

  private static func report(_ tests: String) throws -> TestReport {
    let runner = TestRunner { path throws(ManifestError) in
      guard path == "errors.yaml" else {
        throw ManifestError(line: 0, column: 0, path: path, message: "no such file")
      }
      return try YAMLReader.documents(in: template)
    }
    return TestReport(
      entries: runner.entries(of: try YAMLReader.documents(in: tests), file: "t.yaml"))
  }

  private static let series = """
      input_series:
      - {series: 'errors_total{version="canary"}', values: '0+1x60'}
      - {series: 'requests_total{version="canary"}', values: '0+20x60'}
    """

  @Test func `a unit test that holds passes`() throws {
    let report = try Self.report(
      """
      template_files: [errors.yaml]
      tests:
      - name: five percent are too many
        interval: 15s
      \(Self.series)
        analysis_tests:
        - args: {version: canary}
          start: 5m
          exp_phase: Failed
          exp_verdict: fail
          exp_ended_at: 6m
          exp_metrics:
            error-rate: {phase: Failed, failed: 2, count: 2, verdict: fail}
          exp_measurements:
          - {metric: error-rate, at: 5m, phase: Failed, value: '[0.05]'}
          - {metric: error-rate, at: 6m, phase: Failed}
      """)
    #expect(report.failureLines == [])
    #expect(report.summary == "1 passed, 0 failed")
  }

  @Test func `a unit test that doesn't hold says what was found`() throws {
    let report = try Self.report(
      """
      template_files: [errors.yaml]
      tests:
      - interval: 15s
      \(Self.series)
        analysis_tests:
        - {args: {version: canary}, start: 5m, exp_phase: Successful, exp_ended_by: 5m}
        - {args: {version: stable}, start: 5m, exp_phase: Error}
      """)
    #expect(
      report.failureLines == [
        "t.yaml: test 1 (1)", "  phase: found Failed, expected Successful",
        "  ended: found 6m, expected by 5m",
        "  the run: Failed, error-rate: failed (2) > failureLimit (1), last [0.05]",
      ])
    #expect(report.summary == "1 passed, 1 failed")
  }

  @Test(arguments: [
    ("tests: [{analysis_tests: [{exp_phase: Fine}]}]", "exp_phase"),
    ("tests: [{input_series: [{series: 'a{', values: '1'}]}]", "input_series"),
    ("template_files: [gone.yaml]\ntests: []", "gone.yaml: no such file"),
    ("tests: [{analysis_tests: [{exp_phase: Failed, exp_phaze: Failed}]}]", "exp_phaze"),
    ("something: else", "holds no tests"),
    ("tests: [{analysis_tests: [{template: unknown}]}]", "template: found none"),
  ])
  func `what can't be read is a failed test`(text: String, problem: String) throws {
    let report = try Self.report(text)
    #expect(report.passedCount == 0 && report.failures.count == 1)
    #expect(report.failureLines.joined(separator: "\n").contains(problem))
  }

  @Test func `answers of web metrics and jobs are scripted`() throws {
    let report = TestReport(
      entries: TestRunner { _ in [] }.entries(
        of: try YAMLReader.documents(
          in: """
            apiVersion: argoproj.io/v1alpha1
            kind: AnalysisTemplate
            metadata: {name: gate}
            spec:
              metrics:
              - name: verdict
                interval: 10s
                count: 3
                inconclusiveLimit: 2
                successCondition: result.verdict == "pass"
                failureCondition: result.verdict == "fail"
                provider: {web: {url: 'http://gate/verdict', jsonPath: '{$.data}'}}
              - name: load-test
                provider: {job: {spec: {template: {}}}}
            ---
            tests:
            - input_answers:
              - metric: verdict
                values: [{data: {verdict: wait}}, {data: {verdict: pass}}]
              - {metric: load-test, values: [{phase: Successful}]}
              analysis_tests:
              - end: 5m
                exp_phase: Successful
                exp_measurements:
                - {metric: verdict, phase: Inconclusive, value: '{"verdict":"wait"}'}
                - {metric: verdict, phase: Successful}
                - {metric: verdict, phase: Successful}
            """), file: "gate.yaml"))
    #expect(report.failureLines == [])
    #expect(report.summary == "1 passed, 0 failed")
  }
}
