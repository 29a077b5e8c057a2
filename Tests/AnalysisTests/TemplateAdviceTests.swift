import Analysis
import Manifest
import Testing

@Suite struct TemplateAdviceTests {
  private static func rules(
    query: String, conditions: String = "successCondition: 'len(result) == 0 || result[0] < 5'",
    rest: String = "", settled: String? = nil
  ) throws -> [String] {
    let template = try TestTemplates.template(
      metrics: [
        "{name: m, count: 3, interval: 1m, failureLimit: 1, \(conditions), "
          + "provider: {prometheus: {query: '\(query)'}}}"
      ], rest: rest)
    let context = AdviceContext(
      use: .step, settled: settled.flatMap { GoDuration(parsing: $0) })
    return TemplateAdvice.findings(in: template, context: context).map(\.rule)
  }

  @Test func `a query that picks a version in any way is not called mixed`() throws {
    #expect(try Self.rules(query: "up{app=\"a\"}") == ["versions-mixed"])
    #expect(try Self.rules(query: "up") == ["versions-mixed"])
    #expect(try Self.rules(query: "sum by (version) (up)") == ["versions-mixed"])
    #expect(try Self.rules(query: "up{version=\"canary\"}") == [])
    #expect(try Self.rules(query: "up{rollouts_pod_template_hash=\"x\"}") == [])
    let argument = try Self.rules(
      query: "up{service=\"{{args.service}}\"}", rest: "args: [{name: service}]")
    #expect(argument == [])
    #expect(try Self.rules(query: "vector(1)") == [])
    #expect(try Self.rules(query: " ") == ["no-query"])
  }

  @Test func `a division or quantile needs a guard somewhere`() throws {
    let ratio = "a{version=\"c\"} / b{version=\"c\"}"
    #expect(try Self.rules(query: ratio) == ["unguarded-nan"])
    #expect(try Self.rules(query: "a{version=\"c\"} / (b{version=\"c\"} > 0)") == [])
    #expect(try Self.rules(query: "\(ratio) or vector(0)") == [])
    #expect(
      try Self.rules(
        query: ratio,
        conditions: "successCondition: 'len(result) == 0 || isNaN(result[0]) || result[0] < 1'")
        == [])
    #expect(
      try Self.rules(query: "histogram_quantile(0.9, a{version=\"c\"})") == ["unguarded-nan"])
    #expect(try Self.rules(query: "a{path=\"/x/y\",version=\"c\"}") == [])
  }

  @Test func `an element of a result that may be empty needs a guard`() throws {
    let query = "up{version=\"c\"}"
    for condition in ["result[0] < 5", "result[0] < 5 && len(result) > 3"] {
      let found = try Self.rules(query: query, conditions: "successCondition: '\(condition)'")
      #expect(found == (condition.contains("len") ? [] : ["empty-vector"]))
    }
    #expect(
      try Self.rules(query: query, conditions: "failureCondition: 'any(result, # > 5)'") == [])
  }

  @Test func `windows that reach before the step are named with the overlap`() throws {
    let query = "rate(a{version=\"c\"}[10m])"
    #expect(try Self.rules(query: query, settled: "5m") == ["window-before-step"])
    #expect(try Self.rules(query: query, settled: "10m") == [])
    #expect(try Self.rules(query: query) == [])
    #expect(
      try Self.rules(query: "max_over_time(a{version=\"c\"}[10m:1m])", settled: "5m")
        == ["window-before-step"])
  }

  @Test func `unused arguments, loose dry runs and comparisons without margin are named`() throws {
    let template = try TestTemplates.template(
      metrics: [
        TestTemplates.scripted("name: a, failureLimit: 1"),
        TestTemplates.scripted("name: ab, failureLimit: 1"),
      ], rest: "args: [{name: x}]\n  dryRun: [{metricName: a}]")
    let rules = TemplateAdvice.findings(in: template).map(\.rule)
    #expect(rules.contains("unused-argument") && rules.contains("loose-dry-run"))

    let spec = try ComparisonTests.spec(ComparisonTests.errors)
    var comparison = template
    comparison.spec = spec
    #expect(TemplateAdvice.findings(in: comparison).map(\.rule) == ["no-margin"])
  }

  @Test func `the arithmetic of dilution follows the weight`() throws {
    let template = try TestTemplates.template(
      metrics: [
        "{name: m, count: 1, successCondition: 'len(result) == 0 || result[0] >= 0.9', "
          + "provider: {prometheus: {query: up}}}"
      ])
    let messages = [10, 50].map { weight in
      TemplateAdvice.findings(in: template, context: AdviceContext(canaryWeight: weight))
        .first { $0.rule == "versions-mixed" }?.message ?? ""
    }
    #expect(messages[0].contains("at weight 10 a canary at 0.5 beside a stable at 0.95"))
    #expect(messages[0].contains("blends to 0.905"))
    #expect(messages[1].contains("at weight 50 a canary at 0.9 beside a stable at 0.95"))
  }

  @Test func `random queries are looked at without harm`() throws {
    var template = try TestTemplates.template(metrics: [TestTemplates.scripted("name: m")])
    guard case .prometheus(var metric)? = template.spec.metrics[0].provider else {
      Issue.record("no query")
      return
    }
    var generator = SplitMix(seed: 99)
    let parts = [
      "{", "}", "[", "]", "(", ")", "\"", "'", "`", "\\", "{{", "}}", "a", "le", "=", "=~", "!=",
      ",", "5m", ":", "/", ">", "by", "on", "or", "1e3", " ", "\n", "\u{e9}", "rate",
    ]
    for _ in 0..<3000 {
      metric.query = (0..<Int(generator.next() % 12))
        .map { _ in parts[Int(generator.next() % UInt64(parts.count))] }.joined()
      template.spec.metrics[0].providers = [.prometheus(metric)]
      let findings = TemplateAdvice.findings(in: template)
      #expect(findings.allSatisfy { !$0.message.isEmpty })
    }
  }
}
