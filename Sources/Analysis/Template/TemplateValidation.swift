internal import Manifest

/// What Argo refuses, in its words (utils/analysis/factory.go, pkg/apis/rollouts/validation), each
/// with what to change; and what Assay doesn't execute.
///
///     TemplateValidation.findings(in: template, use: .step)
///     // AnalysisTemplate ml-model-analysis has metric accuracy which runs indefinitely. ...
package enum TemplateValidation {
  /// All errors of a template, in the order of the text.
  package static func findings(
    in template: AnalysisTemplate, use: TemplateUse = .standalone
  ) -> [TemplateFinding] {
    var findings = template.unknownFields.map { TemplateFinding(unknown: $0) }
    if template.spec.metrics.isEmpty, !template.spec.templates.isEmpty {
      findings += argumentFindings(in: template)
    } else {
      findings += metricFindings(in: template.spec.metrics) + argumentFindings(in: template)
    }
    if use.needsEnd {
      findings += template.spec.metrics.compactMap { endFinding(of: $0, template, use) }
    }
    return findings.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
  }

  /// The rules on metrics, as they stand or with arguments filled in; Argo's controller applies
  /// them before a run starts.
  static func metricFindings(in metrics: [MetricSpec]) -> [TemplateFinding] {
    guard !metrics.isEmpty else {
      return [
        TemplateFinding(
          .error, "no-metrics", at: (ManifestNode(.null), "spec.metrics"), "no metrics specified",
          remedy: "add at least one metric with a name and a provider")
      ]
    }
    var findings: [TemplateFinding] = []
    var names: Set<String> = []
    for (index, metric) in metrics.enumerated() {
      func add(_ rule: String, _ field: String, _ message: String, _ remedy: String) {
        findings.append(
          TemplateFinding(
            .error, rule, at: metric.place(of: field), "metrics[\(index)]: \(message)",
            remedy: remedy))
      }
      if !names.insert(metric.name).inserted {
        add(
          "duplicate-name", "name", "duplicate name '\(metric.name)'",
          "give each metric a name of its own")
      }
      limitFindings(of: metric, add)
      providerFindings(of: metric, add)
      conditionFindings(of: metric, add)
    }
    return findings
  }

  private typealias Report = (
    _ rule: String, _ field: String, _ message: String, _ remedy: String
  ) -> Void

  /// In Argo's order, since its controller tells only the first (`ValidateMetric`).
  private static func limitFindings(of metric: MetricSpec, _ add: Report) {
    let limits = metric.limits
    let mayBeZero = "use 0 or more, or leave it out"
    if limits.consecutiveSuccess < 0 {
      add(
        "limit-out-of-range", "consecutiveSuccessLimit", "consecutiveSuccessLimit must be >= 0",
        mayBeZero)
    }
    if limits.failure < -1 {
      add(
        "limit-out-of-range", "failureLimit", "failureLimit must be >= 0, or -1 to be disabled",
        "use 0 to fail at the first failure, or -1 to turn the limit off")
    }
    if limits.failure == -1, limits.consecutiveSuccess == 0 {
      add(
        "limits-off", "failureLimit",
        "failureLimit and consecutiveSuccessLimit cannot both be disabled",
        "with failureLimit: -1, say with consecutiveSuccessLimit when the metric has passed")
    }
    for (field, value) in [
      ("inconclusiveLimit", limits.inconclusive),
      ("consecutiveErrorLimit", limits.consecutiveError),
    ] where value < 0 {
      add("limit-out-of-range", field, "\(field) must be >= 0", mayBeZero)
    }
    countFindings(of: metric, add)
    // Argo would measure without a pause.
    if let interval = metric.interval?.value, interval.nanoseconds < 0 {
      add("limit-out-of-range", "interval", "interval must be >= 0", "use a positive duration")
    }
  }

  private static func countFindings(of metric: MetricSpec, _ add: Report) {
    let (count, limits) = (metric.count?.value ?? 0, metric.limits)
    let (failure, success) = (limits.failure, limits.consecutiveSuccess)
    if count > 0, success >= 0 {
      let needed = max(0, failure).addingReportingOverflow(success).partialValue
      if failure >= 0, count < needed {
        add(
          "count-below-limits", "count",
          "count (\(count)) must be >= failureLimit + consecutiveSuccessLimit "
            + "(\(failure) + \(success)) if both >= 0",
          "raise count to \(needed) or lower the limits: they could never be reached")
      } else if failure < 0, count < success {
        add(
          "count-below-limits", "count", "count must be >= consecutiveSuccessLimit",
          "raise count to \(success) or lower consecutiveSuccessLimit")
      }
    }
    if count > 0, count < limits.inconclusive {
      add(
        "count-below-limits", "count", "count must be >= inconclusiveLimit",
        "raise count to \(limits.inconclusive) or lower inconclusiveLimit")
    }
    if count > 1, metric.interval == nil {
      add(
        "interval-missing", "count", "interval must be specified when count > 1",
        "add the time between measurements, such as interval: 1m")
    }
  }

  private static func providerFindings(of metric: MetricSpec, _ add: Report) {
    guard metric.providers.count == 1 else {
      let isEmpty = metric.providers.isEmpty
      add(
        isEmpty ? "no-provider" : "multiple-providers", "provider",
        isEmpty ? "no provider specified" : "multiple providers specified",
        isEmpty
          ? "say where the value comes from, for instance provider.prometheus.query"
          : "make a metric of its own for each of: "
            + metric.providers.map(\.name).joined(separator: ", "))
      return
    }
    switch metric.providers[0] {
    case .unsupported(let provider):
      add(
        "unsupported-provider", "provider",
        "provider \(provider.name) is not supported", provider.instead)
    case .prometheus(let prometheus):
      if let timeout = prometheus.server.timeoutSeconds, timeout < 0 {
        add(
          "limit-out-of-range", "provider", "prometheus timeout should not be negative",
          "give the timeout in seconds, or leave it out for 30")
      }
    case .web(let web):
      if SelectorText.trimmed(web.server.address ?? "").isEmpty {
        add("no-url", "provider", "web url is empty", "add the address to ask")
      }
      if let timeout = web.server.timeoutSeconds, timeout < 0 {
        add(
          "limit-out-of-range", "provider", "web timeout should not be negative",
          "give timeoutSeconds above 0, or leave it out for 10")
      }
    case .graphite(let graphite):
      if graphite.query.isEmpty {
        add("no-query", "provider", "graphite query is empty", "add target=... of a render call")
      }
    case .influxdb(let influx):
      if influx.query.isEmpty {
        add("no-query", "provider", "influxdb query is empty", "add the Flux query")
      }
    case .job, .kayenta: break
    case .compare, .drift, .canaryJudge, .experiment:
      if !metric.successCondition.isEmpty || !metric.failureCondition.isEmpty {
        add(
          "condition-on-comparison", "successCondition",
          "conditions don't apply to \(metric.providers[0].name), the test decides",
          "remove the condition and say with margin how much worse the canary may be")
      }
      if case .compare(let comparison) = metric.providers[0], comparison.mode == .fast([]),
        (metric.count?.value == nil && metric.count == nil) || metric.interval == nil
      {
        add(
          "fast-without-plan", "provider", "mode fast spends its budget over a plan",
          "give the metric count and interval, or the comparison steps: "
            + "[{weight: 10, duration: 5m}]; mode guard needs no plan")
      }
    }
  }

  private static func conditionFindings(of metric: MetricSpec, _ add: Report) {
    let inputType: ConditionType? =
      if case .prometheus(let prometheus) = metric.provider, prometheus.range != nil {
        .list(.number)
      } else {
        nil
      }
    for (field, source) in [
      ("successCondition", metric.successCondition), ("failureCondition", metric.failureCondition),
    ] where !source.isEmpty && !Placeholders.occur(in: source) {
      do {
        let condition = try Condition(source)
        if let inputType { try condition.check(against: inputType) }
      } catch {
        add(
          "bad-condition", field, "\(field) \"\(source)\": \(error.description)",
          "write a condition on result such as result[0] >= 0.95")
      }
    }
  }

  /// Arguments that placeholders need and the template doesn't declare.
  private static func argumentFindings(in template: AnalysisTemplate) -> [TemplateFinding] {
    let declared = Set(template.spec.arguments.map { "args.\($0.name)" })
    return template.spec.metrics.flatMap { metric -> [TemplateFinding] in
      var reported: Set<String> = []
      return Placeholders.names(in: metric.source)
        .filter { !declared.contains($0) && reported.insert($0).inserted }
        .map { name in
          TemplateFinding(
            .error, "undeclared-argument", at: (metric.source, metric.path),
            "failed to resolve {{\(name)}}",
            remedy: name.hasPrefix("args.")
              ? "declare it under spec.args: - name: \(name.dropFirst(5))"
              : "only {{args.NAME}} can be filled in")
        }
    }
  }

  /// Only what ends by itself may hold up a rollout (validation_references.go).
  private static func endFinding(
    of metric: MetricSpec, _ template: AnalysisTemplate, _ use: TemplateUse
  ) -> TemplateFinding? {
    guard metric.isEndless else { return nil }
    return TemplateFinding(
      .error, "inline-without-count", at: metric.place(of: "count"),
      "AnalysisTemplate \(template.name) has metric \(metric.name) which runs indefinitely. "
        + "Invalid value for count: \(metric.count?.text ?? "<nil>")",
      remedy: "add count, for instance count: 5 with interval: "
        + "\(metric.interval?.text ?? "1m"); only background analysis may do without, "
        + "and this is \(use.text)")
  }
}
