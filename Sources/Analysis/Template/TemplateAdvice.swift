internal import Manifest
internal import MetricModel

/// Where a template will run, as far as it is known; the more, the more advice can say.
package struct AdviceContext: Equatable, Sendable {
  package var use: TemplateUse
  /// The canary's share of traffic while the template runs, in percent.
  package var canaryWeight: Int
  /// How long the canary has had that share when the analysis starts: the pause before the step.
  package var settled: GoDuration?
  /// Labels that tell versions apart.
  package var versionLabels: Set<String>

  package static let usualVersionLabels: Set<String> = [
    "version", "revision", "track", "role", "subset", "canary", "pod", "pod_template_hash",
    "rollouts_pod_template_hash", "destination_version", "app_version",
  ]

  package init(
    use: TemplateUse = .standalone, canaryWeight: Int = 10, settled: GoDuration? = nil,
    versionLabels: Set<String> = usualVersionLabels
  ) {
    self.use = use
    self.canaryWeight = canaryWeight
    self.settled = settled
    self.versionLabels = versionLabels
  }
}

/// What is legal in a template and yet not what one wants, with what to write instead.
///
///     TemplateAdvice.findings(in: template, context: AdviceContext(use: .step))
///     // the query measures canary and stable together: at weight 10 a canary at 0.5 beside a
///     // stable at 0.95 blends to 0.905 and passes ...
package enum TemplateAdvice {
  /// All advice, in the order of the text. Errors are `TemplateValidation`'s.
  package static func findings(
    in template: AnalysisTemplate, context: AdviceContext = AdviceContext()
  ) -> [TemplateFinding] {
    var findings: [TemplateFinding] = []
    for metric in template.spec.metrics {
      if !context.use.needsEnd, metric.effectiveCount == nil, metric.count == nil,
        context.use != .background
      {
        findings.append(endless(metric))
      }
      switch metric.provider {
      case .prometheus(let prometheus):
        let sketch = QuerySketch(prometheus.query)
        let place = metric.place(of: "provider", "prometheus", "query")
        if SelectorText.trimmed(prometheus.query).isEmpty {
          findings.append(noQuery(metric, place))
          continue
        }
        findings += [
          mixedVersions(metric, sketch, place, context), unguardedNaN(metric, sketch, place),
          longWindow(sketch, place, context), emptyVector(metric, sketch), noTolerance(metric),
        ].compactMap { $0 }
      case .compare(let comparison):
        if comparison.margin == nil, metric.effectiveCount != nil {
          findings.append(noMargin(metric))
        }
      case .web, .job, .kayenta, .graphite, .influxdb, .drift, .canaryJudge, .experiment,
        .unsupported, nil:
        break
      }
    }
    findings += unusedArguments(of: template) + looseDryRuns(of: template)
    return findings.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
  }

  private static func noQuery(
    _ metric: MetricSpec, _ place: (node: ManifestNode, path: String)
  ) -> TemplateFinding {
    TemplateFinding(
      .warning, "no-query", at: place,
      "metric \(metric.name) asks Prometheus for nothing, so each measurement is an error",
      remedy: "add the PromQL query")
  }

  private static func endless(_ metric: MetricSpec) -> TemplateFinding {
    TemplateFinding(
      .warning, "no-count", at: metric.place(of: "count"),
      "metric \(metric.name) has an interval and no count, so it goes on until it is stopped",
      remedy: "add count, for instance count: 5; a step, or pre- and post-promotion analysis, "
        + "would refuse the template as it is")
  }

  private static func mixedVersions(
    _ metric: MetricSpec, _ sketch: QuerySketch, _ place: (node: ManifestNode, path: String),
    _ context: AdviceContext
  ) -> TemplateFinding? {
    let isScoped: (QuerySketch.Selector) -> Bool = { selector in
      selector.matchers.contains {
        context.versionLabels.contains($0.label) || Placeholders.occur(in: $0.value)
      }
    }
    guard !sketch.selectors.isEmpty, !sketch.selectors.contains(where: isScoped) else {
      return nil
    }
    let example =
      Dilution(metric: metric, sketch: sketch, weight: context.canaryWeight).map(\.text)
      ?? "at weight \(context.canaryWeight) most of what is measured comes from stable"
    return TemplateFinding(
      .warning, "versions-mixed", at: place,
      "\(sketch.selectors[0].text) selects canary and stable together: \(example)",
      remedy: "declare an argument with valueFrom.podTemplateHashValue: Latest and add a matcher "
        + "such as rollouts_pod_template_hash=\"{{args.canary-hash}}\", or compare both versions "
        + "with provider.plugin[\"\(CompareSpec.pluginName)\"]")
  }

  private static func unguardedNaN(
    _ metric: MetricSpec, _ sketch: QuerySketch, _ place: (node: ManifestNode, path: String)
  ) -> TemplateFinding? {
    let isQuantile = sketch.functions.contains("histogram_quantile")
    let conditions = "\(metric.successCondition) \(metric.failureCondition)"
    guard sketch.hasDivision || isQuantile, !sketch.hasGuard,
      !ConditionWords(conditions).contains("isNaN")
    else { return nil }
    let cause =
      isQuantile
      ? "without observations histogram_quantile gives NaN" : "without traffic 0/0 is NaN"
    let effect =
      switch (metric.successCondition.isEmpty, metric.failureCondition.isEmpty) {
      case (false, true): "and \(metric.successCondition) is false: an idle window counts as Failed"
      case (true, false): "and \(metric.failureCondition) is false: an idle window passes"
      default: "and neither condition holds: an idle window is Inconclusive"
      }
    return TemplateFinding(
      .warning, "unguarded-nan", at: place, "\(cause), \(effect)",
      remedy: "say what an idle window means: isNaN(result[0]) || ... in the condition, or let the "
        + "query give nothing with \"> 0\" on the divisor; an assay/compare metric counts it as "
        + "no evidence")
  }

  private static func longWindow(
    _ sketch: QuerySketch, _ place: (node: ManifestNode, path: String), _ context: AdviceContext
  ) -> TemplateFinding? {
    guard let settled = context.settled?.milliseconds, let window = sketch.windows.max(),
      window > settled
    else { return nil }
    let before = Milliseconds(window.count - settled.count)
    return TemplateFinding(
      .warning, "window-before-step", at: place,
      "the window [\(window)] is longer than the \(settled) since the weight changed: "
        + "\(before) of it precede the step",
      remedy: "shorten the window to [\(settled)], pause for \(window) before the analysis, or add "
        + "initialDelay: \(before)")
  }

  private static func emptyVector(
    _ metric: MetricSpec, _ sketch: QuerySketch
  ) -> TemplateFinding? {
    let conditions = [
      ("successCondition", metric.successCondition), ("failureCondition", metric.failureCondition),
    ]
    for (field, source) in conditions {
      let words = ConditionWords(source)
      guard words.indexesResult, !words.contains("len"), !words.contains("isNil"),
        !words.contains("default"), !sketch.functions.contains("vector")
      else { continue }
      return TemplateFinding(
        .warning, "empty-vector", at: metric.place(of: field),
        "result[0] fails when no series matches: five such errors in a row end the run as Error",
        remedy: "write len(result) == 0 || ... (or && ...) to say what no data means, or end the "
          + "query with \"or vector(0)\"")
    }
    return nil
  }

  private static func noTolerance(_ metric: MetricSpec) -> TemplateFinding? {
    guard metric.failureLimit == nil, metric.effectiveCount != 1 else { return nil }
    return TemplateFinding(
      .warning, "no-failure-limit", at: (metric.source, metric.path),
      "metric \(metric.name) has no failureLimit: the first bad measurement aborts the rollout",
      remedy: "add failureLimit, for instance failureLimit: 2 with count: 5")
  }

  private static func noMargin(_ metric: MetricSpec) -> TemplateFinding {
    TemplateFinding(
      .warning, "no-margin", at: (metric.source, metric.path),
      "metric \(metric.name) has no margin, so it can fail but never pass",
      remedy: "add margin: how much worse the canary may be and still be promoted, "
        + "for instance margin: 0.01")
  }

  private static func unusedArguments(of template: AnalysisTemplate) -> [TemplateFinding] {
    guard template.kind != .run, template.spec.templates.isEmpty else { return [] }
    let used = Set(template.spec.metrics.flatMap { Placeholders.names(in: $0.source) })
    return template.spec.arguments.filter { !used.contains("args.\($0.name)") }.map { argument in
      TemplateFinding(
        .warning, "unused-argument",
        at: (
          ManifestNode(.null, line: argument.line, column: argument.column), argument.path
        ), "argument \(argument.name) is never used",
        remedy: "use it as {{args.\(argument.name)}} or remove it")
    }
  }

  private static func looseDryRuns(of template: AnalysisTemplate) -> [TemplateFinding] {
    let names = template.spec.metrics.map(\.name)
    return template.spec.dryRun.compactMap { rule in
      guard names.contains(rule.metricName), let regex = try? RegexMatcher(rule.metricName) else {
        return nil
      }
      let others = names.filter { $0 != rule.metricName && regex.matchesPart(of: $0) }
      guard !others.isEmpty else { return nil }
      return TemplateFinding(
        .warning, "loose-dry-run", at: (ManifestNode(.null), "spec.dryRun"),
        "the rule \(rule.metricName) matches \(others.joined(separator: ", ")) too: "
          + "rules are unanchored regular expressions",
        remedy: "write ^\(rule.metricName)$")
    }
  }
}

/// What remains of a bad canary when it is measured together with stable.
struct Dilution: Equatable {
  var weight: Int
  var canary: Double
  var stable: Double
  var condition: String

  /// w c + (1 - w) s.
  var blend: Double {
    let share = Double(weight) / 100
    return share * canary + (1 - share) * stable
  }

  /// An example with the metric's own threshold; nil where shares don't add up like that.
  init?(metric: MetricSpec, sketch: QuerySketch, weight: Int) {
    guard !sketch.functions.contains("histogram_quantile"), (1..<100).contains(weight),
      let threshold = ConditionWords(metric.successCondition).threshold,
      threshold.value > 0, threshold.value < 1
    else { return nil }
    self.weight = weight
    condition = metric.successCondition
    let share = Double(weight) / 100
    if threshold.isLowerBound {
      stable = (threshold.value + 1) / 2
      let lowest = (threshold.value - (1 - share) * stable) / share
      canary = (max(0, lowest) * 10 + 1e-9).rounded(.up) / 10
    } else {
      stable = 0
      canary = min(1, threshold.value / 2 / share)
    }
  }

  var text: String {
    "at weight \(weight) a canary at \(PlainNumber.short(canary)) beside a stable at "
      + "\(PlainNumber.short(stable)) blends to \(PlainNumber.short(blend)) and passes \(condition)"
  }
}

/// The words of a condition, as far as advice needs them.
struct ConditionWords {
  private let tokens: [ConditionToken]

  init(_ source: String) {
    tokens = (try? ConditionLexer.tokens(of: source)) ?? []
  }

  func contains(_ name: String) -> Bool { tokens.contains { $0.kind == .name(name) } }

  /// Whether an element of the result is taken by its number.
  var indexesResult: Bool {
    zip(tokens, tokens.dropFirst()).contains {
      $0.kind == .name("result") && $1.kind == .symbol("[")
    }
  }

  /// The number that the result is compared with.
  var threshold: (value: Double, isLowerBound: Bool)? {
    for (sign, number) in zip(tokens, tokens.dropFirst()) {
      guard case .symbol(let symbol) = sign.kind, [">", ">=", "<", "<="].contains(symbol) else {
        continue
      }
      switch number.kind {
      case .number(let value): return (value, symbol.hasPrefix(">"))
      case .integer(let value): return (Double(value), symbol.hasPrefix(">"))
      default: continue
      }
    }
    return nil
  }
}
