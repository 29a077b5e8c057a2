package import Manifest
internal import MetricModel
package import PromQL
internal import QueryScripts

/// A file of unit tests for rules, in promtool's format.
///
///     let file = try RuleTestFile(document, path: "tests.yml")
///     let failures = file.failures(rules: ruleFiles)      // empty when all is as expected
package struct RuleTestFile: Sendable {
  /// As written, relative to the file; may be globs.
  package var rulePatterns: [String]
  var evaluationInterval: Milliseconds
  /// Groups named here are evaluated in this order, before it those that are not.
  var groupOrder: [String: Int]
  var isFuzzy: Bool
  package var tests: [RuleTest]

  /// - Throws: `ManifestError` for what can't be read, or isn't known.
  package init(
    _ document: ManifestNode, ignoresUnknownFields: Bool = false
  ) throws(ManifestError) {
    var root = try document.object(at: "")
    rulePatterns = []
    for (node, path) in try root.list("rule_files") {
      rulePatterns.append(try node.scalarText(at: path))
    }
    let interval = try root.optional("evaluation_interval")?.duration(at: "evaluation_interval")
    evaluationInterval = interval.flatMap { $0 > .zero ? $0 : nil } ?? .minutes(1)
    groupOrder = [:]
    for (index, (node, path)) in try root.list("group_eval_order").enumerated() {
      let name = try node.scalarText(at: path)
      guard groupOrder.updateValue(index, forKey: name) == nil else {
        throw ManifestError(
          "group name repeated in evaluation order: \(name)", at: node, path: path)
      }
    }
    isFuzzy = try root.optional("fuzzy_compare")?.scalarBool(at: "fuzzy_compare") ?? false
    tests = []
    for (index, (node, path)) in try root.list("tests").enumerated() {
      tests.append(
        try RuleTest(node, at: path, number: index, interval: evaluationInterval))
    }
    if !ignoresUnknownFields { try root.finish() }
  }

  /// What is not as expected, in promtool's words, test by test.
  package func failures(
    of test: RuleTest, rules: [RuleFile], queries: QueryOptions
  ) -> [String] {
    var groups = rules.flatMap(\.groups)
    let order = groupOrder
    groups = groups.enumerated().sorted { left, right in
      (order[left.element.name] ?? 0, left.offset) < (order[right.element.name] ?? 0, right.offset)
    }.map(\.element)
    var options = queries
    options.defaultSubqueryStep = evaluationInterval
    var run = RuleTestRun(
      test: test, groups: groups, interval: evaluationInterval, isFuzzy: isFuzzy, options: options)
    return run.failures()
  }
}

/// Input series, and what rules and expressions must make of them.
package struct RuleTest: Sendable {
  struct InputSeries: Sendable {
    var series: String
    var values: String
  }

  struct AlertCase: Sendable {
    var time: Milliseconds
    var name: String
    /// Labels and annotations.
    var expected: [(labels: Labels, annotations: Labels)]
  }

  struct ExpressionCase: Sendable {
    struct Sample: Sendable {
      var labels: String
      var value: Double
      /// A histogram in the notation of series; "" for a float.
      var histogram: String
    }

    var expression: String
    var time: Milliseconds
    var expected: [Sample]
  }

  /// `unnamed#0` where the file gives none.
  package var name: String
  /// Whether the file gives the name.
  var isNamed: Bool
  var interval: Milliseconds
  var start: Timestamp
  var input: [InputSeries]
  var alerts: [AlertCase]
  var expressions: [ExpressionCase]
  var environment: RuleEnvironment

  init(
    _ node: ManifestNode, at path: String, number: Int, interval: Milliseconds
  ) throws(ManifestError) {
    var object = try node.object(at: path)
    func text(_ object: inout ManifestObject, _ field: String) throws(ManifestError) -> String? {
      guard let node = object.optional(field) else { return nil }
      return try node.scalarText(at: object.path(of: field))
    }
    let given = try text(&object, "name") ?? ""
    (name, isNamed) = (given.isEmpty ? "unnamed#\(number)" : given, !given.isEmpty)
    let own = try object.optional("interval")?.duration(at: object.path(of: "interval"))
    self.interval = own.flatMap { $0 > .zero ? $0 : nil } ?? interval
    start = .init(milliseconds: 0)
    if let node = object.optional("start_timestamp") {
      let spelled = try node.scalarText(at: object.path(of: "start_timestamp"))
      guard let time = Timestamp(parsing: spelled) else {
        throw ManifestError(
          "cannot parse \(GoText.quoted(spelled)) to a valid timestamp", at: node,
          path: object.path(of: "start_timestamp"))
      }
      start = time
    }
    input = []
    for (node, path) in try object.list("input_series") {
      var series = try node.object(at: path)
      input.append(
        InputSeries(
          series: try text(&series, "series") ?? "", values: try text(&series, "values") ?? ""))
      try series.finish()
    }
    alerts = []
    for (node, path) in try object.list("alert_rule_test") {
      alerts.append(try Self.alertCase(node, at: path))
    }
    expressions = []
    for (node, path) in try object.list("promql_expr_test") {
      expressions.append(try Self.expressionCase(node, at: path))
    }
    environment = RuleEnvironment(externalURL: try text(&object, "external_url") ?? "")
    if let node = object.optional("external_labels") {
      environment.externalLabels = try node.scalarMap(at: object.path(of: "external_labels"))
    }
    try object.finish()
  }

  private static func alertCase(
    _ node: ManifestNode, at path: String
  ) throws(ManifestError) -> AlertCase {
    var object = try node.object(at: path)
    let time = try object.optional("eval_time")?.duration(at: object.path(of: "eval_time"))
    let name = try object.optional("alertname")?.scalarText(at: object.path(of: "alertname"))
    var expected: [(labels: Labels, annotations: Labels)] = []
    for (node, path) in try object.list("exp_alerts") {
      var alert = try node.object(at: path)
      func pairs(_ field: String) throws(ManifestError) -> [LabelPair] {
        guard let node = alert.optional(field) else { return [] }
        return try node.scalarMap(at: alert.path(of: field))
      }
      var labels = LabelsBuilder()
      for pair in try pairs("exp_labels") { labels.set(pair.name, pair.value) }
      labels.set("alertname", name ?? "")
      var annotations = LabelsBuilder()
      for pair in try pairs("exp_annotations") { annotations.set(pair.name, pair.value) }
      expected.append((labels.labels, annotations.labels))
      try alert.finish()
    }
    try object.finish()
    return AlertCase(time: time ?? .zero, name: name ?? "", expected: expected)
  }

  private static func expressionCase(
    _ node: ManifestNode, at path: String
  ) throws(ManifestError) -> ExpressionCase {
    var object = try node.object(at: path)
    let time = try object.optional("eval_time")?.duration(at: object.path(of: "eval_time"))
    let expression = try object.optional("expr")?.scalarText(at: object.path(of: "expr"))
    var expected: [ExpressionCase.Sample] = []
    for (node, path) in try object.list("exp_samples") {
      var sample = try node.object(at: path)
      let spelled = try sample.optional("value")?.scalarText(at: sample.path(of: "value")) ?? "0"
      guard let value = Self.number(spelled) else {
        throw ManifestError(
          "found \(GoText.quoted(spelled)), expected a number", at: node, path: path + ".value")
      }
      expected.append(
        ExpressionCase.Sample(
          labels: try sample.optional("labels")?.scalarText(at: path + ".labels") ?? "",
          value: value,
          histogram: try sample.optional("histogram")?.scalarText(at: path + ".histogram") ?? ""))
      try sample.finish()
    }
    try object.finish()
    return ExpressionCase(
      expression: expression ?? "", time: time ?? .zero, expected: expected)
  }

  /// YAML's spellings of numbers, `.inf` and `.nan` included.
  private static func number(_ text: String) -> Double? {
    switch text.lowercased() {
    case ".inf", "+.inf": .infinity
    case "-.inf": -.infinity
    case ".nan": .nan
    default: NumberText.parse(text)
    }
  }

  /// The last time that a case asks about.
  var lastTime: Milliseconds {
    (alerts.map(\.time) + expressions.map(\.time)).max() ?? .zero
  }
}
