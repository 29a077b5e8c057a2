import Analysis
import Manifest
import MetricModel
import Testing

/// Rules of the machine that the reference timelines leave open.
@Suite struct RunRulesTests {
  static let start = Timestamp(milliseconds: 0)

  private static func finished(
    _ spec: AnalysisSpec, sources: ArgumentSources = ArgumentSources(),
    _ answer: @escaping (MeasurementRequest, Timestamp) -> MeasurementAnswer
  ) -> RunDriver {
    var driver = RunDriver(
      AnalysisRun(name: "run", spec: spec, sources: sources), answer: answer)
    driver.drive(
      from: Timestamp(milliseconds: 0), until: Timestamp(milliseconds: 10_000_000))
    return driver
  }

  @Test func `an argument without value ends the run as Error before anything is measured`() throws
  {
    let template = try TestTemplates.template(
      metrics: [TestTemplates.scripted("name: m")], rest: "args: [{name: service}]")
    let driver = Self.finished(template.spec) { _, _ in .failed("") }
    #expect(driver.run.phase == .error)
    #expect(
      driver.run.message
        == "Unable to resolve metric arguments: args.service was not resolved")
    #expect(driver.run.startedAt == nil && driver.run.completedAt == nil)
    #expect(driver.requests.isEmpty)
  }

  @Test func `an invalid spec ends the run as Error with the words of Argo`() throws {
    let template = try TestTemplates.template(
      metrics: [TestTemplates.scripted("name: m, count: 1, failureLimit: 3")])
    let driver = Self.finished(template.spec) { _, _ in .failed("") }
    #expect(driver.run.phase == .error)
    #expect(
      driver.run.message
        == "Analysis spec invalid: metrics[0]: count (1) must be >= failureLimit + "
        + "consecutiveSuccessLimit (3 + 0) if both >= 0")
  }

  @Test func `a dry-run rule that matches nothing ends the run as Error`() throws {
    let template = try TestTemplates.template(
      metrics: [TestTemplates.scripted("name: m")], rest: "dryRun: [{metricName: other}]")
    let driver = Self.finished(template.spec) { _, _ in .failed("") }
    #expect(
      driver.run.message
        == "Analysis spec invalid: dryRun[0]: Rule didn't match any metric name(s)")
  }

  @Test func `arguments are filled into queries, counts and conditions`() throws {
    let template = try TestTemplates.template(
      metrics: [
        "{name: 'm-{{args.service}}', count: '{{args.n}}', interval: 10s, "
          + "successCondition: 'result < {{ args.limit }}', "
          + "provider: {prometheus: {query: 'up{app=\"{{args.service}}\"}'}}}"
      ], rest: "args: [{name: service}, {name: n, value: '5'}, {name: limit, value: '2'}]")
    let spec = try AnalysisSpec.merging(
      [template],
      arguments: [
        Argument("service", value: "shop"), Argument("n", value: "2"),
        Argument("unknown", value: "dropped"),
      ])
    let driver = Self.finished(spec) { _, now in TestTemplates.answer(for: "Successful", at: now) }
    #expect(driver.run.phase == .successful)
    #expect(driver.requests.map(\.metric) == ["m-shop", "m-shop"])
    #expect(driver.requests.first?.queries.first?.text == "up{app=\"shop\"}")
    #expect(
      driver.run.results.first?.metadata == ["ResolvedPrometheusQuery": "up{app=\"shop\"}"])
  }

  @Test func `secrets win over values and never show`() throws {
    let template = try TestTemplates.template(
      metrics: [
        "{name: m, provider: {prometheus: {query: 'up{key=\"{{args.key}}\"}'}}}"
      ],
      rest: "args: [{name: key, valueFrom: {secretKeyRef: {name: s, key: k}}}]")
    let spec = try AnalysisSpec.merging([template], arguments: [Argument("key", value: "mine")])
    let sources = ArgumentSources(secrets: [.secret(name: "s", key: "k"): "hunter2"])
    let driver = Self.finished(spec, sources: sources) { request, _ in
      #expect(request.queries.first?.text == "up{key=\"hunter2\"}")
      return .failed("403 for up{key=\"hunter2\"}")
    }
    #expect(driver.run.phase == .error)
    #expect(
      driver.run.message
        == "Metric \"m\" assessed Error due to consecutiveErrors (5) > consecutiveErrorLimit (4): "
        + "\"Error Message: 403 for up{key=\"*****\"}\"")
    #expect(!"\(driver.run.results)".contains("hunter2"))
  }

  @Test func `hashes and fields of the rollout are filled in`() throws {
    let template = try TestTemplates.template(
      metrics: ["{name: m, provider: {prometheus: {query: '{{args.a}} {{args.b}} {{args.c}}'}}}"],
      rest: "args: [{name: a}, {name: b}, {name: c, valueFrom: {fieldRef: "
        + "{fieldPath: \"metadata.labels['region']\"}}}]")
    let spec = try AnalysisSpec.merging(
      [template],
      arguments: [
        Argument("a", from: .podTemplateHash(.stable)),
        Argument("b", from: .podTemplateHash(.latest)),
      ])
    let sources = ArgumentSources(
      fields: ["metadata.labels['region']": "eu"], stableHash: "s1", latestHash: "c2")
    let driver = Self.finished(spec, sources: sources) { _, now in
      TestTemplates.answer(for: "Successful", at: now)
    }
    #expect(driver.requests.first?.queries.first?.text == "s1 c2 eu")
    let without = Self.finished(spec) { _, now in .failed("") }
    #expect(
      without.run.message
        == "Unable to resolve metric arguments: args.a was not resolved: no Stable ReplicaSet "
        + "is known")
  }

  @Test func `templates merge by the rules of Argo`() throws {
    let first = try TestTemplates.template(
      metrics: [TestTemplates.scripted("name: a")], rest: "args: [{name: x, value: '1'}]")
    var second = try TestTemplates.template(
      metrics: [TestTemplates.scripted("name: b")], rest: "args: [{name: x, value: '1'}]")
    second.name = "second"
    let merged = try AnalysisSpec.merging([first, second])
    #expect(merged.metrics.map(\.name) == ["a", "b"])
    #expect(merged.arguments.count == 1)

    var clash = second
    clash.spec.arguments[0].value = "2"
    let values = #expect(throws: TemplateMergeError.self) {
      try AnalysisSpec.merging([first, clash])
    }
    #expect(
      values?.description
        == "Argument `x` specified multiple times with different values: '1', '2'")
    var twice = first
    twice.name = "twice"
    let names = #expect(throws: TemplateMergeError.self) {
      try AnalysisSpec.merging([first, twice])
    }
    #expect(names?.description == "two metrics have the same name 'a'")
  }

  @Test func `templates of templates are found once, also in a circle`() throws {
    let inner = try TestTemplates.template(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: AnalysisTemplate
      metadata: {name: inner}
      spec:
        templates: [{templateName: sample}]
        metrics: [\(TestTemplates.scripted("name: b"))]
      """)
    let outer = try TestTemplates.template(
      metrics: [TestTemplates.scripted("name: a")], rest: "templates: [{templateName: inner}]")
    let spec = try AnalysisSpec.merging([outer]) { $0.name == "inner" ? inner : outer }
    #expect(spec.metrics.map(\.name) == ["a", "b"])
    let missing = #expect(throws: TemplateMergeError.self) { try AnalysisSpec.merging([outer]) }
    #expect(
      missing?.description == "AnalysisTemplate 'inner' not found, which 'sample' refers to")
  }

  @Test func `values are typed as the provider of Argo types them`() throws {
    func reading(_ value: QueryValue) -> String? { ResultReading(value)?.text }
    let labels = Labels([("a", "b")])
    let sample = VectorSample(labels: labels, time: Self.start, value: 0.5)
    #expect(reading(.scalar(ScalarPoint(time: Self.start, value: .nan))) == "NaN")
    #expect(reading(.vector([sample, sample])) == "[0.5,0.5]")
    #expect(reading(.vector([])) == "[]")
    let series = Series(
      labels: labels, samples: SampleColumns(timestamps: [0, 1], values: [1, 2]))
    #expect(reading(.matrix([series, series])) == "[1,2,1,2]")
    #expect(reading(.string("x", at: Self.start)) == nil)
  }

  @Test func `an empty answer is an error with the words of Argo`() throws {
    let template = try TestTemplates.template(
      metrics: [
        "{name: m, successCondition: 'result[0] >= 0.95', provider: {prometheus: {query: q}}}"
      ])
    let driver = Self.finished(template.spec) { _, _ in .answered([.vector([])]) }
    #expect(driver.run.phase == .error)
    #expect(
      driver.run.result(of: "m")?.message
        == "could not evaluate successCondition \"result[0] >= 0.95\": metric result is nil or "
        + "empty: no data returned from the metric provider")
    #expect(driver.passes.map { $0.time.milliseconds / 1000 } == [0, 10, 20, 30, 40])
  }

  @Test func `range queries take their bounds from expressions`() throws {
    let template = try TestTemplates.template(
      metrics: [
        "{name: m, provider: {prometheus: {query: q, address: 'http://p:9090', timeout: 7, "
          + "rangeQuery: {start: 'now() - duration(\"5m\")', end: 'now()', step: 1m}}}}"
      ])
    var run = AnalysisRun(name: "r", spec: template.spec)
    let now = Timestamp(milliseconds: 1_000_000)
    let effects = run.apply(.started, at: now)
    guard case .measure(let request)? = effects.first else {
      Issue.record("nothing was asked")
      return
    }
    #expect(
      request.queries.first?.evaluation
        == .range(start: Timestamp(milliseconds: 700_000), end: now, step: .minutes(1)))
    #expect(request.queries.first?.server.address == "http://p:9090")
    #expect(request.queries.first?.server.timeoutSeconds == 7)
  }

  @Test func `only as many measurements are kept as the rules say`() throws {
    let template = try TestTemplates.template(
      metrics: [
        TestTemplates.scripted("name: few, count: 15, interval: 1s"),
        TestTemplates.scripted("name: many, count: 15, interval: 1s"),
      ], rest: "measurementRetention: [{metricName: ^few$, limit: 2}]")
    let driver = Self.finished(template.spec) { _, now in
      TestTemplates.answer(for: "Successful", at: now)
    }
    #expect(driver.run.result(of: "few")?.measurements.count == 2)
    #expect(driver.run.result(of: "many")?.measurements.count == 10)
    #expect(driver.run.result(of: "few")?.measurements.last?.id.number == 15)
  }

  @Test func `answers that nobody waits for are ignored`() throws {
    let template = try TestTemplates.template(metrics: [TestTemplates.scripted("name: m")])
    var run = AnalysisRun(name: "r", spec: template.spec)
    let answer = TestTemplates.answer(for: "Failed", at: Self.start)
    let id = MeasurementID(metric: "m", number: 1)
    #expect(run.apply(.measured(id, answer), at: Self.start).isEmpty)
    #expect(run.phase == .pending)
    _ = run.apply(.started, at: Self.start)
    #expect(
      run.apply(
        .measured(MeasurementID(metric: "m", number: 2), answer), at: Self.start
      ).isEmpty)
    #expect(run.phase == .running)
  }

  @Test func `a job is not waited for while other metrics are due`() throws {
    let template = try TestTemplates.template(
      metrics: [
        "{name: load, provider: {job: {spec: {template: {spec: {containers: []}}}}}}",
        "{name: errors, interval: 1m, count: 3, successCondition: result < 1, "
          + "provider: {prometheus: {query: q}}}",
      ])
    func second(_ count: Int64) -> Timestamp { Timestamp(milliseconds: count * 1000) }
    func answer(_ value: Double, _ number: Int, at time: Timestamp) -> AnalysisEvent {
      .measured(
        MeasurementID(metric: "errors", number: number),
        .answered([.scalar(ScalarPoint(time: time, value: value))]))
    }
    var run = AnalysisRun(name: "r", spec: template.spec)
    let first = run.apply(.started, at: second(0))
    #expect(first.count == 2)
    #expect(run.apply(answer(0, 1, at: second(1)), at: second(1)) == [.wake(at: second(61))])
    #expect(run.apply(.woken, at: second(61)).count == 1)
    var failed = run
    #expect(failed.apply(answer(2, 2, at: second(62)), at: second(62)) == [.wake(at: second(62))])
    #expect(failed.apply(.woken, at: second(62)) == [.finished(.failed)])
    #expect(failed.result(of: "load")?.phase == .successful)
    // Once only the job is left, there is nothing to wake up for.
    #expect(run.apply(answer(0, 2, at: second(62)), at: second(62)) == [.wake(at: second(122))])
    #expect(run.apply(.woken, at: second(122)).count == 1)
    #expect(run.apply(answer(0, 3, at: second(123)), at: second(123)) == [])
    let end = run.apply(
      .measured(MeasurementID(metric: "load", number: 1), .concluded(.successful, message: "")),
      at: second(600))
    #expect(end == [.finished(.successful)])
  }
}
