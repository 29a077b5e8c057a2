import Analysis
import Manifest
import Testing

@Suite struct TemplateValidationTests {
  static let prometheus = "provider: {prometheus: {query: up}}"

  static let refused: [(metric: String, rule: String, message: String)] = [
    ("{name: m}", "no-provider", "metrics[0]: no provider specified"),
    (
      "{name: m, provider: {prometheus: {query: up}, web: {url: 'http://x'}}}",
      "multiple-providers", "metrics[0]: multiple providers specified"
    ),
    (
      "{name: m, count: 2, failureLimit: 3, interval: 1m, \(prometheus)}", "count-below-limits",
      "metrics[0]: count (2) must be >= failureLimit + consecutiveSuccessLimit (3 + 0) if both "
        + ">= 0"
    ),
    (
      "{name: m, count: 3, failureLimit: 2, consecutiveSuccessLimit: 2, interval: 1m, "
        + "\(prometheus)}", "count-below-limits",
      "metrics[0]: count (3) must be >= failureLimit + consecutiveSuccessLimit (2 + 2) if both "
        + ">= 0"
    ),
    (
      "{name: m, count: 2, failureLimit: -1, consecutiveSuccessLimit: 3, interval: 1m, "
        + "\(prometheus)}", "count-below-limits",
      "metrics[0]: count must be >= consecutiveSuccessLimit"
    ),
    (
      "{name: m, count: 1, inconclusiveLimit: 2, \(prometheus)}", "count-below-limits",
      "metrics[0]: count must be >= inconclusiveLimit"
    ),
    (
      "{name: m, count: 2, \(prometheus)}", "interval-missing",
      "metrics[0]: interval must be specified when count > 1"
    ),
    (
      "{name: m, failureLimit: -2, \(prometheus)}", "limit-out-of-range",
      "metrics[0]: failureLimit must be >= 0, or -1 to be disabled"
    ),
    (
      "{name: m, failureLimit: -1, \(prometheus)}", "limits-off",
      "metrics[0]: failureLimit and consecutiveSuccessLimit cannot both be disabled"
    ),
    (
      "{name: m, consecutiveErrorLimit: -1, \(prometheus)}", "limit-out-of-range",
      "metrics[0]: consecutiveErrorLimit must be >= 0"
    ),
    (
      "{name: m, provider: {prometheus: {query: up, timeout: -1}}}", "limit-out-of-range",
      "metrics[0]: prometheus timeout should not be negative"
    ),
    (
      "{name: m, provider: {datadog: {query: q}}}", "unsupported-provider",
      "metrics[0]: provider datadog is not supported"
    ),
    (
      "{name: m, provider: {plugin: {argoproj-labs/sample: {}}}}", "unsupported-provider",
      "metrics[0]: provider plugin argoproj-labs/sample is not supported"
    ),
    (
      "{name: m, successCondition: 'result[0', \(prometheus)}", "bad-condition",
      "metrics[0]: successCondition \"result[0\": 1:9: found the end of the condition, "
        + "expected \"]\""
    ),
    (
      "{name: m, failureCondition: 'result > 1', provider: {prometheus: {query: up, "
        + "rangeQuery: {start: 'now()', end: 'now()', step: 1m}}}}", "bad-condition",
      "metrics[0]: failureCondition \"result > 1\": 1:8: invalid operation: > "
        + "(mismatched types []float64 and int)"
    ),
    (
      "{name: m, successCondition: 'result[0] > {{args.x}}', \(prometheus)}",
      "undeclared-argument", "failed to resolve {{args.x}}"
    ),
    (
      "{name: m, Interval: 1m, \(prometheus)}", "unknown-field",
      "unknown field, did you mean \"interval\"?"
    ),
    (
      "{name: m, provider: {prometheus: {query: up, adress: x}}}", "unknown-field",
      "unknown field, known here: address, authentication, headers, insecure, query, rangeQuery, "
        + "timeout"
    ),
    (
      "{name: m, provider: {graphite: {querry: up}}}", "unknown-field",
      "unknown field, known here: address, query"
    ),
  ]

  @Test(arguments: refused.indices)
  func `what Argo refuses is refused in its words, with a place and a remedy`(index: Int) throws {
    let (metric, rule, message) = Self.refused[index]
    let template = try TestTemplates.template(metrics: [metric])
    let findings = TemplateValidation.findings(in: template)
    let finding = try #require(findings.first { $0.rule == rule }, "\(findings)")
    #expect(finding.message == message)
    #expect(finding.isError && finding.line == 6 && finding.column > 0)
    #expect(!finding.remedy.isEmpty)
  }

  @Test func `names of metrics must differ, and there must be one`() throws {
    let twice = try TestTemplates.template(
      metrics: ["{name: m, \(Self.prometheus)}", "{name: m, \(Self.prometheus)}"])
    let finding = TemplateValidation.findings(in: twice).first
    #expect(finding?.message == "metrics[1]: duplicate name 'm'")
    #expect(finding?.path == "spec.metrics[1].name")
    let none = try TestTemplates.template(
      "{apiVersion: argoproj.io/v1alpha1, kind: AnalysisTemplate, metadata: {name: x}, "
        + "spec: {metrics: []}}")
    #expect(TemplateValidation.findings(in: none).map(\.message) == ["no metrics specified"])
  }

  @Test func `a count of 0 with an interval has no end either`() throws {
    let template = try TestTemplates.template(
      metrics: ["{name: m, count: 0, interval: 1m, \(Self.prometheus)}"])
    let finding = TemplateValidation.findings(in: template, use: .prePromotion).first
    #expect(
      finding?.message
        == "AnalysisTemplate sample has metric m which runs indefinitely. "
        + "Invalid value for count: 0")
  }

  static let unreadable: [(metric: String, message: String)] = [
    ("{name: m, count: many}", "found \"many\", expected a whole number or a placeholder such as"),
    ("{name: m, interval: 1 minute}", "found \"1 minute\", expected a duration such as 30s"),
    ("{name: m, interval: 60}", "found an integer, expected a text"),
    ("{name: m, count: 1.5}", "found a number, expected an integer or a text"),
    ("{count: 1}", "required field is missing"),
    ("{name: m, provider: {web: {method: GET}}}", "required field is missing"),
    ("{name: m, provider: {plugin: {assay/guess: {}}}}", "unknown plugin \"assay/guess\""),
  ]

  @Test(arguments: unreadable.indices)
  func `values of the wrong kind are refused with their place`(index: Int) {
    let (metric, message) = Self.unreadable[index]
    let error = #expect(throws: ManifestError.self) {
      try TestTemplates.template(metrics: [metric])
    }
    #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
    #expect(error?.line == 6)
  }

  static let comparisons: [(fields: String, message: String)] = [
    ("kind: median", "found \"median\", expected proportion, rate, mean, quantile"),
    ("kind: proportion, total: a", "expected either \"bad\" or \"good\""),
    ("kind: proportion, total: a, bad: b, good: c", "expected either \"bad\" or \"good\""),
    (
      "kind: proportion, total: a, bad: 'rate(b[5m])'",
      "found \"rate(b[5m])\", expected a plain selector"
    ),
    (
      "kind: distribution, buckets: 'a{le=\"1\"'", "found \"a{le=\"1\"\", expected a plain selector"
    ),
    ("kind: mean, value: a, margin: 0", "found 0.0, expected a number above 0"),
    ("kind: mean, value: a, errorBudget: 0.7", "found 0.7, expected a probability below 0.5"),
    ("kind: mean, value: a, since: yesterday", "found \"yesterday\", expected step"),
    ("kind: mean, value: a, warmup: -1m", "found \"-1m\", expected a duration such as 1m"),
    ("kind: proportion, total: a, bad: b, direction: increase", "a proportion has no direction"),
    ("kind: distribution, buckets: a, histogram: b", "expected either \"buckets\""),
    ("kind: mean, value: a, steps: [{weight: 10, duration: 5m}]", "steps are the plan of mode"),
    (
      "kind: mean, value: a, mode: fast, steps: [{weight: 100, duration: 5m}]",
      "found 100.0, expected the canary's weight between 0 and 100"
    ),
    ("kind: mean, value: a, direction: up", "found \"up\", expected increase or decrease"),
  ]

  @Test(arguments: comparisons.indices)
  func `a comparison says what it can't be made of`(index: Int) {
    let (fields, message) = Self.comparisons[index]
    let error = #expect(throws: ManifestError.self) { try ComparisonTests.spec(fields) }
    #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
  }

  @Test func `a comparison takes no condition, and its arms must be named`() throws {
    let template = try TestTemplates.template(
      metrics: [
        "{name: m, successCondition: 'result > 1', provider: {plugin: {assay/compare: "
          + "{kind: mean, value: a, canary: 'v=\"c\"', stable: 'v=\"s\"'}}}}"
      ])
    #expect(
      TemplateValidation.findings(in: template).map(\.rule) == ["condition-on-comparison"])
    let error = #expect(throws: ManifestError.self) {
      try TestTemplates.template(
        metrics: [
          "{name: m, provider: {plugin: {assay/compare: {kind: mean, value: a, canary: canary, "
            + "stable: 'v=\"s\"'}}}}"
        ])
    }
    #expect(
      error?.message == "found \"canary\", expected label matchers such as version=\"canary\"")
  }

  @Test func `a finding reads as place, subject, fault, remedy, rule`() throws {
    let template = try TestTemplates.template(metrics: ["{name: m, count: 2, \(Self.prometheus)}"])
    #expect(
      TemplateValidation.findings(in: template).map(\.description) == [
        "6:22: error: spec.metrics[0].count: metrics[0]: interval must be specified when "
          + "count > 1; add the time between measurements, such as interval: 1m "
          + "[interval-missing]"
      ])
  }
}
